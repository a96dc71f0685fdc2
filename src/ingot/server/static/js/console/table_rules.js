/** The rules of a table, and what each of them counted, update by update. */
import { getJson } from "../api.js";
import { element, svgElement } from "../dom.js";
import { errorNode } from "../error_node.js";
import { emptyNode, placeNode, timeNode, waitingNode } from "./parts.js";
import { counted, countText, momentText } from "./words.js";

const ACTIONS = {
  drop: "drops the row",
  fail: "fails the update",
  warn: "only counts",
  quarantine: "sets the row aside",
};
const BARS = 30;
const SIZE = { width: 300, height: 56, gap: 2 };

export function openRules(root, view) {
  const body = element("div", { class: "table-part" }, waitingNode());
  root.append(body);
  const load = async () => {
    try {
      const { expectations, updates } = await getJson(`${view.path}/expectations?limit=${BARS}`);
      const names = [
        ...new Set([
          ...expectations.map((rule) => rule.name),
          ...updates.flatMap((update) => update.expectations.map((rule) => rule.name)),
        ]),
      ];
      if (!names.length) {
        body.replaceChildren(
          emptyNode("This table has no rules", [
            "Write ",
            element("code", {}, "CONSTRAINT name EXPECT (condition)"),
            " in its definition, and every update counts the rows that break it.",
          ]),
        );
        return;
      }
      const defined = new Map(expectations.map((rule) => [rule.name, rule]));
      body.replaceChildren(
        element("ul", { class: "rules" }, ...names.map((name) => ruleNode(name, defined.get(name), updates))),
      );
    } catch (error) {
      body.replaceChildren(errorNode(error, load));
    }
  };
  load();
}

function ruleNode(name, rule, updates) {
  const counts = updates
    .map((update) => ({
      at: update.timestamp,
      id: update.update_id,
      ...update.expectations.find((one) => one.name === name),
    }))
    .filter((one) => one.failed_records !== undefined)
    .reverse();
  const last = counts[counts.length - 1];
  const failed = counts.reduce((sum, one) => sum + one.failed_records, 0);
  return element(
    "li",
    { class: "card rule" },
    element(
      "div",
      { class: "rule-text" },
      element("h2", { class: "mono" }, name),
      rule
        ? element("p", { class: "mono rule-condition" }, rule.condition)
        : element("p", { class: "muted" }, "No longer in the definition"),
      rule && element("p", { class: "muted small" }, `A row that breaks it: ${ACTIONS[rule.action] ?? rule.action}`),
      rule && element("p", { class: "small" }, placeNode(rule)),
    ),
    element(
      "div",
      { class: "rule-counts" },
      last
        ? element(
            "p",
            {},
            element("strong", { class: last.failed_records ? "bad number" : "number" }, countText(last.failed_records)),
            ` of ${counted(last.passed_records + last.failed_records, "row")} broke it, `,
            element("a", { href: `/console/updates/${encodeURIComponent(last.id)}` }, timeNode(last.at)),
          )
        : element("p", { class: "muted" }, "Not counted yet"),
      counts.length > 0 && barsNode(name, counts),
      counts.length > 1 &&
        element(
          "p",
          { class: "muted small" },
          `${counted(failed, "row")} in the last ${counted(counts.length, "update")}`,
        ),
    ),
  );
}

// The share of rows that broke the rule, a bar for each update, newest at the right.
function barsNode(name, counts) {
  const share = (one) => one.failed_records / Math.max(1, one.passed_records + one.failed_records);
  const most = Math.max(...counts.map(share), 0.0001);
  const width = SIZE.width / BARS;
  const bars = counts.map((one, place) => {
    const height = one.failed_records ? Math.max(4, (share(one) / most) * SIZE.height) : 2;
    const bar = svgElement("rect", {
      class: one.failed_records ? "rule-bar is-broken" : "rule-bar",
      x: (BARS - counts.length + place) * width,
      y: SIZE.height - height,
      width: width - SIZE.gap,
      height,
      rx: 1,
    });
    const title = svgElement("title");
    title.textContent = `${momentText(one.at)}: ${counted(one.failed_records, "row")} of ${countText(one.passed_records + one.failed_records)}`;
    bar.append(title);
    return bar;
  });
  return svgElement(
    "svg",
    {
      class: "rule-bars",
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      role: "img",
      "aria-label": `Rows that broke ${name} in the last ${counts.length} updates; at most ${(most * 100).toFixed(most < 0.01 ? 2 : 0)} % of the rows`,
    },
    ...bars,
  );
}
