/** What a table is made from and what is made from it, and the way of one column through all tables. */
import { getJson } from "../api.js";
import { element, iconButton } from "../dom.js";
import { errorNode } from "../error_node.js";
import { GraphCanvas, ZOOM } from "./graph_canvas.js";
import { reached } from "./graph_layout.js";
import { picture } from "./icons.js";
import { emptyNode, waitingNode } from "./parts.js";
import { tableUrl } from "./words.js";

const TABLES_MAX = 150;

export function openLineage(root, view) {
  const lineage = new Lineage(root, view);
  return { close: () => lineage.close() };
}

class Lineage {
  constructor(root, view) {
    Object.assign(this, { view, column: view.params.get("column") });
    const choose = (column, label) =>
      element(
        "a",
        {
          class: "lineage-column",
          href: `${tableUrl(view.id, "lineage")}${column === null ? "" : `&column=${encodeURIComponent(column)}`}`,
          "aria-current": column === this.column ? "true" : null,
          title: label,
        },
        label,
      );
    const columns = element(
      "nav",
      { class: "lineage-columns card", "aria-label": "Columns" },
      choose(null, "Whole table"),
      ...view.table.columns.map((column) => choose(column.name, column.name)),
    );
    this.body = element("div", { class: "lineage-body" }, waitingNode());
    root.append(element("div", { class: "lineage" }, columns, this.body));
    columns.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.load();
  }

  async load() {
    try {
      const graph = await getJson("/graph");
      const kinds = new Map(graph.nodes.map((node) => [node.id, node]));
      const found =
        this.column === null
          ? tableLineage(this.view.id, graph)
          : await columnLineage(this.view.id, this.column, kinds);
      if (!this.isClosed) this.draw(found, kinds);
    } catch (error) {
      if (!this.isClosed) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  draw({ nodes, edges, start, error }, kinds) {
    if (nodes.length < 2) {
      const text =
        this.column === null
          ? "Nothing of this project reads the table, and it reads nothing."
          : "The column is made of no column of another table, and none is made of it.";
      this.body.replaceChildren(error ? errorNode(error) : emptyNode("No lineage", text));
      return;
    }
    this.canvas = new GraphCanvas({ onSelect: (id) => id && id !== start && this.goTo(id, nodes) });
    const tool = (shape, label, onClick) => {
      const node = iconButton("more", label, onClick);
      node.replaceChildren(picture(shape));
      return node;
    };
    const tools = element(
      "div",
      { class: "graph-tools", role: "group", "aria-label": "What is seen" },
      tool("plus", "Larger", () => this.canvas.zoom(ZOOM.step)),
      tool("minus", "Smaller", () => this.canvas.zoom(1 / ZOOM.step)),
      tool("fit", "Show all", () => this.canvas.fit()),
    );
    const list = element(
      "details",
      { class: "lineage-list" },
      element("summary", {}, "As a list"),
      element(
        "ul",
        {},
        ...edges.map(({ from, to }) =>
          element("li", { class: "mono" }, `${from.replace(/^\w+:/, "")} → ${to.replace(/^\w+:/, "")}`),
        ),
      ),
    );
    this.body.replaceChildren(
      error ? errorNode(error) : "",
      element("div", { class: "graph-stage card" }, this.canvas.node, tools),
      list,
    );
    this.canvas.show(nodes, edges);
    this.canvas.stand(nodes, (node) => ({
      status: null,
      rows: this.column === null ? (kinds.get(node.id)?.rows ?? null) : null,
    }));
    this.canvas.select(start);
    requestAnimationFrame(() => innerWidth < 700 && this.canvas?.reveal(start));
  }

  goTo(id, nodes) {
    const node = nodes.find((one) => one.id === id);
    if (node.table && node.kind === "source")
      this.view.context.go(`/console/sources/${encodeURIComponent(node.table)}`);
    else if (node.table)
      this.view.context.go(`${tableUrl(node.table, "lineage")}&column=${encodeURIComponent(node.name)}`);
    else if (node.kind === "source") this.view.context.go(`/console/sources/${encodeURIComponent(node.name)}`);
    else if (node.kind === "dashboard") location.assign(`/dashboards/${encodeURIComponent(node.name)}`);
    else if (node.version !== null) this.view.context.go(tableUrl(id, "lineage"));
  }

  close() {
    this.isClosed = true;
    this.canvas?.close();
  }
}

function tableLineage(id, { nodes, edges }) {
  const within = new Set([id, ...reached(id, edges, false), ...reached(id, edges, true)]);
  return {
    start: id,
    nodes: nodes.filter((node) => within.has(node.id)),
    edges: edges.filter((edge) => within.has(edge.from) && within.has(edge.to)),
  };
}

// Goes from table to table, up from the column and down from it; each table is asked once.
async function columnLineage(id, column, kinds) {
  const asked = new Map();
  const nothing = { columns: {}, uses: {} };
  const lineageOf = (table) => {
    if (!kinds.has(table)) return nothing;
    if (!asked.has(table))
      asked.set(
        table,
        asked.size < TABLES_MAX
          ? getJson(`/tables/${table.split(".").map(encodeURIComponent).join("/")}/lineage`).catch((error) => ({
              columns: {},
              uses: {},
              error,
            }))
          : nothing,
      );
    return asked.get(table);
  };
  const nodes = new Map();
  const edges = new Map();
  const keyOf = (table, name) => `${table}.${name}`;
  const put = (table, name) => {
    const key = keyOf(table, name);
    const isNew = !nodes.has(key);
    if (isNew) nodes.set(key, { id: key, name, schema: table, table, kind: kinds.get(table)?.kind ?? "source" });
    return isNew;
  };
  const walk = async (part, isDown) => {
    let wave = [{ table: id, column }];
    const seen = new Set([keyOf(id, column)]);
    while (wave.length) {
      const answers = await Promise.all(
        wave.map(async (one) => [one, (await lineageOf(one.table))[part]?.[one.column] ?? []]),
      );
      wave = [];
      for (const [one, others] of answers) {
        for (const other of others) {
          put(other.table, other.column);
          const [from, to] = isDown
            ? [keyOf(one.table, one.column), keyOf(other.table, other.column)]
            : [keyOf(other.table, other.column), keyOf(one.table, one.column)];
          edges.set(`${from} ${to}`, { from, to });
          const key = keyOf(other.table, other.column);
          if (!seen.has(key)) {
            seen.add(key);
            wave.push(other);
          }
        }
      }
    }
  };
  put(id, column);
  await walk("columns", false);
  await walk("uses", true);
  const first = await lineageOf(id);
  return { start: keyOf(id, column), nodes: [...nodes.values()], edges: [...edges.values()], error: first.error };
}
