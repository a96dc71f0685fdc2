/** A table as data: head, cells with text and looks, totals. Pure; a page makes HTML of it, a picture lines. */
import { formatterOf } from "../format.js";
import { dimensionsOf, indexed, numberOf, withOthers, withoutOthers } from "./shape.js";

// What a scale goes through: text is read on each, and the least of `low` is seen.
const STOPS = {
  low: { tone: "series-1", strength: 0.08 },
  middle: { tone: "series-1", strength: 0.28 },
  high: { tone: "series-1", strength: 0.48 },
  positive: { tone: "positive", strength: 0.48 },
  negative: { tone: "negative", strength: 0.48 },
  warning: { tone: "warning", strength: 0.48 },
  accent: { tone: "accent", strength: 0.48 },
  muted: { tone: "text-3", strength: 0.28 },
  strong: { tone: "text", strength: 0.28 },
};

/**
 * @typedef {{text: string, isNumber: boolean, isNull: boolean, look?: string, bar?: {from: number, to: number, isNegative: boolean}, shade?: Shade[], value: unknown}} Cell
 * @typedef {{tone: string, strength: number}} Shade a colour of the theme, and how much of it: mixed if there are two
 */

/**
 * The cells of a table. A row filters others by its point; the rows behind it have more in common.
 * @returns {{columns: object[], row: (index: number) => Cell[], count: number, totals: Cell[]|null, pointOf: (index: number) => object, behindOf: (index: number) => object}}
 */
export function tableModel(visual, answer, look) {
  const data = withOthers(answer);
  const columns = indexed(data);
  const writers = columns.map((column) => formatterOf(column, look.setting));
  const rules = columns.map((column) => cellRule(visual.rules?.[column.name], data.rows, column));
  const dimensions = dimensionsOf(data);
  const behind = columns.filter((column) => column.role === "dimension" || column.is_of_rows);
  const cellsOf = (row, isTotal) =>
    columns.map((column, place) => cellOf(row[column.index], column, writers[place], isTotal ? null : rules[place]));
  return {
    columns,
    count: data.rows.length,
    row: (index) => cellsOf(data.rows[index], false),
    totals: totalsOf(data, cellsOf),
    pointOf: (index) => pointIn(data.rows[index], dimensions),
    behindOf: (index) => pointIn(data.rows[index], behind),
  };
}

function pointIn(row, columns) {
  return withoutOthers(Object.fromEntries(columns.map((column) => [column.name, row[column.index]])));
}

// The grand total: the set that is grouped by nothing. Dimensions have no value in it.
function totalsOf(data, cellsOf) {
  const grand = (data.totals ?? []).find((set) => set.by.length === 0)?.rows[0];
  if (!grand) return null;
  let place = 0;
  return cellsOf(
    data.columns.map((column) => (column.role === "dimension" ? null : grand[place++])),
    true,
  );
}

/** @returns {Cell} one value, with the look that its column's rule gives it */
export function cellOf(value, column, write, rule) {
  const isNull = value === null || value === undefined;
  const cell = { text: write(value), isNumber: column.type === "number", isNull, value };
  return isNull || !rule ? cell : { ...cell, ...rule(numberOf(value)) };
}

/**
 * Conditional formatting of one column: bars, a scale of shades, looks by comparison.
 * @param {{bars?: boolean, scale?: string[], when?: {operator: string, value: number, look: string}[]}|undefined} rule
 * @returns {((number: number|null) => Partial<Cell>)|null}
 */
export function cellRule(rule, rows, column) {
  if (!rule) return null;
  const numbers = rows.map((row) => numberOf(row[column.index])).filter((number) => number !== null);
  const least = Math.min(...numbers);
  const greatest = Math.max(...numbers);
  const low = Math.min(0, least);
  const span = Math.max(0, greatest) - low || 1;
  return (number) => {
    if (number === null) return {};
    const found = (rule.when ?? []).find((when) => holds(number, when));
    return {
      ...(found ? { look: found.look } : {}),
      ...(rule.bars
        ? {
            bar: {
              from: (Math.min(number, 0) - low) / span,
              to: (Math.max(number, 0) - low) / span,
              isNegative: number < 0,
            },
          }
        : {}),
      ...(rule.scale
        ? { shade: shadeAt(rule.scale, least === greatest ? 0.5 : (number - least) / (greatest - least)) }
        : {}),
    };
  };
}

// Between two stops of a scale; `part` goes from 0 to 1.
function shadeAt(scale, part) {
  const place = part * (scale.length - 1);
  const below = Math.min(Math.floor(place), scale.length - 2);
  const [from, to] = [STOPS[scale[below]], STOPS[scale[below + 1]]];
  const [before, after] = [from.strength * (1 - place + below), to.strength * (place - below)];
  if (from.tone === to.tone) return [{ tone: from.tone, strength: before + after }];
  return [
    { tone: from.tone, strength: before },
    { tone: to.tone, strength: after },
  ];
}

function holds(number, { operator, value }) {
  switch (operator) {
    case "<":
      return number < value;
    case "<=":
      return number <= value;
    case ">":
      return number > value;
    case ">=":
      return number >= value;
    case "!=":
      return number !== value;
    default:
      return number === value;
  }
}
