/** Pictures of the console: kinds of nodes, states, areas. */
import { svgElement } from "../dom.js";

const PATHS = {
  graph: "M2.5 2.5h4v3h-4zM9.5 6.5h4v3h-4zM2.5 10.5h4v3h-4zM6.5 4h1.5v4h1.5M6.5 12h1.5V8",
  updates: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.8h-2.8",
  tables: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 3.5v9",
  sql: "M5 4.5L1.8 8 5 11.5M11 4.5L14.2 8 11 11.5M9.3 3L6.7 13",
  sources:
    "M8 2.5c3 0 5 .8 5 1.9S11 6.3 8 6.3 3 5.5 3 4.4s2-1.9 5-1.9M3 4.4v7.2c0 1.1 2 1.9 5 1.9s5-.8 5-1.9V4.4M3 8c0 1.1 2 1.9 5 1.9s5-.8 5-1.9",
  play: "M5 3.5v9l7.5-4.5z",
  stop: "M4.5 4.5h7v7h-7z",
  done: "M3.5 8.5l3 3L12.5 5",
  failed: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  skipped: "M4 8h8",
  unchanged: "M4 6.3h8M4 9.7h8",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  queued: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  save: "M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5.5 13V9.5h5V13",
  history: "M3 8a5 5 0 1 0 1.6-3.7M3 2.5v2.8h2.8M8 5.5V8l2 1.4",
  user: "M8 2.5a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 1 1 0-5.6M2.8 13.5c.4-2.6 2.5-3.8 5.2-3.8s4.8 1.2 5.2 3.8",
  dashboard: "M2.5 2.5h5v6h-5zM9.5 2.5h4v3h-4zM9.5 7.5h4v6h-4zM2.5 10.5h5v3h-5z",
};

/** @param {keyof typeof PATHS} name @param {string} [more] further classes */
export function picture(name, more = "") {
  return svgElement(
    "svg",
    { class: `icon ${more}`.trim(), viewBox: "0 0 16 16", "aria-hidden": "true" },
    svgElement("path", { d: PATHS[name] }),
  );
}

/** The outline of a picture, for those who draw it within a drawing of their own. */
export function pathOf(name) {
  return PATHS[name];
}
