/**
 * What the operators of a filter mean for the values of a column, as the lake has it: one answer for each value, so that
 * a row is told by its number. Values of a filter that do not fit the column are refused. Pure.
 */
import { back, isDay, movedClock, nextDay, parsedTime, utcClock } from "./days.js";
import { comparedDecimals, comparedDoubles, comparedTexts, parsedDecimal, Refused } from "./exact.js";

const UNITS = ["minute", "hour", "day", "week", "month", "quarter", "year"];

/**
 * Which values of a column a filter keeps.
 * @param {{type: string, values: any[], local?: string[]}} column values in their order
 * @param {{field: string, op?: string, values: any[]}} filter
 * @param {string} now the clock of the lake's time zone when the file was made
 * @returns {Uint8Array} 1 for kept, by the number of the value; number 0 is null
 */
export function keptValues(column, filter, now) {
  const kept = new Uint8Array(column.values.length + 1);
  const mark = (test) => column.values.forEach((value, at) => (kept[at + 1] = test(value, at) ? 1 : 0));
  const { op = "in", values } = filter;
  if (op === "is_null") kept[0] = 1;
  else if (op === "in" || op === "not_in") {
    const tests = values.filter((value) => value !== null).map((value) => equalTo(column, value));
    mark((value, at) => tests.some((test) => test(value, at)));
    kept[0] = values.includes(null) ? 1 : 0;
    if (op === "not_in") kept.forEach((one, at) => (kept[at] = 1 - one));
  } else if (op === "last") {
    const tests = lastTests(column, values, now);
    mark((value, at) => tests.every((test) => test(value, at)));
  } else {
    const bounds = op === "between" ? [["ge", values[0]], ["le", values[1]]].filter(([, value]) => value !== null) : [[op, values[0]]];
    const tests = bounds.map(([side, value]) => boundTest(column, side, value));
    mark((value, at) => tests.every((test) => test(value, at)));
  }
  return kept;
}

function misfit(value) {
  return new Refused(`${JSON.stringify(value)} does not fit the field that it filters`);
}

const SIDES = { ge: (found) => found >= 0, le: (found) => found <= 0, gt: (found) => found > 0, lt: (found) => found < 0 };

function equalTo(column, wanted) {
  if (column.type === "boolean") {
    const found = typeof wanted === "string" ? { true: true, false: false }[wanted.toLowerCase()] : wanted;
    if (typeof found !== "boolean") throw misfit(wanted);
    return (value) => value === found;
  }
  if (isTime(column) && isDay(wanted)) return dayTest(column, (day) => day === wanted);
  const compare = comparer(column, wanted);
  return (value, at) => compare(value, at) === 0;
}

function boundTest(column, side, wanted) {
  if (!(side in SIDES) || wanted === null || wanted === undefined || column.type === "boolean") throw misfit(wanted);
  const test = SIDES[side];
  if (isTime(column) && isDay(wanted)) return dayTest(column, (day) => test(comparedTexts(day, wanted)));
  const compare = comparer(column, wanted);
  return (value, at) => test(compare(value, at));
}

function isTime(column) {
  return column.type === "instant" || column.type === "local";
}

// A day as a bound of instants means all of that day, in the time zone of the lake.
function dayTest(column, test) {
  const clocks = clocksOf(column);
  return (_value, at) => test(clocks[at].slice(0, 10));
}

function clocksOf(column) {
  return column.local ?? (column.clocks ??= column.values.map((value) => parsedTime(value).clock));
}

/** How a value of the column compares with the wanted one. */
function comparer(column, wanted) {
  switch (column.type) {
    case "text":
      return textComparer(wanted);
    case "double":
      return doubleComparer(wanted);
    case "number":
      return numberComparer(column, wanted);
    case "date":
      return dayComparer(wanted);
  }
  return isTime(column) ? timeComparer(column, wanted) : refuse(wanted);
}

function refuse(wanted) {
  throw misfit(wanted);
}

function textComparer(wanted) {
  if (typeof wanted === "boolean") throw misfit(wanted);
  const text = typeof wanted === "string" ? wanted : JSON.stringify(wanted);
  return (value) => comparedTexts(value, text);
}

const NOT_FINITE = { nan: NaN, infinity: Infinity, "-infinity": -Infinity };

function doubleComparer(wanted) {
  const special = NOT_FINITE[String(wanted).toLowerCase()];
  if (typeof wanted === "boolean" || (special === undefined && parsedDecimal(wanted) === null)) throw misfit(wanted);
  const number = special ?? Number(wanted);
  return (value) => comparedDoubles(Number(value), number);
}

function numberComparer(column, wanted) {
  const number = typeof wanted === "boolean" ? null : parsedDecimal(wanted);
  if (number === null) throw misfit(wanted);
  column.parsed ??= column.values.map((value) => parsedDecimal(value));
  return (_value, at) => comparedDecimals(column.parsed[at], number);
}

function dayComparer(wanted) {
  const found = typeof wanted === "string" ? parsedTime(wanted) : null;
  if (!found || found.zone || !found.clock.endsWith("T00:00:00.000000")) throw misfit(wanted);
  const day = found.clock.slice(0, 10);
  return (value) => comparedTexts(value, day);
}

function timeComparer(column, wanted) {
  const found = typeof wanted === "string" ? parsedTime(wanted) : null;
  if (!found) throw misfit(wanted);
  if (column.type === "instant" && found.zone) {
    column.utc ??= column.values.map((value) => parsedTime(value).clock);
    const clock = utcClock(found);
    return (_value, at) => comparedTexts(column.utc[at], clock);
  }
  const clocks = clocksOf(column);
  return (_value, at) => comparedTexts(clocks[at], found.clock);
}

function lastTests(column, [count, unit], now) {
  const amount = /^\d+$/.test(String(count)) ? Number(count) : 0;
  if (amount < 1 || amount > 10000 || !UNITS.includes(unit) || !(isTime(column) || column.type === "date")) throw misfit(`${count} ${unit}`);
  if (unit === "minute" || unit === "hour") {
    if (column.type === "date") throw misfit(`${count} ${unit}`);
    const end = movedClock(`${now.slice(0, 16)}:00.000000`, 1);
    const start = movedClock(end, -amount * (unit === "hour" ? 60 : 1));
    const clocks = clocksOf(column);
    return [(_value, at) => clocks[at] >= start && clocks[at] < end];
  }
  const today = now.slice(0, 10);
  const first = nextDay(back(today, amount, unit));
  return [boundTest(column, "ge", first), boundTest(column, "le", today)];
}
