/** Building SVG as text. Text is always escaped; nothing here measures, so widths of text are estimates. */
import { FONT } from "../charts/look.js";

const BOLD = 1.06; // as wide as the same letters of usual weight, about

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// What XML cannot hold is left out.
export function escaped(text) {
  return String(text)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "")
    .replace(/[&<>"]/g, (letter) => ESCAPES[letter]);
}

/** @param {string} tag @param {Record<string, string|number|null>} attributes @param {string} [inner] markup */
export function node(tag, attributes, inner = "") {
  const written = Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined);
  return `<${tag}${written.map(([name, value]) => ` ${name}="${escaped(value)}"`).join("")}>${inner}</${tag}>`;
}

// Of letters in their size, about, the first that fits; most take the last.
const WIDTHS = [
  [/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u, 1],
  [/[MWmw%@…—]/, 0.88],
  [/[\s.,:;'’|!ijlI()[\]·]/, 0.32],
  [/[ftr/-]/, 0.4],
  [/[\p{Lu}\p{Nd}\p{Sc}+=<>#&_–−]/u, 0.65],
  [/[^]/, 0.57],
];

/** How wide a text is, about: rather more than less. */
export function widthOf(text, size, isBold = false) {
  const widths = Array.from(String(text), (letter) => WIDTHS.find(([known]) => known.test(letter))[1]);
  return widths.reduce((sum, width) => sum + width, 0) * size * (isBold ? BOLD : 1);
}

/** The text, cut to a width. */
export function cutTo(text, size, width, isBold = false) {
  if (widthOf(text, size, isBold) <= width) return String(text);
  const letters = [...String(text)];
  while (letters.length && widthOf(`${letters.join("")}…`, size, isBold) > width) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

/** One line of text whose base line is at y. */
export function line(text, x, y, { size = 13, weight = 400, fill, anchor = "start", spacing = null }) {
  return node("text", { x, y, "font-family": FONT, "font-size": size, "font-weight": weight, fill, "text-anchor": anchor, "letter-spacing": spacing }, escaped(text));
}
