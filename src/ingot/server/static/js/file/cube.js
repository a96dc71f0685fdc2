/**
 * The rows of a cube: those that filters keep, put into groups, and what the aggregates of a group are. Pure.
 *
 * Every column is its values in their order, and for each row the number of its value, from 1; 0 is null. So a filter is
 * tested once for each value, and rows are compared by numbers.
 */
import { keptValues } from "./conditions.js";
import { dividedHalfUp, powerOfTen, Refused, run } from "./exact.js";

const WIDTHS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };
const LARGEST_SAFE = 2 ** 53;

/**
 * Reads the cubes of a file, whose columns are views of its bytes.
 * @param {object[]} facts
 * @param {ArrayBuffer} buffer
 * @param {number} start where columns begin in it
 */
export function readCubes(facts, buffer, start) {
  return facts.map((cube) => {
    const column = (one) => ({ ...one, codes: new WIDTHS[one.width](buffer, start + one.at, cube.rows) });
    return { ...cube, keys: cube.keys.map(column), sums: cube.sums.map(column).map(withNumbers) };
  });
}

// What is added up, by the number of its value: number 0 is null, and adds nothing.
function withNumbers(column) {
  if (column.type === "small" || column.type === "double") return { ...column, numbers: Float64Array.from([0, ...column.values.map(Number)]) };
  return column.type === "big" ? { ...column, numbers: [0n, ...column.values.map(BigInt)] } : column;
}

/**
 * The rows that conditions keep.
 * @param {object} cube
 * @param {{key: number, filter: object}[]} conditions
 * @param {string} now
 * @returns {Int32Array} their places
 */
export function keptRows(cube, conditions, now) {
  const tests = conditions.map(({ key, filter }) => ({ codes: cube.keys[key].codes, kept: keptValues(cube.keys[key], filter, now) }));
  const rows = new Int32Array(cube.rows);
  let count = 0;
  for (let row = 0; row < cube.rows; row += 1) {
    if (tests.every(({ codes, kept }) => kept[codes[row]])) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

/**
 * Rows put into groups that have the same numbers.
 * @param {Int32Array} rows
 * @param {{codes: ArrayLike<number>, size: number}[]} columns numbers by row, and how many different ones there are
 * @returns {{rows: Int32Array, groups: Int32Array, codes: number[][]}} for each row its group; for each group its numbers
 */
export function grouped(rows, columns) {
  let groups = new Int32Array(rows.length);
  let codes = [[]];
  for (const { codes: own, size } of columns) {
    const known = new Map();
    const finer = new Int32Array(rows.length);
    const found = [];
    for (let at = 0; at < rows.length; at += 1) {
      const code = own[rows[at]];
      const key = groups[at] * size + code;
      let group = known.get(key);
      if (group === undefined) {
        group = found.length;
        known.set(key, group);
        found.push([...codes[groups[at]], code]);
      }
      finer[at] = group;
    }
    [groups, codes] = [finer, found];
  }
  return { rows, groups, codes };
}

/** A key column as `grouped` takes it. */
export function keyColumn(cube, key) {
  return { codes: cube.keys[key].codes, size: cube.keys[key].count + 1 };
}

/** A key's value by its number. */
export function valueOf(cube, key, code) {
  return code === 0 ? null : cube.keys[key].values[code - 1];
}

/**
 * The values of a measure for all groups, in the words of its program's type.
 * @param {object} cube
 * @param {number} measure
 * @param {{rows: Int32Array, groups: Int32Array, codes: number[][]}} found
 * @param {boolean} isAnsi
 * @returns {any[]}
 */
export function measured(cube, measure, found, isAnsi) {
  const { aggregates, program } = cube.measures[measure];
  const columns = aggregates.map((aggregate) => AGGREGATES[aggregate.kind](cube, aggregate, found));
  return found.codes.map((_codes, group) => run(program, columns.map((values) => values[group]), isAnsi));
}

const AGGREGATES = {
  rows: (cube, { at }, found) => sums(cube.sums[at], found).map((sum) => BigInt(sum ?? 0)),
  count: (cube, { at }, found) => sums(cube.sums[at], found).map((sum) => BigInt(sum ?? 0)),
  sum: (cube, { at, type }, found) => sums(cube.sums[at], found).map((sum) => (sum === null || type === "d" ? sum : fitting(BigInt(sum), type))),
  avg: averages,
  min: (cube, { at, type }, found) => extremes(cube.sums[at], type, found, false),
  max: (cube, { at, type }, found) => extremes(cube.sums[at], type, found, true),
  distinct: (cube, { at }, found) => distinct(cube.keys[at], found).map(BigInt),
};

function fitting(sum, type) {
  const limit = Array.isArray(type) ? powerOfTen(type[0]) : 2n ** 63n;
  if (sum >= limit || sum < -limit) throw new Refused("a sum has more digits than its type holds");
  return sum;
}

// The sum of each group; null for one without any value. Of digits that doubles hold, sums are such digits too.
function sums({ codes, numbers, type }, { rows, groups, codes: all }) {
  const found = type === "big" ? new Array(all.length).fill(0n) : new Float64Array(all.length);
  const seen = new Uint8Array(all.length);
  for (let at = 0; at < rows.length; at += 1) {
    const code = codes[rows[at]];
    if (code === 0) continue;
    found[groups[at]] += numbers[code];
    seen[groups[at]] = 1;
  }
  return Array.from(found, (sum, group) => (seen[group] ? sum : null));
}

function averages(cube, { at, count, type }, found) {
  const counts = sums(cube.sums[count], found);
  const scale = cube.sums[at].scale;
  return sums(cube.sums[at], found).map((sum, group) => {
    if (sum === null) return null;
    if (!Array.isArray(type)) return Number(sum) / counts[group];
    return fitting(dividedHalfUp(BigInt(sum) * powerOfTen(type[1] - scale), BigInt(counts[group])), type);
  });
}

function extremes({ codes, numbers, values, type: kind }, type, { rows, groups, codes: all }, isMost) {
  const found = new Uint32Array(all.length);
  for (let at = 0; at < rows.length; at += 1) {
    const code = codes[rows[at]];
    const group = groups[at];
    if (code !== 0 && (found[group] === 0 || (isMost ? code > found[group] : code < found[group]))) found[group] = code;
  }
  const valueAt = (code) => (kind === "double" ? numbers[code] : kind === "other" ? values[code - 1] : BigInt(numbers[code]));
  return Array.from(found, (code) => (code === 0 ? null : type === "b" ? Boolean(valueAt(code)) : valueAt(code)));
}

function distinct({ codes, count }, { rows, groups, codes: all }) {
  const size = count + 1;
  if (all.length * size > LARGEST_SAFE) throw new Refused("there are too many groups for this file");
  const seen = new Set();
  const counts = new Array(all.length).fill(0);
  for (let at = 0; at < rows.length; at += 1) {
    const code = codes[rows[at]];
    const key = groups[at] * size + code;
    if (code === 0 || seen.has(key)) continue;
    seen.add(key);
    counts[groups[at]] += 1;
  }
  return counts;
}
