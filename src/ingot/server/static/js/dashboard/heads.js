/** Heads of columns that rows are sorted by with a click; what a head shows and tells of the order. */
import { element, icon } from "../dom.js";

/**
 * A head that sorts.
 * @param {{name: string, label?: string, type: string}} column
 * @param {string} text what the head shows
 * @param {string|undefined} sort what rows are sorted by now
 * @param {((sort: string|undefined) => void)|undefined} onSort none where the order cannot be changed
 * @param {object} [more] attributes
 */
export function sortableHead(column, text, sort, onSort, more = {}) {
  const attributes = { scope: "col", class: column.type === "number" ? "is-number" : null, title: text, ...more };
  if (!onSort) return element("th", attributes, element("span", { class: "head-text" }, text));
  const direction = { [column.name]: "ascending", [`-${column.name}`]: "descending" }[sort];
  const button = element(
    "button",
    { type: "button", onClick: () => onSort(nextSort(column, sort)) },
    element("span", { class: "head-text" }, text),
    direction && icon(direction === "ascending" ? "up" : "down"),
  );
  return element("th", { ...attributes, "aria-sort": direction ?? null }, button);
}

// Numbers are first sorted downwards, texts upwards; the third click takes the order away.
function nextSort(column, sort) {
  const [first, second] =
    column.type === "number" ? [`-${column.name}`, column.name] : [column.name, `-${column.name}`];
  return sort === first ? second : sort === second ? undefined : first;
}

/** After a click on a head the table is a new one: its head takes the focus. @param {HTMLElement} node around the table */
export function keepHeadFocus(node, replace) {
  const heads = () => [...node.querySelectorAll("thead button")];
  const place = heads().indexOf(document.activeElement);
  replace();
  if (place >= 0) heads()[place]?.focus({ preventScroll: true });
}
