/** A table as data: head, cells with text and looks, totals. Pure; a page makes HTML of it, a picture lines. */
import { formatterOf } from "../format.js";
import { dimensionsOf, indexed, numberOf } from "./shape.js";

/**
 * @typedef {{text: string, isNumber: boolean, isNull: boolean, look?: string, bar?: {from: number, to: number, isNegative: boolean}, shade?: number, tone?: string, value: unknown}} Cell
 */

/**
 * The cells of a table. A row filters others by its point; the rows behind it have more in common.
 * @returns {{columns: object[], row: (index: number) => Cell[], count: number, totals: Cell[]|null, pointOf: (index: number) => object, behindOf: (index: number) => object}}
 */
export function tableModel(visual, data, look) {
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
  return Object.fromEntries(columns.map((column) => [column.name, row[column.index]]));
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
  const low = Math.min(0, ...numbers);
  const high = Math.max(0, ...numbers);
  const least = Math.min(...numbers);
  const span = high - low || 1;
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
        ? {
            shade: high === least ? 0.5 : (number - least) / (high - least),
            tone: toneOf(rule.scale, high === least ? 0.5 : (number - least) / (high - least)),
          }
        : {}),
    };
  };
}

// A scale from one named colour to another: the nearer end's name, its strength told by the shade.
function toneOf(scale, part) {
  const named = scale.filter((name) => ["positive", "negative", "warning", "accent"].includes(name));
  if (!named.length) return "accent";
  return scale[Math.min(scale.length - 1, Math.floor(part * scale.length))];
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
