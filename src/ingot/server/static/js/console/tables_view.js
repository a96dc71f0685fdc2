/** Tables: the list of them, and one of them. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { button, emptyNode, headNode, tableNode, timeNode, waitingNode } from "./parts.js";
import { TableView } from "./table_view.js";
import { counted, countText, kindText, sizeText, tableUrl } from "./words.js";

/** @param {HTMLElement} root @param {object} place @param {object} context */
export function open(root, place, context) {
  const view = place.parts.length > 1 ? new TableView(root, place, context) : new TablesView(root, context);
  return { close: () => view.close(), follow: (next) => view.follow?.(next) ?? false };
}

const COLUMNS = [
  { label: "Table", key: (table) => `${table.schema}.${table.name}` },
  { label: "Kind", key: (table) => table.kind ?? "" },
  { label: "Rows", isNumber: true, key: (table) => -(table.rows ?? -1) },
  { label: "Size", isNumber: true, key: (table) => -(table.size ?? -1) },
  { label: "Version", isNumber: true, key: (table) => -(table.version ?? -1) },
  { label: "Changed", key: (table) => -new Date(table.updated ?? 0) },
  { label: "Rules", key: (table) => table.health.order },
  { label: "Set aside", isNumber: true, key: (table) => -(table.quarantined ?? -1) },
];

class TablesView {
  constructor(root, context) {
    Object.assign(this, { context, now: context.now, schema: null, order: 0, lists: new Newest() });
    this.facts = element("span", {}, " ");
    this.search = element("input", {
      class: "input graph-search",
      type: "search",
      placeholder: "Find a table",
      "aria-label": "Find a table",
      autocomplete: "off",
      onInput: () => this.draw(),
    });
    this.schemas = element("div", { class: "segmented", role: "group", "aria-label": "Schema" });
    this.body = element("div", {}, waitingNode(12));
    root.append(headNode("Tables", { below: [this.facts], actions: [this.schemas, this.search] }), this.body);
    this.stopListening = this.now.listen(({ versions }) => versions && this.reload());
    this.load();
  }

  reload() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 600);
  }

  async load() {
    const isNewest = this.lists.begin();
    try {
      const { tables } = await getJson("/tables");
      if (!isNewest()) return;
      this.tables = tables;
      this.draw();
    } catch (error) {
      if (isNewest()) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  draw() {
    if (!this.tables) return;
    if (!this.tables.length) {
      this.body.replaceChildren(
        emptyNode(
          "There are no tables yet",
          "The first update makes them.",
          button("Run the first update", () => this.context.actions.refresh(), {
            kind: "button-primary",
            shape: "play",
          }),
        ),
      );
      return;
    }
    const wanted = this.search.value.trim().toLowerCase();
    const tables = this.tables.map((table) => ({
      ...table,
      id: `${table.schema}.${table.name}`,
      health: healthOf(table, this.now.runOf({ id: `${table.schema}.${table.name}` })),
    }));
    const shown = tables.filter(
      (table) =>
        (!this.schema || table.schema === this.schema) &&
        `${table.id} ${table.comment ?? ""}`.toLowerCase().includes(wanted),
    );
    const key = COLUMNS[this.order].key;
    shown.sort((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : one.id < other.id ? -1 : 1));
    this.drawSchemas();
    this.facts.textContent = [
      shown.length === tables.length
        ? counted(tables.length, "table")
        : `${countText(shown.length)} of ${counted(tables.length, "table")}`,
      sizeText(shown.reduce((sum, table) => sum + (table.size ?? 0), 0)),
    ].join(" · ");
    const heads = COLUMNS.map((column, place) => ({
      ...column,
      label: element(
        "button",
        { type: "button", "aria-label": `${column.label}, sort`, onClick: () => this.sort(place) },
        element("span", {}, column.label),
        this.order === place && element("span", { "aria-hidden": "true" }, column.isNumber ? "↓" : "↑"),
      ),
    }));
    const focused = document.activeElement?.closest?.("thead th")?.cellIndex;
    this.body.replaceChildren(
      shown.length
        ? tableNode("Tables", heads, shown.map(rowNode), "tables-list")
        : emptyNode("No table is called like that", "Try a part of its name, or another schema."),
    );
    if (focused !== undefined) this.body.querySelectorAll("thead th button")[focused]?.focus();
  }

  drawSchemas() {
    const schemas = [...new Set(this.tables.map((table) => table.schema))];
    this.schemas.hidden = schemas.length < 2 || schemas.length > 8;
    if (this.schemas.childElementCount) {
      [...this.schemas.children].forEach((node, place) =>
        node.setAttribute("aria-pressed", String(([null, ...schemas][place] ?? null) === this.schema)),
      );
      return;
    }
    const choice = (schema, label) =>
      element(
        "button",
        { type: "button", "aria-pressed": String(this.schema === schema), onClick: () => this.choose(schema) },
        label,
      );
    this.schemas.replaceChildren(choice(null, "All"), ...schemas.map((schema) => choice(schema, schema)));
  }

  choose(schema) {
    this.schema = schema;
    this.draw();
  }

  sort(place) {
    this.order = place;
    this.draw();
  }

  close() {
    this.lists.end();
    clearTimeout(this.timer);
    this.stopListening();
  }
}

function rowNode(table) {
  const link = element(
    "a",
    { href: tableUrl(table.id), title: table.id },
    element("span", { class: "muted" }, `${table.schema}.`),
    table.name,
  );
  if (table.error)
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, link),
      element("td", { colspan: "7", class: "bad", title: table.error.hint }, table.error.message),
    );
  return element(
    "tr",
    {},
    element(
      "th",
      { scope: "row", class: "tables-name" },
      link,
      table.comment && element("span", { class: "tables-comment muted", title: table.comment }, table.comment),
    ),
    element("td", {}, kindText(table.kind)),
    element("td", { class: "is-number" }, countText(table.rows)),
    element("td", { class: "is-number" }, sizeText(table.size)),
    element("td", { class: "is-number" }, countText(table.version)),
    element("td", {}, timeNode(table.updated)),
    element(
      "td",
      {},
      table.health.label
        ? element("span", { class: `badge ${table.health.look}` }, table.health.label)
        : element("span", { class: "muted" }, "–"),
    ),
    element(
      "td",
      { class: "is-number" },
      table.quarantined
        ? element("a", { href: tableUrl(table.id, "quarantine") }, countText(table.quarantined))
        : element("span", { class: "muted" }, "–"),
    ),
  );
}

/** How the rules of a table fared when they were last asked: an update without new rows asks none. */
function healthOf(table, run) {
  const rules = run?.expectations?.length ? run.expectations : (table.expectations ?? []);
  if (run?.status === "FAILED") return { label: "Failed", look: "badge-bad", order: 0 };
  if (!rules.length) return { label: "", look: "", order: 3 };
  const broken = rules.filter((rule) => rule.failed_records > 0).length;
  return broken
    ? { label: `${broken} of ${rules.length} broken`, look: "badge-warn", order: 1 }
    : { label: `${rules.length} kept`, look: "badge-good", order: 2 };
}
