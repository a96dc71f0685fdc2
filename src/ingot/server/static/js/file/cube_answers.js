/**
 * Answers of visuals and slicers from the rows of a cube, as the lake gives them: which rows, in which order, how many.
 * Follows `dashboards/query.py`; a test compares both for random choices. Pure.
 */
import { compared, Refused, written } from "./exact.js";
import { cardChange } from "./cube_change.js";
import { grouped, keptRows, keyColumn, measured, valueOf } from "./cube.js";

const TREND_POINTS_MAX = 500;
const VALUES_MAX = 500;

/**
 * The answer of a visual.
 * @param {{cubes: object[], now: string, isAnsi: boolean, rowsMax: number}} world
 * @param {object} plan of the visual
 * @param {{filters: object[], drill: object[], level: number, sort: string|undefined}} asked filters that reach it
 */
export function visualAnswer(world, plan, asked) {
  const cube = world.cubes[plan.cube];
  const level = plan.levels[asked.level];
  const steps = asked.drill.map(({ field, value }) => ({ key: plan.steps[field.toLowerCase()], filter: { field, op: "in", values: [value] } })).filter(({ key }) => key !== undefined);
  const conditions = [...asked.filters.map((filter) => ({ key: plan.fields[filter.field.toLowerCase()], filter })), ...steps];
  const rows = keptRows(cube, conditions, world.now);
  const shape = shapeOf(cube, plan, level, asked);
  const answer = shown(world, level, plan.details ? details(cube, shape, rows, world) : groupsOf(world, cube, shape, rows), shape);
  if (plan.totals) answer.totals = totalsOf(world, cube, shape, rows, plan.totals);
  if (plan.trend) answer.trend = trendOf(world, cube, plan.trend, rows);
  if (plan.change) {
    answer.change = cardChange(world, cube, plan, conditions, rows);
    if (answer.change) answer.rows = [[answer.change.current]];
  }
  return answer;
}

// --- what is shown, and in which order ---

function shapeOf(cube, plan, level, asked) {
  const members = level.members.map((member) => withType(cube, member));
  const known = [...members, ...plan.behind.map((member) => withType(cube, member)).filter((one) => !members.some((member) => member.name === one.name))];
  const dimensions = members.filter((member) => "key" in member);
  const shape = { plan, level, members, known, dimensions, measures: members.filter((member) => "measure" in member) };
  shape.chosen = chosenKeys(shape, asked.sort);
  shape.order = fullOrder(shape);
  shape.rank = rankOf(shape);
  return shape;
}

function withType(cube, member) {
  return "key" in member ? member : { ...member, type: cube.measures[member.measure].program.type };
}

function keyOf(text, names) {
  if (names.includes(text)) return { name: text, isDown: false };
  return text.startsWith("-") && names.includes(text.slice(1)) ? { name: text.slice(1), isDown: true } : null;
}

// The order that the reader or the file asks for; at a lower level, the category is that level's.
function chosenKeys({ plan, level, members, known }, sort) {
  if (sort) {
    const key = keyOf(sort, members.map((member) => member.name));
    if (!key) throw new Refused(`it cannot be sorted by '${sort}'`);
    return [key];
  }
  const names = known.map((member) => member.name);
  const first = plan.hierarchy[0];
  const keys = plan.sort.map((text) => ({ name: text.replace(/^-/, ""), isDown: text.startsWith("-") }));
  return keys.map((key) => (first !== undefined && key.name === first ? { ...key, name: level.main } : key)).filter((key) => names.includes(key.name));
}

// All keys, down to one that leaves no ties.
function fullOrder({ level, dimensions, measures, chosen }) {
  const wanted = chosen.length || level.inOrder || !measures.length ? chosen : [{ name: measures[0].name, isDown: true }];
  return distinctKeys([...wanted, ...dimensions.map(({ name }) => ({ name, isDown: false }))]);
}

// By what the main dimension's values are ranked: a measure of the order, else the first one downwards.
function rankOf({ known, measures, chosen }) {
  const names = known.filter((member) => "measure" in member).map((member) => member.name);
  return chosen.find((key) => names.includes(key.name)) ?? (measures.length ? { name: measures[0].name, isDown: true } : null);
}

function distinctKeys(keys) {
  return keys.filter((key, at) => keys.findIndex((other) => other.name === key.name) === at);
}

