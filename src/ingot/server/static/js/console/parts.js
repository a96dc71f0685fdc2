/** What several views of the console are made of: heads, marks of states, errors, empty places, tabs, waiting. */
import { element, icon } from "../dom.js";
import { ageText } from "../format.js";
import { picture } from "./icons.js";
import { momentText, stateOf } from "./words.js";

const STATE_PICTURES = {
  done: "done",
  failed: "failed",
  skipped: "skipped",
  unchanged: "unchanged",
  running: "running",
  queued: "queued",
  stopped: "stop",
  excluded: "minus",
};

/** A state: picture, colour and word. @param {string|null} status @param {string|null} [technique] */
export function stateNode(status, technique) {
  const state = stateOf(status, technique);
  const shape = STATE_PICTURES[state.name];
  return element("span", { class: `state state-${state.name}` }, shape && picture(shape), state.label);
}

/** @param {string} title @param {{above?: Node, below?: (Node|string)[], actions?: (Node|false)[]}} [more] */
export function headNode(title, { above, below = [], actions = [] } = {}) {
  return element(
    "header",
    { class: "view-head" },
    element(
      "div",
      { class: "view-titles" },
      above,
      element("h1", { title }, title),
      below.length > 0 && element("p", { class: "view-facts muted" }, ...below),
    ),
    element("div", { class: "view-actions" }, ...actions),
  );
}

/** The way back to a list. */
export function backNode(url, label) {
  return element("nav", { class: "view-back", "aria-label": "Back" }, element("a", { href: url }, icon("back"), label));
}

/** A place where nothing is, and what to do about it. */
export function emptyNode(title, text, ...actions) {
  return element(
    "div",
    { class: "card empty" },
    element("h2", {}, title),
    element("p", { class: "muted" }, ...[text].flat()),
    actions.length > 0 && element("p", { class: "empty-actions" }, ...actions),
  );
}

/** The shape of what is to come. */
export function waitingNode(rows = 8, text = null) {
  return element(
    "div",
    { class: "card waiting", "aria-busy": "true" },
    element("p", { class: text ? "muted small" : "visually-hidden" }, text ?? "Loading"),
    ...Array.from({ length: rows }, () => element("div", { class: "skeleton waiting-row" })),
  );
}

/** A time as its age; the time itself when pointed at. */
export function timeNode(iso, text) {
  if (!iso) return element("span", { class: "muted" }, "–");
  return element("time", { datetime: iso, title: momentText(iso) }, text ?? ageText(iso, Date.now()));
}

/** File and line of a definition. */
export function placeNode({ file, line } = {}) {
  return file
    ? element("code", { class: "place", title: `${file}:${line ?? ""}` }, line ? `${file}:${line}` : file)
    : null;
}

/** @param {{id: string, label: string, url: string}[]} entries @param {string} current @param {string} label */
export function tabsNode(entries, current, label) {
  const links = entries.map(({ id, label: text, url }) =>
    element("a", { href: url, "aria-current": id === current ? "page" : null }, text),
  );
  const nav = element("nav", { class: "tabs", "aria-label": label }, ...links);
  requestAnimationFrame(() =>
    nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }),
  );
  return nav;
}

/** Names with values. @param {[string, Node|string|null|false|undefined][]} pairs those without a value are left out */
export function factsNode(pairs, more = "") {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return element(
    "dl",
    { class: `facts ${more}` },
    ...shown.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

/**
 * A table of HTML.
 * @param {string} caption
 * @param {{label: string|Node, isNumber?: boolean}[]} columns
 * @param {Node[]} rows
 */
export function tableNode(caption, columns, rows, more = "") {
  const heads = columns.map((column) =>
    element(
      column.label ? "th" : "td",
      { scope: column.label ? "col" : null, class: column.isNumber ? "is-number" : null },
      column.label,
    ),
  );
  return element(
    "div",
    { class: `card listing-table ${more}`, tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      { class: "table" },
      element("caption", { class: "visually-hidden" }, caption),
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows),
    ),
  );
}

/** A button. @param {string} label @param {() => void} onClick */
export function button(label, onClick, { kind = "", shape, isDisabled = false, title } = {}) {
  return element(
    "button",
    { type: "button", class: `button ${kind}`.trim(), disabled: isDisabled, title, onClick },
    shape && picture(shape),
    label,
  );
}

/** Buttons for the pages of a list. @param {{offset: number, count: number, total: number|null, hasMore: boolean}} state */
export function pagerNode({ offset, count, total, hasMore }, size, onGo) {
  const last = offset + count;
  const text = count
    ? `${(offset + 1).toLocaleString("en")} to ${last.toLocaleString("en")}${total === null ? "" : ` of ${total.toLocaleString("en")}`}`
    : "Nothing here";
  const label = element("span", { class: "muted small number" }, text);
  if (offset === 0 && !hasMore) return element("div", { class: "pager" }, label);
  return element(
    "div",
    { class: "pager" },
    label,
    button("Previous", () => onGo(Math.max(0, offset - size)), { isDisabled: offset === 0 }),
    button("Next", () => onGo(offset + size), { isDisabled: !hasMore }),
  );
}
