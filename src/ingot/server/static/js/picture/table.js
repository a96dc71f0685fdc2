/** Tables and matrices as SVG: as many rows as their place holds, and how many more there are. */
import { mixed } from "../charts/look.js";
import { matrixModel } from "../charts/matrix_model.js";
import { tableModel } from "../charts/table_model.js";
import { cutTo, line, node, widthOf } from "./marks.js";

const ROW = 34;
const GAP = 12;
const SIZE = 13;
const SAMPLE = 60;

/** @param {object} visual @param {object} data @param {object} look with the size of the place @returns {string} markup from 0, 0 */
export function tablePicture(visual, data, look) {
  const model = tableModel(visual, data, look);
  const rows = [];
  for (let index = 0; index < model.count && index < look.height / ROW; index += 1) rows.push(model.row(index));
  const heads = model.columns.map((column) => ({ text: column.label ?? column.name, isNumber: column.type === "number" }));
  const totals = model.totals ? withWord(model.totals, "Total") : null;
  return gridOf({ heads: [heads], rows, count: model.count, totals, isTruncated: data.is_truncated }, look);
}

/** As tablePicture. */
export function matrixPicture(visual, data, look) {
  const model = matrixModel(visual, data, look);
  const named = model.rowHeads.map((column) => ({ text: column.label ?? column.name, isNumber: false }));
  const inner = model.measures.map((column) => ({ text: column.label ?? column.name, isNumber: true }));
  const blank = named.map(() => ({ text: "", isNumber: false }));
  const over = model.across.flatMap(({ text }) => model.measures.map((_, place) => ({ text: place === 0 ? text : "", isNumber: true })));
  const isPlain = model.measures.length === 1;
  const heads = !model.across.length ? [[...named, ...inner]] : isPlain ? [[...named, ...over]] : [[...blank, ...over], [...named, ...model.across.flatMap(() => inner)]];
  const cellsOf = (row) => [...headCells(row, model.rowHeads.length), ...row.cells].map((cell) => (row.isSubtotal ? { ...cell, look: "strong" } : cell));
  const body = model.body.filter((row) => !row.isTotal);
  const total = model.body.find((row) => row.isTotal);
  return gridOf({ heads, rows: withoutRepeats(body.slice(0, Math.ceil(look.height / ROW))).map(cellsOf), count: body.length, totals: total ? cellsOf(total) : null, isTruncated: data.is_truncated }, look);
}

function headCells(row, count) {
  return Array.from({ length: count }, (_, place) => ({ text: row.heads[place] ?? "", isNumber: false }));
}

// The same head above is not written again.
function withoutRepeats(rows) {
  return rows.map((row, index) => {
    const above = rows[index - 1];
    let isSame = above !== undefined;
    const heads = row.heads.map((head, place) => {
      isSame &&= place < row.heads.length - 1 && above.heads[place] === head;
      return isSame ? "" : head;
    });
    return { ...row, heads };
  });
}

function withWord(cells, word) {
  return cells.map((cell, place) => (place === 0 && cell.isNull ? { ...cell, text: word, isNull: false } : cell.isNull && !cell.isNumber ? { ...cell, text: "" } : cell));
}

function gridOf(table, look) {
  const { colors, width, height } = look;
  const top = table.heads.length * ROW;
  const room = Math.max(0, Math.floor((height - top) / ROW) - (table.totals ? 1 : 0));
  const isCut = table.count > room || table.isTruncated;
  const shown = table.rows.slice(0, isCut ? Math.max(0, room - 1) : room);
  const columns = columnsOf([...table.heads, ...shown.slice(0, SAMPLE), ...(table.totals ? [table.totals] : [])], width);
  const rule = (y, color, thick = 1) => node("line", { x1: 0, x2: width, y1: y, y2: y, stroke: color, "stroke-width": thick });
  const drawn = table.heads.map((cells, index) => rowOf(cells, index * ROW, columns, { fill: colors["text-2"], weight: 500 }, look));
  drawn.push(rule(top, colors["border-strong"]));
  shown.forEach((cells, index) => drawn.push(rowOf(cells, top + index * ROW, columns, { fill: colors.text }, look), rule(top + (index + 1) * ROW, colors.border)));
  let y = top + shown.length * ROW;
  if (isCut) {
    const more = table.count - shown.length;
    drawn.push(line(`${table.isTruncated ? "More than " : ""}${more.toLocaleString(look.setting.locale)} more rows`, GAP, y + 22, { size: 12, fill: colors["text-3"] }));
    y += ROW;
  }
  if (table.totals) drawn.push(rule(y, colors["border-strong"], 1.5), rowOf(table.totals, y, columns, { fill: colors.text, weight: 600 }, look));
  return drawn.join("");
}

// Each column as wide as its longest text, and what is left in equal parts; all narrower where that is too much.
function columnsOf(rows, width) {
  const count = rows[0]?.length ?? 0;
  const wanted = Array.from({ length: count }, (_, place) => Math.max(...rows.map((cells) => widthOf(cells[place]?.text ?? "", SIZE))) + 2 * GAP);
  const sum = wanted.reduce((all, one) => all + one, 0) || 1;
  const widths = sum > width ? wanted.map((one) => (one * width) / sum) : wanted.map((one) => one + (width - sum) / count);
  let x = 0;
  return widths.map((one) => ({ x: (x += one) - one, width: one }));
}

function rowOf(cells, y, columns, style, look) {
  return cells.map((cell, place) => cellOf(cell, y, columns[place], style, look)).join("");
}

function cellOf(cell, y, column, style, look) {
  const { colors } = look;
  const background = cell.shade ? node("rect", { x: column.x, y, width: column.width, height: ROW, ...mixOf(cell.shade, colors) }) : "";
  const bar = cell.bar ? barOf(cell.bar, y, column, colors) : "";
  const fill = cell.look ? (toneOf(cell.look, colors) ?? style.fill) : cell.isNull ? colors["text-3"] : style.fill;
  const text = cutTo(cell.text ?? "", SIZE, column.width - GAP);
  const [x, anchor] = cell.isNumber ? [column.x + column.width - GAP, "end"] : [column.x + GAP, "start"];
  return background + bar + line(text, x, y + 22, { size: SIZE, ...style, weight: cell.look === "strong" ? 600 : style.weight, fill, anchor });
}

function barOf({ from, to, isNegative }, y, column, colors) {
  const room = column.width - 12;
  return node("rect", { x: column.x + 6 + from * room, y: y + 8, width: Math.max(1, (to - from) * room), height: ROW - 16, rx: 2, fill: isNegative ? colors.negative : colors.palette[0], opacity: 0.25 });
}

function toneOf(name, colors) {
  return { muted: colors["text-3"], strong: colors.text, "series-1": colors.palette[0] }[name] ?? colors[name];
}

function mixOf([one, other], colors) {
  const opacity = one.strength + (other?.strength ?? 0);
  const fill = other ? mixed(toneOf(one.tone, colors), toneOf(other.tone, colors), other.strength / opacity) : toneOf(one.tone, colors);
  return { fill, opacity: Number(opacity.toFixed(3)) };
}
