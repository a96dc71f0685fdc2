/** A table and a matrix as data: head, cells with text and looks, totals. Pure; a page makes HTML of it, a picture lines. */
import { formatterOf } from "../format.js";
import { categoryText, columnsOf, dimensionsOf, indexed, measuresOf, numberOf } from "./shape.js";

/**
 * @typedef {{text: string, isNumber: boolean, isNull: boolean, look?: string, bar?: {from: number, to: number, isNegative: boolean}, shade?: number, tone?: string, value: unknown}} Cell
 */

/**
 * The cells of a table.
 * @returns {{columns: object[], row: (index: number) => Cell[], count: number, totals: Cell[]|null, pointOf: (index: number) => object}}
 */
export function tableModel(visual, data, look) {
  const columns = indexed(data);
  const writers = columns.map((column) => formatterOf(column, look.setting));
  const rules = columns.map((column) => cellRule(visual.rules?.[column.name], data.rows, column));
  const dimensions = dimensionsOf(data);
  const cellsOf = (row, isTotal) => columns.map((column, place) => cellOf(row[column.index], column, writers[place], isTotal ? null : rules[place]));
  return {
    columns,
    count: data.rows.length,
    row: (index) => cellsOf(data.rows[index], false),
    totals: totalsOf(data, cellsOf),
    pointOf: (index) => Object.fromEntries(dimensions.map((column) => [column.name, data.rows[index][column.index]])),
  };
}

// The grand total: the set that is grouped by nothing. Dimensions have no value in it.
function totalsOf(data, cellsOf) {
  const grand = (data.totals ?? []).find((set) => set.by.length === 0)?.rows[0];
  if (!grand) return null;
  let place = 0;
  return cellsOf(data.columns.map((column) => (column.role === "dimension" ? null : grand[place++])), true);
}

function cellOf(value, column, write, rule) {
  const isNull = value === null || value === undefined;
  const cell = { text: write(value), isNumber: column.type === "number", isNull, value };
  return isNull || !rule ? cell : { ...cell, ...rule(numberOf(value)) };
}

/**
 * Conditional formatting of one column: bars, a scale of shades, looks by comparison.
 * @param {{bars?: boolean, scale?: string[], when?: {operator: string, value: number, look: string}[]}|undefined} rule
 * @returns {((number: number|null) => Partial<Cell>)|null}
 */
function cellRule(rule, rows, column) {
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
      ...(rule.bars ? { bar: { from: (Math.min(number, 0) - low) / span, to: (Math.max(number, 0) - low) / span, isNegative: number < 0 } } : {}),
      ...(rule.scale ? { shade: high === least ? 0.5 : (number - least) / (high - least), tone: toneOf(rule.scale, high === least ? 0.5 : (number - least) / (high - least)) } : {}),
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

/**
 * The cells of a matrix: rows down, columns across, measures within. Totals are the answer's own, never sums of cells.
 * @returns {{rowHeads: object[], across: {key: string, text: string, isTotal: boolean}[], measures: object[], body: {heads: string[], point: object, cells: Cell[], isTotal: boolean}[]}}
 */
export function matrixModel(visual, data, look) {
  const down = columnsOf(visual, data, "rows");
  const over = columnsOf(visual, data, "columns");
  const measures = columnsOf(visual, data, "values").length ? columnsOf(visual, data, "values") : measuresOf(data);
  const cells = new MatrixCells(down, over, measures, look);
  const pick = (row, columns) => columns.map((column) => row[column.index]);
  for (const row of data.rows) cells.add(pick(row, down), pick(row, over), pick(row, measures));
  for (const set of data.totals ?? []) cells.addTotals(set);
  const rules = measures.map((measure) => cellRule(visual.rules?.[measure.name], data.rows, measure));
  return { rowHeads: down, measures, across: cells.across(), body: cells.body(rules) };
}

const TOTAL = "total";

class MatrixCells {
  constructor(down, over, measures, look) {
    Object.assign(this, { down, over, measures });
    this.downText = down.map((column) => categoryText(column, look.setting));
    this.overText = over.map((column) => categoryText(column, look.setting));
    this.writers = measures.map((column) => formatterOf(column, look.setting));
    this.columns = new Map();
    this.rows = new Map();
  }

  /** Values of one cell; null for the heads stands for the total of all. */
  add(downValues, overValues, measures) {
    const overKey = overValues ? JSON.stringify(overValues) : TOTAL;
    const downKey = downValues ? JSON.stringify(downValues) : TOTAL;
    if (!this.columns.has(overKey)) {
      const text = overValues ? overValues.map((value, place) => this.overText[place](value)).join(" · ") : "Total";
      this.columns.set(overKey, { key: overKey, isTotal: !overValues, text });
    }
    if (!this.rows.has(downKey)) this.rows.set(downKey, this.headed(downValues));
    this.rows.get(downKey).values.set(overKey, measures);
  }

  // A set of totals is grouped by all rows, by all columns, by neither; subtotals of a few rows are left out.
  addTotals({ by, rows }) {
    const has = (columns) => columns.length > 0 && columns.every((column) => by.includes(column.name));
    const [isByRows, isByColumns] = [has(this.down), has(this.over)];
    if (by.length !== (isByRows ? this.down.length : 0) + (isByColumns ? this.over.length : 0)) return;
    const order = (columns) => columns.map((column) => by.indexOf(column.name));
    for (const row of rows) {
      const values = (columns) => order(columns).map((place) => row[place]);
      const overValues = isByColumns ? values(this.over) : this.over.length ? null : [];
      this.add(isByRows ? values(this.down) : null, overValues, row.slice(by.length));
    }
  }

  headed(values) {
    const heads = values ? values.map((value, place) => this.downText[place](value)) : ["Total"];
    const point = values ? Object.fromEntries(this.down.map((column, place) => [column.name, values[place]])) : {};
    return { heads, point, isTotal: !values, values: new Map() };
  }

  across() {
    if (!this.over.length) return [];
    const all = [...this.columns.values()];
    return [...all.filter((column) => !column.isTotal), ...all.filter((column) => column.isTotal)];
  }

  body(rules) {
    const keys = this.over.length ? this.across().map((column) => column.key) : ["[]"];
    const cellsOf = (row) => keys.flatMap((key) => this.cells(row.values.get(key), row.isTotal || key === TOTAL ? [] : rules));
    const rows = [...this.rows.values()].map((row) => ({ heads: row.heads, point: row.point, isTotal: row.isTotal, cells: cellsOf(row) }));
    return [...rows.filter((row) => !row.isTotal), ...rows.filter((row) => row.isTotal)];
  }

  cells(values, rules) {
    return this.measures.map((measure, place) => {
      const cell = cellOf(values?.[place] ?? null, measure, this.writers[place], rules[place]);
      return values ? cell : { ...cell, text: "" };
    });
  }
}
