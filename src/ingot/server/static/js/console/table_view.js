/** One table: its head, the tabs, and which of them is open. Each tab is a function of `table_tabs` and its like. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { backNode, button, headNode, stateNode, tabsNode, timeNode, waitingNode } from "./parts.js";
import { openFiles, openHistory, openOverview } from "./table_facts.js";
import { openLineage } from "./table_lineage.js";
import { openQuarantine } from "./table_quarantine.js";
import { openRows } from "./table_rows.js";
import { openRules } from "./table_rules.js";
import { countText, counted, kindText, shortCount, sizeText, tableUrl } from "./words.js";

const TABS = {
  overview: ["Overview", openOverview],
  rows: ["Rows", openRows],
  history: ["History", openHistory],
  files: ["Files", openFiles],
  lineage: ["Lineage", openLineage],
  rules: ["Rules", openRules],
  quarantine: ["Quarantine", openQuarantine],
};

export class TableView {
  constructor(root, place, context) {
    const [schema, name] = place.parts;
    Object.assign(this, {
      root,
      context,
      now: context.now,
      tabsOpened: new Newest(),
      news: new Newest(),
      schema,
      name,
      id: `${schema}.${name}`,
      path: `/tables/${encodeURIComponent(schema)}/${encodeURIComponent(name)}`,
    });
    this.head = element("div");
    this.tabs = element("div");
    this.body = element("div", { class: "table-tab" }, waitingNode());
    root.append(this.head, this.tabs, this.body);
    document.title = `${this.id} · ${context.project} · Ingot`;
    this.stopListening = this.now.listen(({ versions }) => this.onNews(versions));
    this.showHead();
    this.follow(place);
  }

  follow(place) {
    const [schema, name] = place.parts;
    if (schema !== this.schema || name !== this.name) return false;
    this.params = place.params;
    this.tab = TABS[place.params.get("tab")] ? place.params.get("tab") : "overview";
    this.load();
    return true;
  }

  showTabs() {
    this.tabs.replaceChildren(
      tabsNode(
        Object.entries(TABS).map(([id, [label]]) => ({
          id,
          label:
            id === "quarantine" && this.table?.quarantined ? `${label} (${shortCount(this.table.quarantined)})` : label,
          url: tableUrl(this.id, id === "overview" ? undefined : id),
        })),
        this.tab,
        "Parts of the table",
      ),
    );
  }

  async load() {
    this.showTabs();
    const isNewest = this.tabsOpened.begin();
    try {
      this.table ??= await getJson(this.path);
      if (!isNewest()) return;
      this.showHead();
      this.showTabs();
      this.opened?.close?.();
      const root = element("div", { class: "table-part" });
      this.body.replaceChildren(root);
      this.opened = TABS[this.tab][1](root, this) ?? null;
    } catch (error) {
      if (isNewest()) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  // A new version: the facts are asked again; what a reader looks at stays, except where it shows the newest state.
  onNews(versions) {
    if (versions && this.id in versions && this.table && versions[this.id] !== this.table.version) this.askAgain();
    else if (this.table) this.showHead();
  }

  async askAgain() {
    const isNewest = this.news.begin();
    const table = await getJson(this.path).catch(() => null); // what is shown stays
    if (!table || !isNewest()) return;
    this.table = table;
    if (!this.params.has("version")) this.load();
  }

  showHead() {
    const { table, context, now } = this;
    const run = now.runOf({ id: this.id });
    const isMade = ["streaming_table", "materialized_view"].includes(table?.kind);
    const node = { id: this.id, kind: table?.kind, rows: table?.rows };
    const key = JSON.stringify([table?.version, run?.status, now.isRunning, table?.updated]);
    if (key === this.headKey) return;
    this.headKey = key;
    const sql = `SELECT *\nFROM ${quoted(this.schema)}.${quoted(this.name)}\nLIMIT 100`;
    const actions = [
      element("a", { class: "button", href: `/console/sql?sql=${encodeURIComponent(sql)}` }, "Query"),
      element("a", { class: "button", href: `/console/graph?node=${encodeURIComponent(this.id)}` }, "Graph"),
      isMade &&
        button("Refresh", () => context.actions.refresh([this.id]), { shape: "updates", isDisabled: now.isRunning }),
      isMade &&
        context.actions.canReset &&
        button("Full refresh…", () => context.actions.fullRefresh([node]), { isDisabled: now.isRunning }),
    ];
    const below = table
      ? [
          kindText(table.kind),
          counted(table.rows, "row"),
          sizeText(table.size),
          `version ${countText(table.version)}`,
          element("span", {}, "changed ", timeNode(table.updated)),
          run && run.status !== "COMPLETED" && stateNode(run.status, run.technique),
        ]
          .filter(Boolean)
          .map((part) => (typeof part === "string" ? element("span", {}, part) : part))
      : [" "];
    this.head.replaceChildren(
      headNode(this.id, { above: backNode("/console/tables", "All tables"), below, actions: table ? actions : [] }),
    );
  }

  close() {
    this.tabsOpened.end();
    this.news.end();
    this.opened?.close?.();
    this.stopListening();
  }
}

/** A name as Spark SQL takes it. */
export function quoted(name) {
  return /^[a-z_]\w*$/i.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}
