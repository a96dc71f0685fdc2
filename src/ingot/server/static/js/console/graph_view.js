/** The graph of the project: drawing or list, search, what is chosen, and the states of a running update. */
import { getJson } from "../api.js";
import { announce, element, iconButton } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { GraphCanvas, ZOOM } from "./graph_canvas.js";
import { panelNode } from "./graph_panel.js";
import { picture } from "./icons.js";
import { emptyNode, headNode, stateNode, tableNode, waitingNode } from "./parts.js";
import { counted, countText, kindText, stateOf } from "./words.js";

const ORDER = ["running", "failed", "skipped", "stopped", "queued", "done", "unchanged", "excluded"];

const MADE = ["streaming_table", "materialized_view"];
const PANEL = 360;
const EARLY = ["unable-to-infer-schema", "upstream-failed", "unknown-table"];

/** @param {HTMLElement} root @param {object} place @param {object} context */
export function open(root, place, context) {
  const view = new GraphView(root, place, context);
  return { close: () => view.close(), follow: (next) => view.follow(next) };
}

class GraphView {
  constructor(root, place, context) {
    Object.assign(this, { root, context, now: context.now, graphs: new Newest() });
    this.readAddress(place);
    this.counts = element("span", {});
    this.search = element("input", {
      class: "input graph-search",
      type: "search",
      placeholder: "Find a table",
      "aria-label": "Find a table",
      autocomplete: "off",
      onInput: () => this.find(),
      onKeydown: (event) => event.key === "Enter" && this.goFound(),
    });
    const way = (isList, label) =>
      element(
        "button",
        { type: "button", onClick: () => this.switchTo(isList) },
        label,
      );
    this.ways = element(
      "div",
      { class: "segmented", role: "group", "aria-label": "Show as" },
      way(false, "Graph"),
      way(true, "List"),
    );
    this.body = element("div", { class: "graph-body" }, waitingNode(10, "Reading the definitions of the project…"));
    root.append(headNode("Graph", { below: [this.counts], actions: [this.search, this.ways] }), this.body);
    this.stopListening = this.now.listen((news) => this.onNews(news));
    this.showWay();
    this.load();
  }

  readAddress({ params }) {
    this.selected = params.get("node");
    this.isList = params.get("as") === "list";
  }

  follow(place) {
    if (place.parts.length) return false;
    const wasList = this.isList;
    this.readAddress(place);
    if (!this.nodes) this.showWay(); // what is chosen is shown once the graph is there
    else if (wasList !== this.isList) this.draw();
    else this.choose(this.selected);
    return true;
  }

