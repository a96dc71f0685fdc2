/** A number with its change and its course, as parts for a page and for a picture. */
import { formatterOf } from "../format.js";
import { columnsOf, measuresOf, numberOf } from "./shape.js";

const DIGIT_PIXELS = 19; // of a card's number, about

/**
 * @typedef {{text: string, full: string, label: string, isNull: boolean}} CardValue
 * @param {object} visual @param {object} data @param {import("./look.js").Look} look
 * @returns {{values: CardValue[], period: string, change: {text: string, label: string, direction: "up"|"down"|"flat", isGood: boolean|null}|null, course: {x: unknown, y: number|null}[]}}
 */
export function cardParts(visual, data, look) {
  const columns = columnsOf(visual, data, "value").length ? columnsOf(visual, data, "value") : measuresOf(data);
  const row = data.rows[0] ?? [];
  const values = columns.map((column) => valueOf(column, row[column.index], look));
  const trend = data.trend ?? null;
  const course = (trend?.rows ?? []).map(([x, y]) => ({ x, y: numberOf(y) }));
  return {
    values,
    period: periodOf(data.change, look),
    change: changeOf(visual, data, look),
    course,
  };
}

function valueOf(column, value, look) {
  const number = numberOf(value);
  const full = formatterOf(column, look.setting)(value);
  const isLong = number !== null && Math.abs(number) >= 10000 && full.length * DIGIT_PIXELS > look.width;
  const text = isLong ? formatterOf(column, look.setting, { isShort: true })(value) : full;
  return { text, full, label: column.label ?? column.name, isNull: value === null || value === undefined };
}

// The days of a value that is compared with an earlier period's; "" for one of all rows.
function periodOf(change, look) {
  if (!change?.from) return "";
  const day = formatterOf({ type: "date" }, look.setting);
  return change.from === change.to ? day(change.to) : `${day(change.from)} – ${day(change.to)}`;
}

/** What stands below a value: its name where the title does not say it, and the period that it is of. */
export function captionOf(visual, parts, value) {
  const isSaid = parts.values.length === 1 && visual.title.toLowerCase().includes(value.label.toLowerCase());
  return [isSaid ? "" : value.label, parts.period].filter(Boolean).join(", ");
}

function changeOf(visual, data, look) {
  const before = numberOf(data.change?.previous);
  const current = numberOf(data.change?.current);
  if (before === null || current === null) return null;
  const measure = measuresOf(data)[0];
  const share = before === 0 ? null : (current - before) / Math.abs(before);
  const direction = current > before ? "up" : current < before ? "down" : "flat";
  const percent = formatterOf({ type: "number", format: { style: "percent", digits: 1 } }, look.setting);
  const text = share === null ? formatterOf(measure, look.setting)(current - before) : percent(Math.abs(share));
  const short = formatterOf(measure, look.setting, { isShort: Math.abs(before) >= 10000 });
  const wanted = visual.options?.good ?? "up";
  const isGood = direction === "flat" || wanted === "none" ? null : direction === wanted;
  return { text, label: `vs ${short(before)} ${earlier(data.change)}`.trim(), direction, isGood };
}

function earlier({ count, unit }) {
  if (!unit) return "";
  return count === 1 ? `a ${unit} earlier` : `${count} ${unit}s earlier`;
}

/**
 * A course in a box: one line of points for each stretch without a gap; a gap is a point without a value.
 * @param {{y: number|null}[]} course @param {number} width @param {number} height
 * @returns {[number, number][][]}
 */
export function courseLines(course, width, height) {
  const numbers = course.map((point) => point.y).filter((y) => y !== null);
  if (numbers.length < 2) return [];
  const low = Math.min(...numbers);
  const span = Math.max(...numbers) - low || 1;
  const lines = [];
  course.forEach(({ y }, index) => {
    if (y === null) return;
    if (index === 0 || course[index - 1].y === null) lines.push([]);
    lines.at(-1).push([(index / (course.length - 1)) * width, height - 2 - ((y - low) / span) * (height - 4)]);
  });
  return lines;
}

/** The text of a path of SVG through the points of lines; with a floor, down to it and closed. */
export function coursePath(lines, floor = null) {
  const text = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const closed = (line) =>
    floor === null ? "" : `L${line.at(-1)[0].toFixed(1)} ${floor}L${line[0][0].toFixed(1)} ${floor}Z`;
  return lines.map((line) => `M${line.map(text).join("L")}${closed(line)}`).join("");
}
