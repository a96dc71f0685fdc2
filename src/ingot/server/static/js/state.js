/**
 * The state of a view, and its place in the address, so that a view can be sent and the back button works.
 * Pure: values in, values out; who owns the address writes it.
 *
 *   f  {slicer id: [op, …values] | null}          choices of slicers; null is a default that was taken away
 *   s  {visual id: [{field: value}, …]}           what is selected in visuals
 *   d  {visual id: {path: [{field, value}], level}}  where visuals are in their hierarchies
 *   o  {visual id: "-gold"}                       orders that the reader chose
 *   t  [{field, op, values, label}]               what a page was opened with by drilling through
 *   r  page name                                  where drilling through began
 */

const EMPTY = { f: {}, s: {}, d: {}, o: {}, t: [], r: null };

/** @returns {{f: object, s: object, d: object, o: object, t: object[], r: string|null}} */
export function emptyView() {
  return structuredClone(EMPTY);
}

/** @param {string} search a location's query; what cannot be read is left out */
export function readView(search) {
  const params = new URLSearchParams(search);
  const view = emptyView();
  for (const key of Object.keys(EMPTY)) {
    const text = params.get(key);
    if (text === null) continue;
    const value = key === "r" ? text : parsed(text);
    if (isShaped(key, value)) view[key] = value;
  }
  return view;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isShaped(key, value) {
  if (key === "r") return typeof value === "string";
  if (key === "t")
    return (
      Array.isArray(value) &&
      value.every((filter) => filter && typeof filter.field === "string" && Array.isArray(filter.values))
    );
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const check = {
    f: (item) => item === null || Array.isArray(item),
    s: (item) => Array.isArray(item),
    d: (item) => Array.isArray(item?.path),
    o: (item) => typeof item === "string",
  }[key];
  return Object.values(value).every(check);
}

/** The query of a view, with a question mark; empty for an empty view. */
export function writeView(view) {
  const parts = Object.keys(EMPTY)
    .filter((key) => (key === "r" ? view.r : Object.keys(view[key]).length > 0))
    .map((key) => `${key}=${encodeURIComponent(key === "r" ? view.r : JSON.stringify(view[key]))}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

/** A copy of a view's part with one entry set, or gone if the value is undefined. */
export function withEntry(part, key, value) {
  const copy = { ...part };
  if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}
