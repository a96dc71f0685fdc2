/** Rows that rules have set aside: why, what they are, and the way to send them again. */
import { getJson, sendJson } from "../api.js";
import { element, toast } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { DataGrid } from "./data_grid.js";
import { confirmed } from "./dialogs.js";
import { button, emptyNode, pagerNode, waitingNode } from "./parts.js";
import { counted, countText } from "./words.js";

const PAGE = 100;

export function openQuarantine(root, view) {
  const body = element("div", { class: "table-part" }, waitingNode());
  let grid = null;
  const pages = new Newest();
  root.append(body);
  const load = async (offset) => {
    const isNewest = pages.begin();
    try {
      const data = await getJson(`${view.path}/quarantine?limit=${PAGE}&offset=${offset}`);
      if (!isNewest()) return;
      grid?.close();
      if (!data.rows.length && offset === 0) {
        body.replaceChildren(
          emptyNode("Nothing is set aside", [
            "Rows that break a rule are kept here if the table has the property ",
            element("code", {}, "ingot.quarantine"),
            ".",
          ]),
        );
        return;
      }
      grid = new DataGrid(`Rows of ${view.id} that are set aside`);
      const place = element("div", { class: "grid-place card" }, grid.node);
      const replay = button("Send all again…", () => send(), {
        shape: "updates",
        isDisabled: view.now.isRunning,
        title: view.now.isRunning ? "An update is running" : undefined,
      });
      const total = view.table.quarantined ?? null;
      body.replaceChildren(
        element(
          "div",
          { class: "rows-tools" },
          element(
            "p",
            {},
            element("strong", {}, total === null ? "Rows" : counted(total, "row")),
            " broke a rule and did not get into the table.",
          ),
          replay,
        ),
        element("div", { class: "rule-reasons" }, ...reasonsOf(data)),
        place,
        pagerNode({ offset, count: data.rows.length, total, hasMore: data.is_truncated }, PAGE, load),
      );
      grid.show(reasonsFirst(data), offset + 1);
    } catch (error) {
      if (isNewest()) body.replaceChildren(errorNode(error, () => load(offset)));
    }
  };
  const send = async () => {
    const question = {
      title: "Send the rows again?",
      body: [
        element(
          "p",
          {},
          `All rows of ${view.id} that are set aside go through its definition as it is now. Those that keep the rules get into the table; the others stay here.`,
        ),
      ],
      confirm: "Send again",
    };
    if (!(await confirmed(question))) return;
    try {
      const { accepted, remaining, dropped } = await sendJson(`${view.path}/quarantine/replay`, {});
      toast(
        `${counted(accepted, "row")} got into the table, ${countText(remaining)} stay here${dropped ? `, ${countText(dropped)} were dropped` : ""}`,
      );
      view.table = await getJson(view.path);
      view.load();
    } catch (error) {
      toast([error.message, error.hint].filter(Boolean).join(": "), true);
    }
  };
  load(0);
  const close = () => {
    pages.end();
    grid?.close();
  };
  return { close };
}

// Why and when comes before what.
function reasonsFirst({ columns, rows }) {
  const order = columns
    .map((_, place) => place)
    .sort((one, other) => placeOf(columns[one]) - placeOf(columns[other]) || one - other);
  return { columns: order.map((place) => columns[place]), rows: rows.map((row) => order.map((place) => row[place])) };
}

function placeOf({ name }) {
  return name.startsWith("_broken") ? 0 : name === "_quarantined_at" ? 1 : name.startsWith("_quarantine") ? 3 : 2;
}

function reasonsOf({ columns, rows }) {
  const place = columns.findIndex((column) => column.name.startsWith("_broken"));
  if (place < 0) return [];
  const counts = new Map();
  for (const row of rows)
    for (const rule of [row[place]].flat()) counts.set(String(rule), (counts.get(String(rule)) ?? 0) + 1);
  return [...counts]
    .sort((one, other) => other[1] - one[1])
    .map(([rule, count]) =>
      element("span", { class: "badge badge-warn" }, `${rule}: ${countText(count)} on this page`),
    );
}
