/** Building a document's nodes. Text is always text: nothing here, or anywhere else, takes markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] `class`, `on…` handlers, `style` as an object, all else as attributes; null and false are left out
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setProperty(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
  else if (name === "value") node.value = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** @param {string} tag @param {Record<string, string|number>} attributes @param {...Node} children */
export function svgElement(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

const ICONS = {
  more: "M4 8h.01M8 8h.01M12 8h.01",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5l3.2 3.2L13 5",
  chevron: "M4 6l4 4 4-4",
  up: "M8 13V3M3.5 7.5L8 3l4.5 4.5",
  down: "M8 3v10M3.5 8.5L8 13l4.5-4.5",
  back: "M13 8H3M7.5 3.5L3 8l4.5 4.5",
  levels: "M8 2v5M4.5 4.5L8 8l3.5-3.5M4.5 9.5L8 13l3.5-3.5",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 3.5v9",
  chart: "M3 13V8M8 13V3M13 13V6",
  rows: "M3 4h10M3 8h10M3 12h6",
  download: "M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10",
  picture: "M2.5 3.5h11v9h-11zM4 11l3-3.5 2 2 1.5-1.5L13 11",
  filter: "M2.5 3.5h11L9.5 8.5v4l-3 1v-5z",
  sort: "M5 3v10M2.5 10.5L5 13l2.5-2.5M11 13V3M8.5 5.5L11 3l2.5 2.5",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5L7.5 13a2.8 2.8 0 0 1-4-4L5 7.5",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z",
  screen: "M2.5 3h11v8h-11zM6 13.5h4",
  warning: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.1",
  through: "M3 8h8M8 4.5L11.5 8 8 11.5M13.5 3v10",
  unlinked: "M3 3l10 10M2.5 3.5h8M13.5 3.5L10.5 7M6.5 9v4.5l3-1V12",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5L14 14",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  return svgElement(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
    svgElement("path", { d: ICONS[name] }),
  );
}

/** A button with a picture only; its label is read aloud and shown when pointed at. */
export function iconButton(name, label, onClick, more = {}) {
  return element(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onClick, ...more },
    icon(name),
  );
}

let count = 0;

/** An id that nothing else in the document has. */
export function freshId(prefix) {
  count += 1;
  return `${prefix}-${count}`;
}

/** Says something to those who listen rather than look. */
export function announce(text) {
  let region = document.getElementById("announcements");
  if (!region) {
    region = element("div", { id: "announcements", class: "visually-hidden", "aria-live": "polite", role: "status" });
    document.body.append(region);
  }
  region.textContent = text;
}

/** A short message in the corner. */
export function toast(text, isBad = false) {
  let region = document.querySelector(".toasts");
  if (!region) {
    region = element("div", { class: "toasts", role: "status" });
    document.body.append(region);
  }
  const note = element("div", { class: isBad ? "toast toast-bad" : "toast" }, element("span", {}, text));
  region.append(note);
  setTimeout(() => note.remove(), isBad ? 9000 : 4000);
}
