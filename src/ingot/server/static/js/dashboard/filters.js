/**
 * From a view's state to the filters that each visual is asked with. Pure.
 *
 * A visual is never filtered by what is selected in itself; so visuals are grouped by the filters that reach them, and
 * each group is one request. Most clicks need one: the visual that was clicked keeps its answer.
 */
import { canOverlay } from "../charts/overlay.js";

/** The choice of a slicer: its own, else its default; null for none. */
export function choiceOf(slicer, view) {
  if (slicer.id in view.f) return view.f[slicer.id];
  const values = slicer.default;
  if (!values || (Array.isArray(values) && values.length === 0)) return null;
  const list = Array.isArray(values) ? values : [values];
  return [{ range: "between", relative_date: "last" }[slicer.kind] ?? "in", ...list];
}

/** Filters of the slicers of a page; without the one named, for the list of its own values. */
export function slicerFilters(page, view, exceptId = null) {
  return page.slicers
    .filter((slicer) => slicer.id !== exceptId)
    .map((slicer) => filterOf(slicer.field, choiceOf(slicer, view)))
    .filter(Boolean);
}

/** @param {string} field @param {any[]|null} choice [op, …values] */
function filterOf(field, choice) {
  if (!choice) return null;
  const [op, ...values] = choice;
  if (op === "between" && isOpen(values[0]) !== isOpen(values[1]))
    return isOpen(values[0]) ? { field, op: "le", values: [values[1]] } : { field, op: "ge", values: [values[0]] };
  if (op === "between" && isOpen(values[0])) return null;
  return values.length ? { field, op, values } : null;
}

function isOpen(value) {
  return value === null || value === undefined || value === "";
}

/** Filters that the points selected in a visual mean: for each field the values, for points are always a full product. */
function pointFilters(points) {
  const values = new Map();
  for (const point of points) {
    for (const [field, value] of Object.entries(point)) {
      if (!values.has(field)) values.set(field, []);
      if (!values.get(field).includes(value)) values.get(field).push(value);
    }
  }
  return [...values].map(([field, list]) => ({ field, op: "in", values: list }));
}

/** Filters that the way down a hierarchy means. */
export function pathFilters(drill) {
  return (drill?.path ?? []).map(({ field, value }) => ({ field, op: "in", values: [value] }));
}

/** @param {object[]} filters drilled through from another page, as the address keeps them */
export function throughFilters(view) {
  return view.t.map(({ field, op, values }) => ({ field, op: op ?? "in", values }));
}

/** Filters that slicers and other pages set: those that every visual of the page gets. */
function pageFilters(page, view) {
  return [...slicerFilters(page, view), ...throughFilters(view)];
}

/**
 * Filters that reach a visual, and those without what is only highlighted in it.
 * @returns {{filters: object[], base: object[]|null}}
 */
export function filtersFor(page, view, visual) {
  const shared = pageFilters(page, view);
  const filtering = [];
  const highlighting = [];
  for (const other of page.visuals) {
    if (other.id === visual.id || other.interaction === "none") continue;
    filtering.push(...pathFilters(view.d[other.id]));
    const selected = pointFilters(view.s[other.id] ?? []);
    (other.interaction === "highlight" && canOverlay(visual) ? highlighting : filtering).push(...selected);
  }
  const base = unique([...shared, ...filtering]);
  return highlighting.length ? { filters: unique([...base, ...highlighting]), base } : { filters: base, base: null };
}

function unique(filters) {
  const seen = new Set();
  return filters.filter((filter) => {
    const key = JSON.stringify(filter);
    return !seen.has(key) && seen.add(key);
  });
}

/** What a visual asks for itself: where it is in its hierarchy, and the order the reader chose. */
export function ownOf(view, visual) {
  const own = {};
  const drill = view.d[visual.id];
  if (drill) Object.assign(own, { drill: drill.path, level: drill.level ?? drill.path.length });
  if (view.o[visual.id]) own.sort = view.o[visual.id];
  return own;
}

/**
 * A selection after a click on a point.
 * @param {object} selection of the whole page
 * @param {string} id of the visual
 * @param {object} point
 * @param {boolean} isAdding with Ctrl or Shift
 */
export function selectionAfter(selection, id, point, isAdding) {
  const current = selection[id] ?? [];
  const isSelected = current.some((candidate) => samePoint(candidate, point));
  // a group is not added to a row: a field that one of them lacks would be a filter on both
  const isOther = current.length > 0 && !haveSameFields(current[0], point);
  if (!isAdding || isOther) return isSelected && current.length === 1 ? without(selection, id) : { [id]: [point] };
  const points = isSelected ? current.filter((candidate) => !samePoint(candidate, point)) : [...current, point];
  return points.length ? { ...selection, [id]: asProduct(points) } : without(selection, id);
}

export function without(part, id) {
  const { [id]: _gone, ...rest } = part;
  return rest;
}

// Filters are joined by AND, field by field. Points that are no full product of their values would say more than was
// clicked; then whole categories are selected, and are seen to be.
function asProduct(points) {
  const fields = Object.keys(points[0]);
  if (fields.length < 2) return points;
  const counts = fields.map((field) => new Set(points.map((point) => JSON.stringify(point[field]))).size);
  if (counts.reduce((product, count) => product * count, 1) === points.length) return points;
  const seen = new Map(points.map((point) => [JSON.stringify(point[fields[0]]), { [fields[0]]: point[fields[0]] }]));
  return [...seen.values()];
}

/** Whether a point is one of the selected, or within one of them. */
export function isWithin(point, points) {
  return points.some((selected) => Object.entries(selected).every(([field, value]) => point[field] === value));
}

function samePoint(one, other) {
  return haveSameFields(one, other) && Object.keys(one).every((field) => one[field] === other[field]);
}

function haveSameFields(one, other) {
  const fields = Object.keys(one);
  return fields.length === Object.keys(other).length && fields.every((field) => field in other);
}
