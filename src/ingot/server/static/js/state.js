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
    if (SHAPES[key](value)) view[key] = value;
  }
  return view;
}

/** @param {string} part of an address @returns {string} the name of a page; empty for what cannot be read */
export function readPage(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Addresses are typed, cut off and sent by strangers: a part that is not wholly as it is written here is left out.
const SHAPES = {
  f: partOf((choice) => choice === null || isListOf(choice, isScalar)),
  s: partOf((points) => isListOf(points, (point) => isPlain(point) && Object.values(point).every(isScalar))),
  d: partOf((place) => isPlain(place) && isListOf(place.path, isStep) && isLevel(place.level)),
  o: partOf((sort) => typeof sort === "string"),
  t: (value) => isListOf(value, isThrough),
  r: (value) => typeof value === "string",
};

function partOf(isEntry) {
  return (value) => isPlain(value) && Object.values(value).every(isEntry);
}

function isListOf(value, isItem) {
  return Array.isArray(value) && value.every(isItem);
}

function isPlain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value) {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isStep(step) {
  return isPlain(step) && typeof step.field === "string" && isScalar(step.value);
}

function isLevel(value) {
  return Number.isInteger(value) && value >= 0;
}

function isThrough(filter) {
  if (!isPlain(filter) || !isListOf(filter.values, isScalar)) return false;
  return [filter.field, filter.op ?? "in", filter.label ?? ""].every((text) => typeof text === "string");
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
