/** A card as SVG, as the page shows it. */
import { captionOf, cardParts, courseLines, coursePath } from "../charts/card.js";
import { cutTo, line, node, widthOf } from "./marks.js";

const ARROWS = { up: "▲", down: "▼", flat: "■" };
const COURSE_MAX = 64;

/** @param {object} visual @param {object} data @param {object} look with the size of the place @returns {string} markup from 0, 0 */
export function cardPicture(visual, data, look) {
  const parts = cardParts(visual, data, look);
  const { colors, width, height } = look;
  const size = parts.values.length > 1 ? 20 : 33;
  let [x, y] = [0, size];
  const drawn = [];
  for (const value of parts.values) {
    drawn.push(line(value.isNull ? "–" : cutTo(value.text, size, width - x), x, y, { size, weight: 600, fill: value.isNull ? colors["text-3"] : colors.text, spacing: "-0.02em" }));
    const caption = captionOf(visual, parts, value);
    if (caption) drawn.push(line(cutTo(caption, 13, width - x), x, y + 20, { size: 13, fill: colors["text-3"] }));
    x += Math.max(widthOf(value.text, size), widthOf(caption, 13)) + 24;
    if (caption && value === parts.values.at(-1)) y += 20;
  }
  if (parts.change) {
    y += 22;
    drawn.push(changeLine(parts.change, y, look));
  }
  return drawn.join("") + courseOf(parts.course, y + 12, width, height, colors);
}

function changeLine({ text, label, direction, isGood }, y, { colors }) {
  const tone = isGood === null ? colors["text-2"] : isGood ? colors.positive : colors.negative;
  const start = 14 + widthOf(text, 13) + 8;
  return line(ARROWS[direction], 0, y - 1, { size: 9, fill: tone }) + line(text, 14, y, { size: 13, weight: 600, fill: tone }) + line(label, start, y, { size: 13, fill: colors["text-3"] });
}

function courseOf(course, top, width, height, colors) {
  const room = Math.min(COURSE_MAX, height - top);
  const lines = room >= 16 ? courseLines(course, width - 5, room) : [];
  if (!lines.length) return "";
  const [x, y] = lines.at(-1).at(-1);
  const color = colors.palette[0];
  const area = node("path", { d: coursePath(lines, room), fill: color, opacity: 0.1 });
  const stroke = node("path", { d: coursePath(lines), fill: "none", stroke: color, "stroke-width": 2, "stroke-linejoin": "round" });
  return node("g", { transform: `translate(0 ${top})` }, area + stroke + node("circle", { cx: x, cy: y, r: 3, fill: color }));
}
