/** Building SVG as text. Text is always escaped; nothing here measures, so widths of text are estimates. */
import { FONT } from "../charts/look.js";

const WIDE = 0.56; // of a letter, in its size, about

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

/** How wide a text is, about. */
export function widthOf(text, size) {
  return [...String(text)].length * size * WIDE;
}

/** The text, cut to a width. */
export function cutTo(text, size, width) {
  const letters = [...String(text)];
  const count = Math.floor(width / (size * WIDE));
  return letters.length <= count ? String(text) : `${letters.slice(0, Math.max(0, count - 1)).join("").trimEnd()}…`;
}

/** One line of text whose base line is at y. */
export function line(text, x, y, { size = 13, weight = 400, fill, anchor = "start", spacing = null }) {
  return node("text", { x, y, "font-family": FONT, "font-size": size, "font-weight": weight, fill, "text-anchor": anchor, "letter-spacing": spacing }, escaped(text));
}
