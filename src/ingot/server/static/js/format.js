/**
 * Text of values: numbers and dates by locale and by the format of a column; instants as clocks of the time zone show them.
 * Pure: no DOM, so that exports use it too. Never rounds what it is not asked to round: a whole number kept as text
 * because a double does not hold it is shown digit by digit.
 */

const NO_VALUE = "–";
export const BLANK = "(blank)";
const LABEL_DIGITS = 3;
const TICK_DIGITS = 5; // as many as tell one tick from the next

const HAS_ZONE = /(?:Z|[+-]\d\d:?\d\d)$/;

const numberFormats = new Map();
const clocks = new Map();
const dateFormats = new Map();

function numberFormat(locale, options) {
  const key = locale + JSON.stringify(options);
  if (!numberFormats.has(key))
    numberFormats.set(key, new Intl.NumberFormat(locale, { signDisplay: "negative", ...options })); // 0 rather than -0
  return numberFormats.get(key);
}

function dateFormat(locale, options) {
  const key = locale + JSON.stringify(options);
  if (!dateFormats.has(key)) dateFormats.set(key, new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }));
  return dateFormats.get(key);
}

function clockOf(zone) {
  if (!clocks.has(zone)) clocks.set(zone, makeClock(zone));
  return clocks.get(zone);
}

// Spark knows zones that browsers do not, such as GMT+1: their instants are shown in UTC.
function makeClock(zone) {
  const parts = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  };
  try {
    return new Intl.DateTimeFormat("en", { ...parts, era: "short", hourCycle: "h23", timeZone: zone });
  } catch {
    return null;
  }
}

/**
 * What calendar and clock show at a date or an instant, as the milliseconds at which UTC shows it: NaN for what is none.
 * Days and timestamps without a zone are the same everywhere.
 * @param {unknown} value ISO text
 * @param {string} [timeZone] of the dashboard
 */
