/**
 * How wide the columns of a table in a picture are, in which size their texts are written, and how many find no place.
 * What is firm, such as a number, is never cut: a part of it would be another value, and a picture has no tooltip.
 * Texts give way first, then the size of all, then the last columns.
 */
import { widthOf } from "./marks.js";

export const GAP = 12;
const SIZES = [13, 12, 11];
const TEXT_LEAST = 72;

/** Whether a cell is written in bold. */
export function isBold(cell) {
  return Boolean(cell.isBold) || cell.look === "strong";
}

/**
 * Places of columns.
 * @param {{text: string, span?: number, isFirm?: boolean, isBold?: boolean, look?: string}[][]} rows with their heads; a cell spans one column or more
 * @param {number} width of all
 * @param {{named: number, step: number}} groups columns that name the rows, and how many of the others belong together
 * @returns {{places: {x: number, width: number}[], size: number, left: number}} `left`: how many columns have no place
 */
export function spread(rows, width, groups) {
  const found = SIZES.map((size) => ({ size, ...widthsAt(rows, size) }));
  const { size, least, wanted } = found.find((one) => sumOf(one.least) <= width) ?? found.at(-1);
  const count = sumOf(least) <= width ? least.length : fitting(least, width, groups);
  const widths = shared(least.slice(0, count), wanted.slice(0, count), width);
  let x = 0;
  return { places: widths.map((one) => ({ x: (x += one) - one, width: one })), size, left: least.length - count };
}

// For each column the width that shows all of its texts, and the least that cuts nothing firm.
function widthsAt(rows, size) {
  const [least, wanted] = [[], []];
  const wide = [];
  for (const cells of rows) {
    let place = 0;
    for (const cell of cells) {
      const whole = widthOf(cell.text ?? "", size, isBold(cell)) + 2 * GAP;
      const ends = { from: place, to: (place += cell.span ?? 1), whole, cut: cell.isFirm ? whole : Math.min(whole, TEXT_LEAST) };
      if (ends.to - ends.from > 1) wide.push(ends);
      else widen(least, wanted, ends);
    }
  }
  for (const ends of wide) widen(least, wanted, ends); // when the columns below are known
  return { least, wanted };
}

function widen(least, wanted, { from, to, whole, cut }) {
  for (const [widths, needed] of [[least, cut], [wanted, whole]]) {
    for (let place = from; place < to; place += 1) widths[place] ??= 0;
    widths[to - 1] += Math.max(0, needed - sumOf(widths.slice(from, to)));
  }
}

// How many columns fit, in whole groups; at least one.
function fitting(least, width, { named, step }) {
  for (let count = least.length - step; count > 0; count -= count > named ? step : 1) if (sumOf(least.slice(0, count)) <= width) return count;
  return 1;
}

// What is left over in equal parts, or what is missing from what can give way.
function shared(least, wanted, width) {
  const [low, high] = [sumOf(least), sumOf(wanted)];
  if (high <= width) return wanted.map((one) => one + (width - high) / wanted.length);
  if (low >= width) return least.map((one) => (one * width) / low);
  return least.map((one, place) => one + ((wanted[place] - one) * (width - low)) / (high - low));
}

function sumOf(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0);
}
