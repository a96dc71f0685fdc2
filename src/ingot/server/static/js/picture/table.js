/** Tables and matrices as SVG: as many rows and columns as their place holds, and how many more there are. */
import { mixed } from "../charts/look.js";
import { matrixModel } from "../charts/matrix_model.js";
import { columnsOf } from "../charts/shape.js";
import { tableModel } from "../charts/table_model.js";
import { GAP, isBold, spread } from "./columns.js";
import { cutTo, line, node } from "./marks.js";

const ROW = 34;
const FIRM = ["number", "date", "timestamp"]; // of which a part would be another value

/** @param {object} visual @param {object} data @param {object} look with the size of the place @returns {string} markup from 0, 0 */
export function tablePicture(visual, data, look) {
  const model = tableModel(visual, data, look);
  const rows = [];
  const firmCells = (cells) => cells.map((cell, place) => ({ ...cell, isFirm: isFirm(model.columns[place]) }));
  for (let index = 0; index < model.count && index < look.height / ROW; index += 1) rows.push(firmCells(model.row(index)));
  const heads = model.columns.map((column) => ({ text: nameOf(column), isNumber: column.type === "number" }));
  const totals = model.totals ? bold(withWord(firmCells(model.totals), "Total")) : null;
  return gridOf({ heads: [heads], rows, count: model.count, totals, named: 0, step: 1, isTruncated: data.is_truncated }, look);
}

/** As tablePicture. */
export function matrixPicture(visual, data, look) {
  const model = matrixModel(visual, data, look);
  const named = model.rowHeads.map((column) => ({ text: nameOf(column), isNumber: false }));
  const inner = model.measures.map((column) => ({ text: nameOf(column), isNumber: true }));
  const blank = named.map(() => ({ text: "", isNumber: false }));
  const step = model.across.length ? model.measures.length : 1;
  const isFirmOver = columnsOf(visual, data, "columns").every(isFirm);
  const over = model.across.map(({ text }) => ({ text, isNumber: true, isFirm: isFirmOver, span: step }));
  const isPlain = model.measures.length === 1;
  const heads = !model.across.length ? [[...named, ...inner]] : isPlain ? [[...named, ...over]] : [[...blank, ...over], [...named, ...model.across.flatMap(() => inner)]];
  const valueCells = (row) => row.cells.map((cell) => ({ ...cell, isFirm: true }));
  const cellsOf = (row) => {
    const cells = [...headCells(row, model.rowHeads), ...valueCells(row)];
    return row.isSubtotal || row.isTotal ? bold(cells) : cells;
  };
  const body = model.body.filter((row) => !row.isTotal);
  const total = model.body.find((row) => row.isTotal);
  return gridOf({ heads, rows: withoutRepeats(body.slice(0, Math.ceil(look.height / ROW))).map(cellsOf), count: body.length, totals: total ? cellsOf(total) : null, named: named.length, step, isTruncated: data.is_truncated }, look);
}

// The last head of a sum goes to the end of the heads.
function headCells({ heads, isTotal, isSubtotal }, columns) {
  const spanOf = (place) => ((isTotal || isSubtotal) && place === heads.length - 1 ? columns.length - place : 1);
  return heads.map((text, place) => ({ text, isNumber: false, isFirm: isFirm(columns[place]), span: spanOf(place) }));
}

function nameOf(column) {
  return column.label ?? column.name;
}

function isFirm(column) {
  return FIRM.includes(column.type);
}

function bold(cells) {
  return cells.map((cell) => ({ ...cell, isBold: true }));
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
  const columns = spread([...table.heads, ...table.rows.slice(0, room), ...(table.totals ? [table.totals] : [])], width, table);
  const isCut = table.count > room || table.isTruncated || columns.left > 0;
  const shown = table.rows.slice(0, isCut ? Math.max(0, room - 1) : room);
  const rule = (y, color, thick = 1) => node("line", { x1: 0, x2: width, y1: y, y2: y, stroke: color, "stroke-width": thick });
  const drawn = table.heads.map((cells, index) => rowOf(cells, index * ROW, columns, { fill: colors["text-2"], weight: 500 }, look));
  drawn.push(rule(top, colors["border-strong"]));
  shown.forEach((cells, index) => drawn.push(rowOf(cells, top + index * ROW, columns, { fill: colors.text }, look), rule(top + (index + 1) * ROW, colors.border)));
  let y = top + shown.length * ROW;
  if (isCut) {
    drawn.push(line(moreOf(table, table.count - shown.length, columns.left, look), GAP, y + 22, { size: 12, fill: colors["text-3"] }));
    y += ROW;
  }
  if (table.totals) drawn.push(rule(y, colors["border-strong"], 1.5), rowOf(table.totals, y, columns, { fill: colors.text }, look));
  return drawn.join("");
}

// What found no place, in words.
function moreOf({ isTruncated }, rows, columns, { setting }) {
  const counted = (count, noun) => `${count.toLocaleString(setting.locale)} more ${noun}${count === 1 ? "" : "s"}`;
  const found = [rows > 0 && `${isTruncated ? "More than " : ""}${counted(rows, "row")}`, columns > 0 && counted(columns, "column")];
  return found.filter(Boolean).join(", ");
}

function rowOf(cells, y, columns, style, look) {
  let place = 0;
  const drawn = cells.map((cell) => {
    const covered = columns.places.slice(place, (place += cell.span ?? 1));
    if (!covered.length) return "";
    const column = { x: covered[0].x, width: covered.at(-1).x + covered.at(-1).width - covered[0].x };
    return cellOf(cell, y, column, { ...style, size: columns.size }, look);
  });
  return drawn.join("");
}

function cellOf(cell, y, column, style, look) {
  const { colors } = look;
  const background = cell.shade ? node("rect", { x: column.x, y, width: column.width, height: ROW, ...mixOf(cell.shade, colors) }) : "";
  const bar = cell.bar ? barOf(cell.bar, y, column, colors) : "";
  const fill = cell.look ? (toneOf(cell.look, colors) ?? style.fill) : cell.isNull ? colors["text-3"] : style.fill;
  const text = cutTo(cell.text ?? "", style.size, column.width - GAP, isBold(cell));
  const [x, anchor] = cell.isNumber ? [column.x + column.width - GAP, "end"] : [column.x + GAP, "start"];
  return background + bar + line(text, x, y + 22, { ...style, weight: isBold(cell) ? 600 : style.weight, fill, anchor });
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
