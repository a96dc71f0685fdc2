/** Beside the graph: what is known of the node that is chosen, what is up and down of it, and what can be done. */
import { element, iconButton } from "../dom.js";
import { errorNode } from "../error_node.js";
import { button, factsNode, placeNode, stateNode, timeNode } from "./parts.js";
import { countText, durationText, kindText, sentence, tableUrl } from "./words.js";

const DATASETS = ["streaming_table", "materialized_view"];
const STORED = [...DATASETS, "table"];

/**
 * @param {object} node
 * @param {object} run what the newest update did with it, or null
 * @param {{nodes: Map<string, object>, edges: object[]}} graph
 * @param {{actions: object, now: object}} context
 * @param {(id: string|null) => void} onSelect
 */
export function panelNode(node, run, graph, context, onSelect) {
  const isDataset = DATASETS.includes(node.kind);
  const error = context.now.isRunning ? (run?.error ?? node.error) : node.error;
  return element(
    "section",
    { class: "graph-panel card", "aria-label": `About ${node.id}` },
    element(
      "header",
      { class: "graph-panel-head" },
      element(
        "div",
        {},
        element("p", { class: "muted small" }, [kindText(node.kind), node.schema].filter(Boolean).join(" · ")),
        element("h2", { title: node.name }, node.name),
      ),
      iconButton("close", "Close", () => onSelect(null)),
    ),
    element(
      "div",
      { class: "graph-panel-body" },
      node.comment && element("p", { class: "graph-comment" }, node.comment),
      error && errorNode(error),
      actionsNode(node, isDataset, context),
      factsNode([
        ["Last update", run && stateNode(run.status, run.technique)],
        ["How", run?.technique && `${sentence(run.technique)}${run.reason ? `: ${run.reason}` : ""}`],
        ["Took", run?.seconds !== null && run?.seconds !== undefined && durationText(run.seconds)],
        ["Rows written", run?.rows_written !== null && run?.rows_written !== undefined && countText(run.rows_written)],
        ["Rows dropped", run?.rows_dropped ? countText(run.rows_dropped) : null],
        ["Rows", node.rows !== null && countText(node.rows)],
        ["Version", node.version !== null && node.version !== undefined && String(node.version)],
        ["Changed", node.updated && timeNode(node.updated)],
        ["Defined in", placeNode(node)],
      ]),
      neighboursNode(
        "Reads",
        graph.edges.filter((edge) => edge.to === node.id).map((edge) => edge.from),
        graph,
        onSelect,
      ),
      neighboursNode(
        "Read by",
        graph.edges.filter((edge) => edge.from === node.id).map((edge) => edge.to),
        graph,
        onSelect,
      ),
    ),
  );
}

function actionsNode(node, isDataset, { actions, now }) {
  const link = (url, label) => element("a", { class: "button", href: url }, label);
  const isBusy = now.isRunning;
  const title = isBusy ? "An update is running" : null;
  return element(
    "div",
    { class: "graph-actions" },
    STORED.includes(node.kind) && node.version !== null && link(tableUrl(node.id), "Open table"),
    node.kind === "source" && link(`/console/sources/${encodeURIComponent(node.name)}`, "Landed files"),
    node.kind === "dashboard" && link(`/dashboards/${encodeURIComponent(node.name)}`, "Open dashboard"),
    isDataset && button("Refresh", () => actions.refresh([node.id]), { shape: "updates", isDisabled: isBusy, title }),
    isDataset &&
      actions.canReset &&
      button("Full refresh…", () => actions.fullRefresh([node]), { isDisabled: isBusy, title }),
  );
}

function neighboursNode(title, ids, graph, onSelect) {
  if (!ids.length) return null;
  const known = [...new Set(ids)].filter((id) => graph.nodes.has(id)).sort();
  return element(
    "div",
    { class: "graph-neighbours" },
    element("h3", {}, `${title} (${known.length})`),
    element(
      "ul",
      {},
      ...known.map((id) =>
        element(
          "li",
          {},
          element(
            "button",
            {
              type: "button",
              class: `node-link kind-${graph.nodes.get(id).kind}`,
              title: id,
              onClick: () => onSelect(id),
            },
            id.replace(/^(source|files|dashboard):/, ""),
          ),
        ),
      ),
    ),
  );
}