/** The groups of some rows as lines: what each member is there, numbers of keys and values of measures. */
function linesOf(world, cube, members, found, keys) {
  const lines = found.codes.map((codes) => ({ codes: Object.fromEntries(keys.map((key, at) => [key.name, codes[at]])), values: {} }));
  for (const { name, measure } of members.filter((member) => "measure" in member)) {
    measured(cube, measure, found, world.isAnsi).forEach((value, group) => (lines[group].values[name] = value));
  }
  return lines;
}

// Rows without a value come last, in either direction.
function inOrder(lines, keys, members) {
  const sides = keys.map(({ name, isDown }) => ({ name, sign: isDown ? -1 : 1, ...members.find((member) => member.name === name) }));
  const comparedBy = ({ name, sign, type, key }, one, other) => {
    const [a, b] = key === undefined ? [one.values[name], other.values[name]] : [one.codes[name] || null, other.codes[name] || null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (key === undefined ? compared(a, b, type) : a - b);
  };
  return lines.sort((one, other) => {
    for (const side of sides) {
      const found = comparedBy(side, one, other);
      if (found) return found;
    }
    return 0;
  });
}

function groupsOf(world, cube, shape, rows) {
  const { plan, dimensions, known, order, rank } = shape;
  const isSplit = plan.others || dimensions.length > 1;
  const isRanked = shape.level.main !== null && rank !== null && plan.kind !== "table" && plan.kind !== "matrix";
  if (isRanked && isSplit && (plan.top !== null || order[0].name === rank.name)) return ranked(world, cube, shape, rows);
  const found = grouped(rows, dimensions.map(({ key }) => keyColumn(cube, key)));
  const lines = linesOf(world, cube, known, found, dimensions);
  if (plan.top === null) return dimensions.length ? inOrder(lines, order, known) : lines;
  const byRank = distinctKeys([...(rank ? [rank] : []), ...dimensions.map(({ name }) => ({ name, isDown: false }))]);
  const first = inOrder(lines, byRank, known).slice(0, plan.top);
  return plan.kind !== "table" || shape.chosen.length ? inOrder(first, order, known) : first;
}

// --- top N and order of a main dimension that is split by another, or whose rest is added up ---

function ranked(world, cube, shape, rows) {
  const { plan, level, dimensions, known, order, rank } = shape;
  const main = dimensions.find(({ name }) => name === level.main);
  const places = rankedPlaces(world, cube, shape, rows, main);
  const { codes, size } = keyColumn(cube, main.key);
  const kept = plan.others ? rows : rows.filter((row) => places.has(codes[row]));
  const rest = size; // a number that no value has: of the values that are added up
  const merged = plan.others ? { codes: restCodes(codes, kept, places, rest), size: size + 1 } : { codes, size };
  const found = grouped(kept, dimensions.map((one) => (one === main ? merged : keyColumn(cube, one.key))));
  const lines = linesOf(world, cube, known, found, dimensions);
  for (const line of lines) {
    line.isOther = line.codes[main.name] === rest;
    line.rank = line.isOther ? null : places.get(line.codes[main.name]);
    if (line.isOther) line.codes[main.name] = 0;
  }
  const keys = order.filter((key) => key.name !== rank.name);
  const sorted = inOrder(lines, keys, known);
  if (order[0].name === rank.name) sorted.sort((one, other) => comparedRanks(one.rank, other.rank, rank, typeOf(shape, rank)));
  return sorted.sort((one, other) => Number(one.isOther) - Number(other.isOther));
}

function typeOf({ known }, { name }) {
  return known.find((member) => member.name === name).type;
}

function comparedRanks(one, other, { isDown }, type) {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return (isDown ? -1 : 1) * compared(one, other, type);
}

/** The measure that ranks the main dimension's values, by their number: of the first N, if only these are wanted. */
function rankedPlaces(world, cube, shape, rows, main) {
  const { plan, known, rank } = shape;
  const measure = known.find((member) => member.name === rank.name);
  const found = grouped(rows, [keyColumn(cube, main.key)]);
  const lines = linesOf(world, cube, [measure], found, [main]);
  const first = inOrder(lines, [rank, { name: main.name, isDown: false }], [measure, main]).slice(0, plan.top ?? lines.length);
  return new Map(first.map((line) => [line.codes[main.name], line.values[rank.name]]));
}

function restCodes(codes, rows, places, rest) {
  const found = new Uint32Array(codes.length);
  for (const row of rows) found[row] = places.has(codes[row]) ? codes[row] : rest;
  return found;
}

// --- rows as they are ---

function details(cube, shape, rows, world) {
  const { plan, members, chosen } = shape;
  const keys = distinctKeys([...chosen, ...members.map(({ name }) => ({ name, isDown: false }))]);
  const lines = Array.from(rows, (row) => ({ row, values: {}, codes: Object.fromEntries(shape.known.map(({ name, key }) => [name, cube.keys[key].codes[row]])) }));
  const limit = Math.min(plan.top ?? world.rowsMax, world.rowsMax) + (plan.top === null ? 1 : 0);
  const { codes, numbers } = cube.sums[0];
  const found = [];
  for (const line of inOrder(lines, keys, shape.known)) {
    for (let count = numbers[codes[line.row]]; count > 0 && found.length < limit; count -= 1) found.push(line);
    if (found.length >= limit) break;
  }
  return found;
}

function shown(world, level, lines, { plan, members }) {
  const cut = lines.slice(0, world.rowsMax);
  const cube = world.cubes[plan.cube];
  const answer = {
    columns: level.columns,
    rows: cut.map((line) => members.map((member) => writtenMember(cube, member, line))),
    row_count: cut.length,
    is_truncated: lines.length > world.rowsMax,
  };
  if (plan.others) {
    answer.others = cut.flatMap((line, at) => (line.isOther ? [at] : []));
    answer.others_column = members.findIndex(({ name }) => name === level.main);
  }
  return answer;
}

function writtenMember(cube, { name, key, type }, line) {
  return key === undefined ? written(line.values[name], type) : valueOf(cube, key, line.codes[name]);
}

// --- totals, trend ---

function totalsOf(world, cube, { dimensions, measures }, rows, sets) {
  const marks = new Map(sets.map((by) => [by, dimensions.reduce((mark, { name }) => mark * 2 + (by.includes(name) ? 0 : 1), 0)]));
  const isSingle = sets.length === 1 && sets[0].length === 0;
  let left = isSingle ? Infinity : world.rowsMax * 4;
  const found = new Map();
  for (const by of [...sets].sort((one, other) => marks.get(one) - marks.get(other))) {
    const members = by.map((name) => dimensions.find((one) => one.name === name));
    const groups = grouped(rows, members.map(({ key }) => keyColumn(cube, key)));
    const lines = linesOf(world, cube, measures, groups, members); // of all rows together there is a line without rows too
    const order = dimensions.filter(({ name }) => by.includes(name)).map(({ name }) => ({ name, isDown: false }));
    const sorted = inOrder(lines, order, [...members, ...measures]).slice(0, left);
    left -= sorted.length;
    found.set(by, sorted.map((line) => [...members, ...measures].map((member) => writtenMember(cube, member, line))));
  }
  return sets.map((by) => ({ by, rows: found.get(by) }));
}

function trendOf(world, cube, { key, measure, columns }, rows) {
  const along = { name: "along", key };
  const value = { name: "value", measure, type: cube.measures[measure].program.type };
  const lines = linesOf(world, cube, [value], grouped(rows, [keyColumn(cube, key)]), [along]);
  const newest = inOrder(lines, [{ name: "along", isDown: true }], [along, value]).slice(0, TREND_POINTS_MAX);
  return { columns, rows: newest.reverse().map((line) => [writtenMember(cube, along, line), writtenMember(cube, value, line)]) };
}

// --- slicers ---

/**
 * The values that a slicer offers, in order, with how many rows each has; for a range its ends.
 * @param {object[]} filters of other fields that reach the slicer's rows
 */
export function slicerAnswer(world, plan, filters, search) {
  const cube = world.cubes[plan.cube];
  const conditions = filters.map((filter) => ({ key: plan.fields[filter.field.toLowerCase()], filter }));
  const rows = keptRows(cube, conditions, world.now);
  const { codes, values } = cube.keys[plan.key];
  const counts = new Float64Array(values.length + 1);
  const { codes: counted, numbers } = cube.sums[0];
  for (const row of rows) counts[codes[row]] += numbers[counted[row]];
  const answer = { values: [], is_truncated: false, minimum: null, maximum: null, type: plan.type };
  const present = values.map((_value, at) => at + 1).filter((code) => counts[code] > 0);
  if (plan.range) return present.length ? { ...answer, minimum: values[present[0] - 1], maximum: values[present.at(-1) - 1] } : answer;
  const wanted = (search ?? "").trim().toLowerCase();
  const found = (counts[0] > 0 && !wanted ? [...present, 0] : present).filter((code) => !wanted || String(values[code - 1]).toLowerCase().includes(wanted));
  answer.values = found.slice(0, VALUES_MAX).map((code) => ({ value: code ? values[code - 1] : null, count: counts[code] }));
  return { ...answer, is_truncated: found.length > VALUES_MAX };
}
