/** Tabs of a table that show what is known of it: overview, history, files. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { button, emptyNode, factsNode, pagerNode, placeNode, tableNode, timeNode, waitingNode } from "./parts.js";
import { counted, countText, kindText, sentence, sizeText, tableUrl } from "./words.js";

const FILES = 100;
const VERSIONS = 50;

export function openOverview(root, { table, id }) {
  const columns = [{ label: "Column" }, { label: "Type" }, { label: "Comment" }, { label: "" }];
  const rows = table.columns.map((column) =>
    element(
      "tr",
      {},
      element(
        "th",
        { scope: "row", class: "mono" },
        element(
          "a",
          {
            href: `${tableUrl(id, "lineage")}&column=${encodeURIComponent(column.name)}`,
            title: `Lineage of ${column.name}`,
          },
          column.name,
        ),
      ),
      element("td", { class: "mono is-wrapped" }, column.spark_type),
      element("td", { class: "is-wrapped" }, column.comment ?? element("span", { class: "muted" }, "–")),
      element(
        "td",
        {},
        column.is_partition && element("span", { class: "badge" }, "partition"),
        " ",
        !column.nullable && element("span", { class: "badge" }, "not null"),
      ),
    ),
  );
  const properties = Object.entries(table.properties ?? {});
  root.append(
    element(
      "div",
      { class: "overview" },
      element(
        "div",
        { class: "overview-main" },
        table.comment && element("p", {}, table.comment),
        table.definition?.error && errorNode(table.definition.error),
        tableNode(`${counted(table.columns.length, "column")}`, columns, rows),
      ),
      element(
        "aside",
        { class: "overview-side", "aria-label": "Facts" },
        element(
          "div",
          { class: "card side-card" },
          factsNode([
            ["Kind", kindText(table.kind)],
            [
              "Defined in",
              placeNode(table.definition ?? {}) ??
                (table.kind === "table" && element("span", { class: "muted" }, "not defined in this project")),
            ],
            ["Rows", countText(table.rows)],
            ["Size", `${sizeText(table.size)} in ${counted(table.files, "file")}`],
            ["Version", element("a", { href: tableUrl(id, "history") }, countText(table.version))],
            ["Changed", timeNode(table.updated)],
            ["Partitioned by", table.partition_columns.length ? table.partition_columns.join(", ") : null],
            [
              "Set aside",
              table.quarantined
                ? element("a", { href: tableUrl(id, "quarantine") }, counted(table.quarantined, "row"))
                : null,
            ],
            ["Folder", element("code", { class: "place" }, table.location)],
            ["Delta protocol", `reader ${table.protocol.reader}, writer ${table.protocol.writer}`],
            ["Features", table.protocol.features.join(", ")],
          ]),
        ),
        properties.length > 0 &&
          element(
            "div",
            { class: "card side-card" },
            element("h2", {}, "Properties"),
            factsNode(
              properties.map(([name, value]) => [name, element("span", { class: "mono" }, String(value))]),
              "facts-long",
            ),
          ),
      ),
    ),
  );
}

export function openHistory(root, view) {
  const list = element("div", {}, waitingNode());
  const foot = element("div", { class: "pager" });
  let lines = [];
  const pages = new Newest();
  const load = async (before) => {
    const isNewest = pages.begin();
    try {
      const { history } = await getJson(
        `${view.path}/history?limit=${VERSIONS}${before === undefined ? "" : `&before=${before}`}`,
      );
      if (!isNewest()) return;
      lines = [...lines, ...history];
      const columns = [
        { label: "Version", isNumber: true },
        { label: "When" },
        { label: "Operation" },
        { label: "Rows", isNumber: true },
        { label: "Files", isNumber: true },
        { label: "Written", isNumber: true },
        { label: "By" },
        { label: "" },
      ];
      list.replaceChildren(
        tableNode(
          "History",
          columns,
          lines.map((line) => historyRow(line, view)),
        ),
      );
      foot.replaceChildren(
        history.length === VERSIONS ? button("Older versions", () => load(lines[lines.length - 1].version)) : "",
      );
    } catch (error) {
      if (isNewest()) list.replaceChildren(errorNode(error, () => load(before)));
    }
  };
  root.append(list, foot);
  load();
}

function historyRow(line, view) {
  const { metrics, parameters } = line;
  const more = Object.entries(parameters ?? {})
    .map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join("\n");
  return element(
    "tr",
    {},
    element("th", { scope: "row", class: "is-number" }, String(line.version)),
    element("td", {}, timeNode(line.timestamp)),
    element("td", { title: more || null }, sentence(line.operation)),
    element("td", { class: "is-number" }, countText(metrics?.numOutputRows ?? metrics?.numTargetRowsInserted)),
    element("td", { class: "is-number" }, countText(metrics?.numFiles ?? metrics?.numAddedFiles)),
    element("td", { class: "is-number" }, sizeText(metrics?.numOutputBytes)),
    element("td", {}, line.engine ?? "–"),
    element(
      "td",
      {},
      element(
        "a",
        {
          href: `${tableUrl(view.id, "rows")}&version=${line.version}`,
          "aria-label": `Rows of version ${line.version}`,
        },
        "Rows",
      ),
    ),
  );
}

export function openFiles(root, view) {
  const body = element("div", { class: "table-part" }, waitingNode());
  const pages = new Newest();
  const load = async (offset) => {
    const isNewest = pages.begin();
    try {
      const { files, count, size } = await getJson(`${view.path}/files?limit=${FILES}&offset=${offset}`);
      if (!isNewest()) return;
      if (!count) {
        body.replaceChildren(emptyNode("No data files", "The table has no rows."));
        return;
      }
      const columns = [
        { label: "File" },
        { label: "Rows", isNumber: true },
        { label: "Size", isNumber: true },
        { label: "Written" },
        { label: "Partition" },
      ];
      const rows = files.map((file) => {
        const partition = Object.entries(file.partition ?? {})
          .map(([name, value]) => `${name}=${value}`)
          .join(", ");
        return element(
          "tr",
          {},
          element("th", { scope: "row", class: "mono", title: file.path }, file.path),
          element("td", { class: "is-number" }, countText(file.rows)),
          element("td", { class: "is-number" }, sizeText(file.size)),
          element("td", {}, timeNode(file.modified)),
          element("td", {}, partition || "–"),
        );
      });
      body.replaceChildren(
        element(
          "p",
          { class: "muted small" },
          `${counted(count, "file")}, ${sizeText(size)}; on average ${sizeText(size / count)}`,
        ),
        tableNode("Files", columns, rows),
        count > FILES
          ? pagerNode(
              { offset, count: files.length, total: count, hasMore: offset + files.length < count },
              FILES,
              load,
            )
          : "",
      );
    } catch (error) {
      if (isNewest()) body.replaceChildren(errorNode(error, () => load(offset)));
    }
  };
  root.append(body);
  load(0);
}
