/** Words of the console: states, kinds, sizes, durations, times. Pure: no DOM. */

const STATES = {
  RUNNING: ["running", "Running"],
  STARTING: ["running", "Starting"],
  QUEUED: ["queued", "Queued"],
  COMPLETED: ["done", "Completed"],
  UNCHANGED: ["unchanged", "Unchanged"],
  FAILED: ["failed", "Failed"],
  SKIPPED: ["skipped", "Skipped"],
  EXCLUDED: ["excluded", "Not selected"],
  CANCELED: ["stopped", "Stopped"],
  INTERRUPTED: ["stopped", "Interrupted"],
};

const KINDS = {
  source: "Source",
  files: "Files",
  streaming_table: "Streaming table",
  materialized_view: "Materialized view",
  temporary_view: "Temporary view",
  view: "View",
  table: "Table",
  dashboard: "Dashboard",
};

/**
 * A state as a name for styles and a word.
 * @param {string|null|undefined} status @param {string|null} [technique] a flow that found nothing to do is unchanged
 * @returns {{name: string, label: string}}
 */
export function stateOf(status, technique) {
  const key = status === "COMPLETED" && technique === "no_change" ? "UNCHANGED" : status;
  const [name, label] = STATES[key] ?? ["none", status ? sentence(status) : "Not run"];
  return { name, label };
}

/** @param {string|null} kind */
export function kindText(kind) {
  return KINDS[kind] ?? (kind ? sentence(kind) : "");
}

/** `FULL_RECOMPUTE` as a sentence begins: Full recompute. */
export function sentence(text) {
  const words = text.replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @param {number|null|undefined} value */
export function countText(value) {
  return value === null || value === undefined ? "–" : whole.format(value);
}

/** A count in little space: 11.3K. */
export function shortCount(value) {
  return value === null || value === undefined ? "" : compact.format(value);
}

/** `1 row`, `2 rows` */
export function counted(value, one, many = `${one}s`) {
  return `${countText(value)} ${value === 1 ? one : many}`;
}

/** @param {number|null|undefined} bytes */
export function sizeText(bytes) {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let place = 0;
  let value = bytes;
  while (Math.round(value) >= 1000 && place < units.length - 1) {
    value /= 1000;
    place += 1;
  }
  return `${place && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[place]}`;
}

/** @param {number|null|undefined} seconds */
export function durationText(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds); // before it is taken apart, or a part could be 60 s
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes} min ${rounded % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds from one time to another, or to now. */
export function secondsBetween(from, to) {
  return from ? (new Date(to ?? Date.now()).getTime() - new Date(from).getTime()) / 1000 : null;
}

const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** A time in words, in the reader's zone. */
export function momentText(iso) {
  return iso ? day.format(new Date(iso)) : "–";
}

/** A name of a lake without its catalog: `main.gold.medals` is `gold.medals`. */
export function shortName(name) {
  const parts = name.split(".");
  return parts.length > 2 ? parts.slice(1).join(".") : name;
}

/** Where a table is shown. */
export function tableUrl(id, tab) {
  const [schema, ...rest] = id.split(".");
  const path = `/console/tables/${encodeURIComponent(schema)}/${encodeURIComponent(rest.join("."))}`;
  return tab ? `${path}?tab=${tab}` : path;
}

/** What an update was asked to do. */
export function whatText({ selection = {}, flows }) {
  const names = (list) => (list.length > 3 ? `${list.length} tables` : list.join(", "));
  if (selection.full_refresh) return "Full refresh of everything";
  const parts = [
    selection.full_refresh_selection?.length && `Full refresh of ${names(selection.full_refresh_selection)}`,
    selection.refresh_selection?.length && `Refresh of ${names(selection.refresh_selection)}`,
  ].filter(Boolean);
  const count = Array.isArray(flows) ? flows.length : Object.values(flows ?? {}).reduce((sum, one) => sum + one, 0);
  return parts.join("; ") || (count ? `All ${counted(count, "table")}` : "All tables");
}
