/** The rows of a table, now or as of a version, in pages. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { DataGrid } from "./data_grid.js";
import { emptyNode, pagerNode, waitingNode } from "./parts.js";
import { countText, momentText, tableUrl } from "./words.js";

const PAGE = 100;
const VERSIONS = 100;

export function openRows(root, view) {
  const rows = new Rows(root, view);
  return { close: () => rows.close() };
}

class Rows {
  constructor(root, view) {
    const version = view.params.get("version");
    Object.assign(this, {
      view,
      offset: 0,
      sort: null,
      pages: new Newest(),
      version: version !== null && /^\d+$/.test(version) ? Number(version) : null,
    });
    this.choice = element(
      "select",
      { class: "input", onChange: () => this.travel() },
      element("option", { value: "" }, `Newest version (${countText(view.table.version)})`),
    );
    this.note = element("div");
    this.body = element("div", { class: "grid-place card" }, waitingNode());
    this.foot = element("div");
    this.hint = element(
      "p",
      { class: "muted small", hidden: true },
      "Sort by a column: only then do pages fit together",
    );
    root.append(
      element(
        "div",
        { class: "rows-tools" },
        element("label", { class: "rows-version" }, element("span", { class: "muted small" }, "As of"), this.choice),
        this.hint,
      ),
      this.note,
      this.body,
      this.foot,
    );
    this.load();
    this.loadVersions();
  }

  async loadVersions() {
    const { history } = await getJson(`${this.view.path}/history?limit=${VERSIONS}`).catch(() => ({ history: [] }));
    const older = history.filter((line) => line.version !== this.view.table.version);
    this.choice.append(
      ...older.map((line) =>
        element("option", { value: String(line.version) }, `Version ${line.version}, ${momentText(line.timestamp)}`),
      ),
    );
    const isListed = older.some((line) => line.version === this.version);
    if (this.version !== null && this.version !== this.view.table.version && !isListed)
      this.choice.append(element("option", { value: String(this.version) }, `Version ${this.version}`));
    this.choice.value = this.version === null || this.version === this.view.table.version ? "" : String(this.version);
  }

  travel() {
    const { value } = this.choice;
    this.view.context.go(`${tableUrl(this.view.id, "rows")}${value ? `&version=${value}` : ""}`);
  }

  async load() {
    const isNewest = this.pages.begin();
    const { offset, sort } = this;
    const isPast = this.version !== null && this.version !== this.view.table.version;
    this.note.replaceChildren(
      isPast
        ? element(
            "div",
            { class: "notice notice-warn" },
            element(
              "p",
              {},
              `These are the rows of version ${this.version}. `,
              element("a", { href: tableUrl(this.view.id, "rows") }, "Show the newest"),
            ),
          )
        : "",
    );
    const params = new URLSearchParams({ limit: String(PAGE), offset: String(offset) });
    if (this.version !== null) params.set("version", String(this.version));
    if (sort) params.set("order_by", sort);
    this.body.setAttribute("aria-busy", "true");
    try {
      const data = await getJson(`${this.view.path}/rows?${params}`);
      if (!isNewest()) return;
      this.body.setAttribute("aria-busy", "false");
      if (!data.rows.length && offset === 0) {
        this.body.replaceChildren(emptyNode("No rows", isPast ? "The table was empty then." : "The table is empty."));
        return;
      }
      this.grid?.close();
      this.grid = new DataGrid(`Rows of ${this.view.id}`, { sort, onSort: (sort) => this.order(sort) });
      this.body.replaceChildren(this.grid.node);
      this.grid.show(data, offset + 1);
      const total = isPast ? null : (this.view.table.rows ?? null);
      this.foot.replaceChildren(
        pagerNode({ offset, count: data.rows.length, total, hasMore: data.is_truncated }, PAGE, (offset) =>
          this.go(offset),
        ),
      );
      this.hint.hidden = Boolean(sort) || !data.is_truncated;
    } catch (error) {
      if (!isNewest()) return;
      this.body.setAttribute("aria-busy", "false");
      this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  order(sort) {
    this.sort = sort;
    this.go(0);
  }

  go(offset) {
    this.offset = offset;
    this.load();
  }

  close() {
    this.pages.end();
    this.grid?.close();
  }
}
