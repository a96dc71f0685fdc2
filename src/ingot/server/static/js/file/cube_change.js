/**
 * A card's change from the rows of a cube: the newest period of its rows against the same days one period earlier.
 * Follows `dashboards/change.py`. Pure.
 */
import { back, nextDay, parsedTime } from "./days.js";
import { grouped, keptRows, measured } from "./cube.js";
import { written } from "./exact.js";

/**
 * The values of both periods and their days; null where no row has a day.
 * @param {{now: string, isAnsi: boolean}} world
 * @param {object} cube
 * @param {object} plan of a card
 * @param {{key: number, filter: object}[]} conditions of what the reader chose
 * @param {Int32Array} rows that they keep
 */
export function cardChange(world, cube, plan, conditions, rows) {
  const { key, count, unit, later } = plan.change;
  const { codes } = cube.keys[key];
  let [first, last] = [0, 0];
  for (const row of rows) {
    const code = codes[row];
    if (code === 0) continue;
    if (first === 0 || code < first) first = code;
    if (code > last) last = code;
  }
  if (last === 0) return null;
  const [current, previous] = periods(dayOf(cube.keys[key], first), dayOf(cube.keys[key], last), count, unit);
  const moved = conditions.map(({ key: own, filter }) => ({ key: later[filter.field.toLowerCase()] ?? own, filter }));
  const now = [...conditions, within(key, current)];
  const earlier = [...moved, within(key, previous)];
  const value = (wanted) => single(world, cube, plan, keptRows(cube, wanted, world.now));
  return {
    current: value(now), previous: value(earlier),
    from: current[0], to: current[1], previous_from: previous[0], previous_to: previous[1],
    count, unit,
  };
}

function within(key, [from, to]) {
  return { key, filter: { field: "", op: "between", values: [from, to] } };
}

function dayOf(column, code) {
  const text = column.local?.[code - 1] ?? column.values[code - 1];
  return parsedTime(text).clock.slice(0, 10);
}

// Without rows there is no value, not a count of none.
function single(world, cube, plan, rows) {
  if (!rows.length) return null;
  const { measure } = plan.levels[0].members[0];
  const [value] = measured(cube, measure, grouped(rows, []), world.isAnsi);
  return written(value, cube.measures[measure].program.type);
}

// The last period up to the newest day, no longer than the rows reach back, and the same days a period earlier.
function periods(first, last, count, unit) {
  const start = later(first, nextDay(back(last, count, unit)));
  const earlierEnd = sooner(back(last, count, unit), nextDay(start, -1));
  return [[start, last], [back(start, count, unit), earlierEnd]];
}

function later(one, other) {
  return one > other ? one : other;
}

function sooner(one, other) {
  return one < other ? one : other;
}
