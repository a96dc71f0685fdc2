/**
 * A matrix as data: groups down and across, measures within, totals at the ends. Pure.
 * Totals and subtotals are the answer's own, never sums of cells, for an average of averages is none.
 */
import { formatterOf } from "../format.js";
import { keyName, orderedValues } from "./order.js";
import { categoryText, columnsOf, measuresOf, numberOf } from "./shape.js";
import { cellOf, cellRule } from "./table_model.js";

const TOTAL = "total";

/**
 * @typedef {{heads: string[], point: object, cells: import("./table_model.js").Cell[], isTotal: boolean, isSubtotal: boolean}} MatrixRow
 *   a subtotal has the heads of its group, the last of them says so; the total has one
 */

/**
 * @param {object} visual
 * @param {object} data
 * @param {import("./look.js").Look} look
 * @param {string} [sort] `name` or `-name`: what rows are sorted by; groups by their subtotals
 * @returns {{rowHeads: object[], across: {key: string, text: string, isTotal: boolean}[], measures: object[], body: MatrixRow[]}}
 */
export function matrixModel(visual, data, look, sort = visual.sort?.[0]) {
  const down = columnsOf(visual, data, "rows");
  const over = columnsOf(visual, data, "columns");
  const measures = columnsOf(visual, data, "values").length ? columnsOf(visual, data, "values") : measuresOf(data);
  const tree = new MatrixTree(down, over);
  const pick = (row, columns) => columns.map((column) => row[column.index]);
  for (const row of data.rows) tree.add(pick(row, down), JSON.stringify(pick(row, over)), pick(row, measures));
  for (const set of data.totals ?? []) tree.addTotals(set);
  const across = acrossOf(data, over, tree, sort ? [sort] : [], look);
  const rules = measures.map((measure) => cellRule(visual.rules?.[measure.name], data.rows, measure));
  const writers = measures.map((column) => formatterOf(column, look.setting));
  const hasTotal = !over.length || across.at(-1)?.isTotal === true;
  const keys = over.length ? across.map(({ key }) => key) : ["[]"];
  const cellsOf = ({ values }, isTotal) =>
    keys.flatMap((key) =>
      measures.map((measure, place) => {
        const found = values.get(key);
        const cell = cellOf(
          found?.[place] ?? null,
          measure,
          writers[place],
          isTotal || key === TOTAL ? null : rules[place],
        );
        return found ? cell : { ...cell, text: "" };
      }),
    );
  const texts = down.map((column) => categoryText(column, look.setting));
  const body = rowsOf(tree, sortedBy(sort, measures, hasTotal ? keys.at(-1) : null), texts, down, cellsOf);
  return { rowHeads: down, measures, across, body };
}

/** Cells by the values of their row heads, one level below the other, with what is added up at each. */
class MatrixTree {
  constructor(down, over) {
    Object.assign(this, { down, over, root: newNode(undefined) });
  }

  /** @param {unknown[]} heads all row heads of a row, the first ones for a subtotal, none for the total */
  add(heads, acrossKey, measures) {
    let node = this.root;
    for (const value of heads) {
      if (!node.children.has(value)) node.children.set(value, newNode(value));
      node = node.children.get(value);
    }
    node.values.set(acrossKey, measures);
  }

  // A set of totals is grouped by the first row heads, one or more or none, and by all of the columns or none.
  addTotals({ by, rows }) {
    const heads = this.down.filter((column) => by.includes(column.name));
    const columns = this.over.filter((column) => by.includes(column.name));
    if (columns.length && columns.length < this.over.length) return;
    const pick = (row, wanted) => wanted.map((column) => row[by.indexOf(column.name)]);
    for (const row of rows) {
      const key = this.over.length && !columns.length ? TOTAL : JSON.stringify(pick(row, columns));
      this.add(pick(row, heads), key, row.slice(by.length));
    }
  }
}

function newNode(value) {
  return { value, values: new Map(), children: new Map() };
}

function acrossOf(data, over, tree, sort, look) {
  if (!over.length) return [];
  const texts = over.map((column) => categoryText(column, look.setting));
  const keys = [...new Set(data.rows.map((row) => JSON.stringify(over.map((column) => row[column.index]))))];
  const isOwn = sort.some((key) => over.some((column) => column.name === keyName(key)));
  const places = over.map(
    (column) =>
      new Map(orderedValues(data, column, isOwn ? sort : [], look.setting).map((value, place) => [value, place])),
  );
  const found = keys.map((key) => ({ key, values: JSON.parse(key), isTotal: false }));
  found.sort((one, other) =>
    places.reduce((order, place, index) => order || place.get(one.values[index]) - place.get(other.values[index]), 0),
  );
  const shown = found.map(({ key, values }) => ({
    key,
    isTotal: false,
    text: values.map((value, place) => texts[place](value)).join(" · "),
  }));
  const hasTotal =
    tree.root.values.has(TOTAL) || [...tree.root.children.values()].some((node) => node.values.has(TOTAL));
  return hasTotal ? [...shown, { key: TOTAL, isTotal: true, text: "Total" }] : shown;
}

/** Puts groups and rows in order: by a measure over all columns; in any other order they come from the server. */
function sortedBy(sort, measures, key) {
  const place = sort ? measures.findIndex((measure) => measure.name === keyName(sort)) : -1;
  if (place < 0 || key === null) return (nodes) => nodes;
  const factor = sort.startsWith("-") ? -1 : 1;
  const valueOf = (node) => numberOf(node.values.get(key)?.[place]);
  return (nodes) =>
    [...nodes].sort((one, other) => {
      const [a, b] = [valueOf(one), valueOf(other)];
      return a === null || b === null ? (a === null) - (b === null) : factor * (a - b);
    });
}

function isOnlyTotal({ values }) {
  return values.size === 1 && values.has(TOTAL);
}

function rowsOf(tree, inOrder, texts, down, cellsOf) {
  const rows = [];
  const walk = (node, path) => {
    for (const child of inOrder([...node.children.values()])) {
      const values = [...path, child.value];
      const heads = values.map((value, place) => texts[place](value));
      const point = Object.fromEntries(values.map((value, place) => [down[place].name, value]));
      if (values.length === down.length) {
        if (isOnlyTotal(child)) continue; // of a row beyond those that the answer has
        rows.push({ heads, point, isTotal: false, isSubtotal: false, cells: cellsOf(child, false) });
      } else if (child.children.size) {
        walk(child, values);
        if (child.values.size)
          rows.push({
            heads: [...heads.slice(0, -1), `${heads.at(-1)}, total`],
            point,
            isTotal: false,
            isSubtotal: true,
            cells: cellsOf(child, true),
          });
      }
    }
  };
  walk(tree.root, []);
  if (tree.root.values.size && down.length)
    rows.push({ heads: ["Total"], point: {}, isTotal: true, isSubtotal: false, cells: cellsOf(tree.root, true) });
  return rows;
}
