/**
 * Highlighting: what is selected elsewhere is drawn bright, within the whole that stands behind it. Pure.
 * Where that would not be true, the visual is filtered: where a part is no part of its whole, such as an average, and where
 * a missing row does not mean nothing, such as beyond the top N.
 */

const OVERLAID = new Set(["bar", "column", "line", "donut", "treemap", "funnel"]);
const FADED = "3d";

/** Whether a visual can show a part within the whole, as far as that can be told without its rows. */
export function canOverlay({ kind, channels, options, top, has_own_query: hasOwnQuery }) {
  if (top || hasOwnQuery) return false;
  if (kind === "area") return !channels?.series?.length && channels?.value?.length === 1;
  return OVERLAID.has(kind) && !(kind === "line" && options?.stack);
}

/** The answer without the highlighted selection, where the parts can be drawn within it; else null. */
export function wholeOf(visual, data, look) {
  const isPart = look.base && canOverlay(visual) && !data.is_truncated && !look.base.is_truncated;
  return isPart ? look.base : null;
}

/** Whether a number is a part of another one. */
export function isPartOf(part, whole) {
  const [little, all] = [part ?? 0, whole ?? 0];
  return all < 0 ? little <= 0 && little >= all : little >= 0 && little <= all;
}

/**
 * A fill that is bright as far as the part goes.
 * @param {string} color @param {number|null} part @param {number|null} whole
 * @param {"right"|"up"} direction in which positive values grow
 */
export function partFill(color, part, whole, direction) {
  const share = whole ? (part ?? 0) / whole : 0;
  if (share >= 1) return color;
  if (share <= 0) return faded(color);
  const isBack = whole < 0;
  const [from, to] = isBack ? [1, 0] : [0, 1];
  const line = direction === "right" ? { x: from, y: 0, x2: to, y2: 0 } : { x: 0, y: to, x2: 0, y2: from };
  const stops = [
    [0, color],
    [share, color],
    [share, faded(color)],
    [1, faded(color)],
  ];
  return { type: "linear", ...line, colorStops: stops.map(([offset, stop]) => ({ offset, color: stop })) };
}

/** A colour that stands back. */
export function faded(color) {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color);
  if (short)
    return faded(
      `#${short
        .slice(1)
        .map((digit) => digit + digit)
        .join("")}`,
    );
  return /^#[0-9a-f]{6}$/i.test(color) ? color + FADED : color;
}