  async load() {
    const isNewest = this.graphs.begin();
    try {
      const { nodes, edges, errors } = await getJson("/graph");
      if (!isNewest()) return;
      const shape = JSON.stringify([nodes.map((node) => [node.id, node.kind]), edges]);
      Object.assign(this, { nodes: new Map(nodes.map((node) => [node.id, node])), edges, errors });
      if (shape === this.shape) {
        this.showFaults();
        this.stand();
      } else this.draw();
      this.shape = shape;
    } catch (error) {
      if (!isNewest()) return;
      this.shape = null; // the next graph is drawn in place of the error
      this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  onNews() {
    if (this.wasRunning && !this.now.isRunning) this.load();
    this.wasRunning = this.now.isRunning;
    if (this.nodes) this.stand();
  }

  showWay() {
    for (const way of this.ways.children)
      way.setAttribute("aria-pressed", String((way.textContent === "List") === this.isList));
  }

  draw() {
    this.canvas?.close();
    this.canvas = null;
    this.showWay();
    this.faults = element("div", { class: "graph-faults" });
    this.showFaults();
    if (!this.nodes.size) {
      this.body.replaceChildren(
        this.faults,
        this.errors.length
          ? ""
          : emptyNode("Nothing is defined yet", [
              "Put a query into ",
              element("code", {}, "transformations/"),
              " and run an update; what it makes appears here.",
            ]),
      );
      return;
    }
    this.panel = element("div", { class: "graph-side" });
    if (this.isList) this.body.replaceChildren(this.faults, this.listNode(), this.panel);
    else this.drawCanvas();
    this.find();
    this.stand();
    this.choose(this.selected, true);
  }

  /** What is wrong with the definitions themselves, whatever the updates did. */
  showFaults() {
    this.faults?.replaceChildren(...this.errors.map((error) => errorNode(error)));
  }

  drawCanvas() {
    this.canvas = new GraphCanvas({ onSelect: (id) => this.pick(id) });
    const tools = element(
      "div",
      { class: "graph-tools", role: "group", "aria-label": "What is seen" },
      this.tool("plus", "Larger", () => this.canvas.zoom(ZOOM.step)),
      this.tool("minus", "Smaller", () => this.canvas.zoom(1 / ZOOM.step)),
      this.tool("fit", "Show all", () => this.canvas.fit()),
    );
    const kinds = [...new Set([...this.nodes.values()].map((node) => node.kind))];
    const legend = element(
      "ul",
      { class: "graph-legend", "aria-label": "Kinds" },
      ...kinds.map((kind) => element("li", { class: `kind-${kind}` }, kindText(kind))),
    );
    this.body.replaceChildren(
      this.faults,
      element("div", { class: "graph-stage card" }, this.canvas.node, tools, legend, this.panel),
    );
    this.canvas.show([...this.nodes.values()], this.edges);
  }

  tool(shape, label, onClick) {
    const node = iconButton("more", label, onClick);
    node.replaceChildren(picture(shape));
    return node;
  }

  listNode() {
    this.rows = new Map();
    const ups = new Map();
    for (const { from, to } of this.edges) ups.set(to, [...(ups.get(to) ?? []), from]);
    const rows = [...this.nodes.values()].map((node) => {
      const name = element(
        "button",
        { type: "button", class: `node-link kind-${node.kind}`, title: node.id, onClick: () => this.pick(node.id) },
        node.schema ? node.id : node.name,
      );
      const state = element("td");
      const count = element("td", { class: "is-number" });
      const reads = (ups.get(node.id) ?? []).map((id) => id.replace(/^\w+:/, ""));
      const row = element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        element("td", {}, kindText(node.kind)),
        state,
        count,
        element("td", { title: reads.join(", ") }, reads.join(", ") || "–"),
      );
      this.rows.set(node.id, { row, state, count });
      return row;
    });
    const table = tableNode(
      "Sources, tables and dashboards",
      [
        { label: "Name" },
        { label: "Kind" },
        { label: "Last update" },
        { label: "Rows", isNumber: true },
        { label: "Reads" },
      ],
      rows,
    );
    return table;
  }

  // Before the first update nothing has landed: that types cannot be told yet is no fault.
  isOnlyEarly(error) {
    return !this.now.update && EARLY.includes(error.code);
  }

  standOf(node) {
    const run = this.now.runOf(node);
    const { isRunning, update } = this.now;
    const note = isRunning && run?.rows_written ? `+${countText(run.rows_written)}` : "";
    return { status: this.statusOf(node, run, isRunning, update), technique: run?.technique, rows: node.rows, note };
  }

  // What a definition says now counts for more than what an update made of what it said then.
  statusOf(node, run, isRunning, update) {
    if (!isRunning && node.is_changed && run?.status === "FAILED") return node.error ? "FAILED" : null;
    if (!isRunning && node.is_changed && node.error) return "FAILED";
    if (run) return run.status;
    if (node.error && !this.isOnlyEarly(node.error)) return "FAILED";
    if (isRunning) return MADE.includes(node.kind) && isWhole(update.selection) ? "QUEUED" : null;
    return update ? null : node.state;
  }

  /** How every node stands now. */
  stand() {
    const standOf = (node) => this.standOf(node);
    this.canvas?.stand(this.nodes.values(), standOf);
    const counts = new Map();
    for (const node of this.nodes.values()) {
      const stands = standOf(node);
      const { name, label } = stateOf(stands.status, stands.technique);
      if (node.kind !== "dashboard" && name !== "none")
        counts.set(name, { label, count: (counts.get(name)?.count ?? 0) + 1 });
      const row = this.isList && this.rows?.get(node.id);
      if (row) {
        row.state.replaceChildren(
          node.kind === "dashboard"
            ? element("span", { class: "muted" }, "–")
            : stateNode(stands.status, stands.technique),
        );
        row.count.textContent = countText(node.rows);
      }
    }
    const parts = ORDER.filter((name) => counts.has(name)).map(
      (name) => `${counts.get(name).count} ${counts.get(name).label.toLowerCase()}`,
    );
    this.counts.textContent = [counted(this.nodes.size, "node"), ...parts].join(" · ");
    if (this.selected && this.panel) this.showPanel();
  }

  // ── choosing ──
  pick(id) {
    const params = new URLSearchParams();
    if (this.isList) params.set("as", "list");
    if (id) params.set("node", id);
    this.context.go(`/console/graph${params.size ? `?${params}` : ""}`);
  }

  switchTo(isList) {
    const params = new URLSearchParams();
    if (isList) params.set("as", "list");
    if (this.selected) params.set("node", this.selected);
    this.context.go(`/console/graph${params.size ? `?${params}` : ""}`);
  }

  choose(id, isQuiet = false) {
    this.selected = id && this.nodes?.has(id) ? id : null;
    this.canvas?.select(this.selected);
    for (const [one, { row }] of this.isList ? (this.rows ?? []) : [])
      row.classList.toggle("is-selected", one === this.selected);
    if (!this.panel) return;
    this.shown = null;
    this.showPanel();
    if (this.selected) {
      requestAnimationFrame(() => this.canvas?.reveal(this.selected, innerWidth > 900 ? PANEL : 0));
      if (!isQuiet) announce(`${this.selected} is chosen`);
    }
  }

  // Drawn anew only when something in it changes, so that focus and scrolling stay.
  showPanel() {
    const node = this.nodes.get(this.selected);
    const run = node ? this.now.runOf(node) : null;
    const key = JSON.stringify([node, run, this.now.isRunning]);
    if (key === this.shown) return;
    this.shown = key;
    this.panel.replaceChildren(node ? panelNode(node, run, this, this.context, (id) => this.pick(id)) : "");
    this.body.classList.toggle("has-panel", Boolean(node));
  }

  // ── finding ──
  find() {
    if (!this.nodes) return;
    const wanted = this.search.value.trim().toLowerCase();
    this.found = wanted ? new Set([...this.nodes.keys()].filter((id) => id.toLowerCase().includes(wanted))) : null;
    this.canvas?.find(this.found);
    for (const [id, { row }] of this.isList ? (this.rows ?? []) : [])
      row.hidden = Boolean(this.found && !this.found.has(id));
    if (this.found) announce(counted(this.found.size, "node"));
  }

  goFound() {
    const [first] = this.found ?? [];
    if (first) this.pick(first);
  }

  close() {
    this.graphs.end();
    this.stopListening();
    this.canvas?.close();
  }
}

// Whether an update brings everything up to date, so that what has not begun will.
function isWhole(selection) {
  return !selection?.refresh_selection?.length && !selection?.full_refresh_selection?.length;
}
