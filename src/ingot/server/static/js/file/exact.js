/**
 * Arithmetic with Spark's types: integers and decimals as digits of any length (`bigint`, unscaled), doubles as numbers.
 * Runs the programs of measures. What would overflow, or divide by zero, is an error and never another number. Pure.
 */

/** What the lake would refuse as well. */
export class Refused extends Error {}

const isDecimal = (type) => Array.isArray(type);
const isExact = (type) => isDecimal(type) || /^i\d/.test(type);
const scaleOf = (type) => (isDecimal(type) ? type[1] : 0);

export function powerOfTen(digits) {
  return 10n ** BigInt(digits);
}

/** `one / other`, ties away from zero. */
export function dividedHalfUp(one, other) {
  const negative = one < 0n !== other < 0n;
  const [n, d] = [one < 0n ? -one : one, other < 0n ? -other : other];
  const found = (2n * n + d) / (2n * d);
  return negative ? -found : found;
}

function rescaled(digits, from, to) {
  return to >= from ? digits * powerOfTen(to - from) : dividedHalfUp(digits, powerOfTen(from - to));
}

/** A value that its type holds; an error if it does not. */
function fitting(digits, type) {
  const limit = isDecimal(type) ? powerOfTen(type[0]) : 2n ** (BigInt(type.slice(1)) - 1n);
  const fits = isDecimal(type) ? digits > -limit && digits < limit : digits >= -limit && digits < limit;
  if (!fits) throw new Refused("a number has more digits than its type holds");
  return digits;
}