export function wallTime(value, timeZone) {
  const text = String(value);
  const isDay = text.length <= 10;
  if (isDay || !HAS_ZONE.test(text)) return Date.parse(isDay ? text : `${text}Z`);
  const instant = Date.parse(text);
  const clock = timeZone && timeZone !== "UTC" && !Number.isNaN(instant) ? clockOf(timeZone) : null;
  if (!clock) return instant;
  const { year, month, day, hour, minute, second, era } = Object.fromEntries(
    clock.formatToParts(instant).map((part) => [part.type, part.value]),
  );
  const shown = new Date(0);
  shown.setUTCFullYear(era.startsWith("B") ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  shown.setUTCHours(Number(hour), Number(minute), Number(second), ((instant % 1000) + 1000) % 1000);
  return shown.getTime();
}

/**
 * The function that turns a column's values into text.
 * @param {{type: string, format?: object|null}} column
 * @param {{locale?: string, currency?: string, timeZone?: string}} setting
 * @param {{isShort?: boolean, isAxis?: boolean, blank?: string}} [wish] short: for labels; axis: for its ticks too
 * @returns {(value: unknown) => string}
 */
export function formatterOf(column, setting, wish = {}) {
  const blank = wish.blank ?? NO_VALUE;
  const write = writerOf(column ?? {}, { locale: "en", currency: "EUR", ...setting }, wish);
  return (value) => (value === null || value === undefined ? blank : write(value));
}

// Whole numbers that are dimensions are names, such as years and identifiers: they are not grouped.
function isName({ role, type, format }) {
  return role === "dimension" && type === "number" && (!format || format.style === "integer");
}

function writerOf(column, setting, wish) {
  if (isName(column)) return String;
  if (column.type === "number") return numberWriter(column.format ?? {}, setting, wish);
  if (column.type === "date" || column.type === "timestamp") return dateWriter(column, setting);
  if (column.type === "boolean") return (value) => (value === true ? "Yes" : value === false ? "No" : String(value));
  return (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
}

function numberWriter(format, setting, wish) {
  if (format.style === "pattern" && format.pattern) return patternWriter(format.pattern, setting, wish);
  const options = { ...styleOptions(format, setting), ...shortOptions(format, wish) };
  const text = numberText(setting.locale, options);
  return (value) => (isNumeric(value) ? text(value) : String(value));
}

// Of other English than that of America. Browsers differ by their age, and a picture would differ from its page.
const SHORT_WORDS = { k: "K", m: "M", bn: "B", tn: "T" };

function numberText(locale, options) {
  const intl = numberFormat(locale, options);
  if (options.notation !== "compact" || !/^en\b/i.test(locale)) return (value) => intl.format(value);
  const wordOf = ({ type, value }) => (type === "compact" ? (SHORT_WORDS[value] ?? value) : value);
  return (value) => intl.formatToParts(value).map(wordOf).join("");
}

function styleOptions(format, setting) {
  const digits = format.digits;
  const fixed =
    digits === undefined || digits === null ? null : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  switch (format.style) {
    case "integer":
      return { maximumFractionDigits: 0 };
    case "decimal":
      return fixed ?? { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    case "compact":
      return { notation: "compact", ...(fixed ?? shortDigits(LABEL_DIGITS)) };
    case "currency":
      return { style: "currency", currency: format.currency ?? setting.currency, ...(fixed ?? {}) };
    case "percent":
      return { style: "percent", ...(fixed ?? { maximumFractionDigits: 1 }) };
    default:
      return fixed ?? { maximumFractionDigits: 2 };
  }
}

function shortOptions(format, { isShort, isAxis }) {
  if (!isShort && !isAxis) return {};
  const digits = shortDigits(isAxis ? TICK_DIGITS : LABEL_DIGITS);
  return format.style === "percent" ? digits : { notation: "compact", ...digits };
}

// 1.04M rather than 1M, 0.02 rather than 0; and 322.410 where a language has no short word for thousands.
function shortDigits(count) {
  return {
    minimumFractionDigits: 0,
    maximumFractionDigits: 1,
    maximumSignificantDigits: count,
    roundingPriority: "morePrecision",
  };
}

function isNumeric(value) {
  return typeof value === "number" || (typeof value === "string" && value !== "" && Number.isFinite(Number(value)));
}

// `#,##0.00 'pcs'`: digits around one point, a comma asks for groups, % multiplies, the rest is literal text.
function patternWriter(pattern, setting, wish) {
  const match = /[#0][#0,]*(\.[#0]+)?/.exec(pattern);
  if (!match) return (value) => (isNumeric(value) ? numberFormat(setting.locale, {}).format(value) : String(value));
  const decimals = (match[1] ?? "").slice(1);
  const isPercent = pattern.includes("%");
  const options = {
    useGrouping: match[0].includes(","),
    minimumIntegerDigits: Math.max(1, (match[0].split(".")[0].match(/0/g) ?? []).length),
    minimumFractionDigits: (decimals.match(/0/g) ?? []).length,
    maximumFractionDigits: decimals.length,
    ...shortOptions({}, wish),
    ...(wish.isShort || wish.isAxis ? { minimumIntegerDigits: 1 } : {}),
  };
  const text = numberText(setting.locale, options);
  const literal = (text) => text.replaceAll("'", "").replaceAll('"', "");
  const before = literal(pattern.slice(0, match.index));
  const after = literal(pattern.slice(match.index + match[0].length));
  return (value) =>
    isNumeric(value) ? before + text(isPercent ? Number(value) * 100 : value) + after : String(value);
}

const DATE_PARTS = /yyyy|yy|MMMM|MMM|MM|M|dd|d|EEEE|EEE|HH|mm|ss|QQQ|'[^']*'|./g;

function dateWriter(column, setting) {
  const pattern = column.format?.pattern;
  const intl =
    column.type === "date"
      ? dateFormat(setting.locale, { day: "numeric", month: "short", year: "numeric" })
      : dateFormat(setting.locale, {
          day: "numeric",
          month: "short",
          year: "numeric",
          hour: "2-digit",
          minute: "2-digit",
        });
  return (value) => {
    const date = new Date(wallTime(value, setting.timeZone));
    if (Number.isNaN(date.getTime())) return String(value);
    return pattern ? datePatternText(date, pattern, setting.locale) : intl.format(date);
  };
}

function datePatternText(date, pattern, locale) {
  const two = (number) => String(number).padStart(2, "0");
  const named = (options) => dateFormat(locale, options).format(date);
  const parts = {
    yyyy: () => String(date.getUTCFullYear()),
    yy: () => two(date.getUTCFullYear() % 100),
    MMMM: () => named({ month: "long" }),
    MMM: () => named({ month: "short" }),
    MM: () => two(date.getUTCMonth() + 1),
    M: () => String(date.getUTCMonth() + 1),
    dd: () => two(date.getUTCDate()),
    d: () => String(date.getUTCDate()),
    EEEE: () => named({ weekday: "long" }),
    EEE: () => named({ weekday: "short" }),
    HH: () => two(date.getUTCHours()),
    mm: () => two(date.getUTCMinutes()),
    ss: () => two(date.getUTCSeconds()),
    QQQ: () => `Q${Math.floor(date.getUTCMonth() / 3) + 1}`,
  };
  return pattern.replace(DATE_PARTS, (part) => (parts[part] ? parts[part]() : part.replaceAll("'", "")));
}

/**
 * Text of a tick of a time axis: the year at its first day, the month at its first day, else the day or the hour.
 * @param {number} time milliseconds, of `wallTime`
 * @param {string} locale
 */
export function timeTickText(time, locale) {
  const date = new Date(time);
  if (date.getUTCHours() || date.getUTCMinutes())
    return dateFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(date);
  if (date.getUTCDate() !== 1) return dateFormat(locale, { day: "numeric", month: "short" }).format(date);
  if (date.getUTCMonth() !== 0) return dateFormat(locale, { month: "short" }).format(date);
  return String(date.getUTCFullYear());
}

/**
 * Texts of days on an axis: no more of a date than tells one from another.
 * @param {unknown[]} values @param {{locale: string, timeZone?: string}} setting
 */
export function dayTexts(values, { locale, timeZone }) {
  const dates = values.map((value) => (value === null ? null : new Date(wallTime(value, timeZone))));
  const known = dates.filter((date) => date && !Number.isNaN(date.getTime()));
  const isMonths = known.every((date) => date.getUTCDate() === 1 && date.getUTCHours() === 0);
  const isYears = isMonths && known.every((date) => date.getUTCMonth() === 0);
  const intl = dateFormat(
    locale,
    isYears
      ? { year: "numeric" }
      : isMonths
        ? { month: "short", year: "numeric" }
        : { day: "numeric", month: "short", year: "2-digit" },
  );
  return dates.map((date, index) =>
    date === null ? BLANK : Number.isNaN(date.getTime()) ? String(values[index]) : intl.format(date),
  );
}

/**
 * How long ago, in words: English, as all words of the pages are, whatever the locale of numbers and dates.
 * @param {string|number|Date} time
 * @param {number} now milliseconds
 */
export function ageText(time, now) {
  const seconds = Math.max(0, Math.round((now - new Date(time).getTime()) / 1000));
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
  if (seconds < 45) return "just now";
  if (seconds < 45 * 60) return relative.format(-Math.max(1, Math.round(seconds / 60)), "minute");
  if (seconds < 22 * 3600) return relative.format(-Math.max(1, Math.round(seconds / 3600)), "hour");
  if (seconds < 26 * 86400) return relative.format(-Math.max(1, Math.round(seconds / 86400)), "day");
  if (seconds < 320 * 86400) return relative.format(-Math.max(1, Math.round(seconds / (30.4 * 86400))), "month");
  return relative.format(-Math.max(1, Math.round(seconds / (365.25 * 86400))), "year");
}
