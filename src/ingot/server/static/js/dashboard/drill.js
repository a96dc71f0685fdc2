/** The way through a hierarchy: down into a value, up again, to the next level of all. Pure. */

/** @returns {{path: {field: string, value: unknown}[], level: number}} */
export function placeOf(view, visual) {
  return view.d[visual.id] ?? { path: [], level: 0 };
}

/** The names of a hierarchy's levels. */
export function levelNames(visual) {
  return (visual.hierarchy ?? []).map((level) => (typeof level === "string" ? level : (level.label ?? level.name)));
}

function levelField(visual, level) {
  const found = visual.hierarchy[level];
  return typeof found === "string" ? found : found.name;
}

/** Whether a mark is one of the level that a visual is at: while it goes to another, the old marks are still there. */
export function isOfLevel(view, visual, point) {
  const levels = visual.hierarchy ?? [];
  const { level } = placeOf(view, visual);
  const isOf = (place) => levelField(visual, place) in point;
  return levels.length < 2 || !levels.some((_, place) => isOf(place)) || Boolean(levels[level] && isOf(level));
}

/** Down into a value; null where there is no deeper level or the point has no value of this one. */
export function drilledDown(view, visual, point) {
  const place = placeOf(view, visual);
  if (!visual.hierarchy || place.level + 1 >= visual.hierarchy.length) return null;
  const field = levelField(visual, place.level);
  if (!(field in point)) return null;
  return { path: [...place.path, { field, value: point[field] }], level: place.level + 1 };
}

/** The next level, of all values. */
export function atNextLevel(view, visual) {
  const place = placeOf(view, visual);
  return place.level + 1 < (visual.hierarchy?.length ?? 0) ? { path: place.path, level: place.level + 1 } : null;
}

/** One level up: out of the last value if it was drilled into, else only the level; null for the top. */
export function drilledUp(view, visual) {
  const place = placeOf(view, visual);
  if (place.level <= 1) return null;
  return { path: place.path.slice(0, place.level - 1), level: place.level - 1 };
}

/** Back to a step of the way. */
export function drilledTo(view, visual, depth) {
  if (depth === 0) return null;
  return { path: placeOf(view, visual).path.slice(0, depth), level: depth };
}