/** Digits as text: `-1250` with two decimals is `-12.50`. */
function decimalText(digits, scale) {
  if (!scale) return String(digits);
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  return `${digits < 0n ? "-" : ""}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** A decimal number's text as digits and scale; null for what is no number. */
export function parsedDecimal(text) {
  const found = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(String(text).trim());
  if (!found || !(found[2] || found[3])) return null;
  const digits = BigInt(`${found[2]}${found[3]}`) * (found[1] === "-" ? -1n : 1n);
  const scale = found[3].length - Number(found[4] ?? 0);
  if (Math.abs(scale) > 1000) return null;
  return scale < 0 ? { digits: digits * powerOfTen(-scale), scale: 0 } : { digits, scale };
}

/** Compares digits of two scales: negative, zero, positive. */
export function comparedDecimals(one, other) {
  const scale = Math.max(one.scale, other.scale);
  const [a, b] = [one, other].map((each) => each.digits * powerOfTen(scale - each.scale));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares doubles as Spark does: NaN is equal to itself and above all others. */
export function comparedDoubles(one, other) {
  if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Compares texts by their code points, which is the order of their bytes in UTF-8. */
export function comparedTexts(one, other) {
  if (one === other) return 0;
  const [a, b] = [[...one], [...other]];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    if (a[at] !== b[at]) return a[at].codePointAt(0) - b[at].codePointAt(0);
  }
  return a.length - b.length;
}

/** Compares two values of a type; neither is null. */
export function compared(one, other, type) {
  if (isExact(type)) return one < other ? -1 : one > other ? 1 : 0;
  if (type === "d" || type === "f") return comparedDoubles(one, other);
  if (typeof one === "string") return comparedTexts(one, other);
  return Number(one) - Number(other);
}

/** A value as the API writes it: a number where a double has all of its digits, else text. */
export function written(value, type) {
  if (value === null) return null;
  if (type === "d" || type === "f") return Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  if (!isExact(type)) return value;
  const scale = scaleOf(type);
  const unit = powerOfTen(scale);
  const text = decimalText(value, scale);
  if (value % unit === 0n) {
    const whole = value / unit;
    return whole >= -(2n ** 53n) && whole <= 2n ** 53n ? Number(whole) : text;
  }
  const number = Number(text);
  return comparedDecimals(parsedDecimal(String(number)), { digits: value, scale }) === 0 ? number : text;
}

/**
 * Runs the program of a measure.
 * @param {{op: string, type: any, of?: object[], value?: any, at?: number, safe?: boolean, digits?: number}} node
 * @param {any[]} aggregates their values: bigint for exact types
 * @param {boolean} isAnsi whether a division by zero is an error, or null
 */
export function run(node, aggregates, isAnsi) {
  if (node.op === "aggregate") return aggregates[node.at];
  if (node.op === "value") return node.value !== null && isExact(node.type) ? BigInt(node.value) : node.value;
  const value = (part) => run(part, aggregates, isAnsi);
  const special = SPECIAL[node.op];
  if (special) return special(node, value);
  const values = node.of.map(value);
  if (values.some((each) => each === null)) return null;
  return STRICT[node.op](node, values, isAnsi);
}

// What looks at nulls itself.
const SPECIAL = {
  coalesce: (node, value) => {
    for (const part of node.of) {
      const found = value(part);
      if (found !== null) return found;
    }
    return null;
  },
  case: (node, value) => {
    let at = 0;
    for (; at + 1 < node.of.length; at += 2) if (value(node.of[at]) === true) return value(node.of[at + 1]);
    return at < node.of.length ? value(node.of[at]) : null;
  },
  nullif: (node, value) => {
    const [one, other] = node.of.map(value);
    return one !== null && other !== null && comparedParts(node.of, [one, other]) === 0 ? null : one;
  },
  isnull: (node, value) => value(node.of[0]) === null,
  and: (node, value) => {
    const values = node.of.map(value);
    return values.includes(false) ? false : values.includes(null) ? null : true;
  },
  or: (node, value) => {
    const values = node.of.map(value);
    return values.includes(true) ? true : values.includes(null) ? null : false;
  },
};

function comparedParts(parts, [one, other]) {
  const [left, right] = parts.map((part) => part.type);
  if (!isExact(left) || !isExact(right)) return compared(one, other, left);
  return comparedDecimals({ digits: one, scale: scaleOf(left) }, { digits: other, scale: scaleOf(right) });
}

const comparison = (test) => (node, values) => test(comparedParts(node.of, values));

const STRICT = {
  add: (node, values) => added(node, values, 1n),
  sub: (node, values) => added(node, values, -1n),
  mul: multiplied,
  div: divided,
  neg: (node, [value]) => (isExact(node.type) ? fitting(-value, node.type) : -value),
  abs: (node, [value]) => (isExact(node.type) ? fitting(value < 0n ? -value : value, node.type) : Math.abs(value)),
  not: (_node, [value]) => !value,
  cast: (node, [value]) => cast(value, node.of[0].type, node.type),
  round: rounded,
  eq: comparison((found) => found === 0),
  ne: comparison((found) => found !== 0),
  gt: comparison((found) => found > 0),
  ge: comparison((found) => found >= 0),
  lt: comparison((found) => found < 0),
  le: comparison((found) => found <= 0),
};

function single(value, type) {
  return type === "f" ? Math.fround(value) : value;
}

function added(node, [one, other], sign) {
  if (!isExact(node.type)) return single(sign > 0n ? one + other : one - other, node.type);
  const scales = node.of.map((part) => scaleOf(part.type));
  const scale = Math.max(...scales);
  const sum = rescaled(one, scales[0], scale) + sign * rescaled(other, scales[1], scale);
  return fitting(rescaled(sum, scale, scaleOf(node.type)), node.type);
}

function multiplied(node, [one, other]) {
  if (!isExact(node.type)) return single(one * other, node.type);
  const scale = scaleOf(node.of[0].type) + scaleOf(node.of[1].type);
  return fitting(rescaled(one * other, scale, scaleOf(node.type)), node.type);
}

function divided(node, [one, other], isAnsi) {
  const isZero = isExact(node.type) ? other === 0n : other === 0;
  if (isZero && isAnsi && !node.safe) throw new Refused("a measure divides by zero here");
  if (isZero) return null;
  if (!isExact(node.type)) return one / other;
  const shift = scaleOf(node.type) - scaleOf(node.of[0].type) + scaleOf(node.of[1].type);
  const found = shift >= 0 ? dividedHalfUp(one * powerOfTen(shift), other) : dividedHalfUp(one, other * powerOfTen(-shift));
  return fitting(found, node.type);
}

function cast(value, from, to) {
  if (!isExact(from)) return value;
  if (isExact(to)) return fitting(rescaled(value, scaleOf(from), scaleOf(to)), to);
  return isDecimal(from) ? Number(decimalText(value, scaleOf(from))) : Number(value);
}

function rounded(node, [value]) {
  const from = node.of[0].type;
  if (isDecimal(from)) {
    const digits = Math.min(node.digits, scaleOf(from));
    return fitting(rescaled(rescaled(value, scaleOf(from), digits), digits, scaleOf(node.type)), node.type);
  }
  if (isExact(from) || !Number.isFinite(value)) return value;
  const { digits, scale } = parsedDecimal(String(value));
  return scale <= node.digits ? value : Number(decimalText(rescaled(digits, scale, node.digits), node.digits));
}
