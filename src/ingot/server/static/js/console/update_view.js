/** One update: its flows with the time that each took, their rules, what went wrong; live while it runs. */
import { getJson } from "../api.js";
import { element, freshId, icon } from "../dom.js";
import { errorNode } from "../error_node.js";
import { backNode, button, factsNode, headNode, stateNode, timeNode, waitingNode } from "./parts.js";
import { whenLetGo } from "./pressed.js";
import {
  counted,
  countText,
  durationText,
  secondsBetween,
  sentence,
  shortName,
  sizeText,
  stateOf,
  tableUrl,
  whatText,
} from "./words.js";

const FILTERS = [
  ["all", "All", () => true],
  ["work", "Changed", (run) => run.rows_written > 0],
  ["failed", "Failed", (run) => ["FAILED", "SKIPPED"].includes(run.status)],
  ["running", "Open", (run) => ["RUNNING", "STARTING", "QUEUED"].includes(run.status)],
];

export class UpdateView {
  constructor(root, id, context) {
    Object.assign(this, { root, id, context, now: context.now, filter: "all", opened: new Set(), chosen: new Set() });
    this.head = element("div");
    this.body = element("div", { class: "update" }, waitingNode());
    root.append(this.head, this.body);
    this.showHead(null);
    this.stopListening = this.now.listen(() => this.onNews());
    this.timer = setInterval(() => this.update?.state === "RUNNING" && this.drawLater(), 1000);
    this.load();
  }

  async load() {
    try {
      const isKnown = this.now.update?.id === this.id;
      const update = isKnown ? this.now.update : await getJson(`/updates/${encodeURIComponent(this.id)}`);
      if (this.isClosed) return;
      this.update ??= update; // news that came meanwhile are newer
      this.draw();
    } catch (error) {
      if (!this.isClosed) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  onNews() {
    if (this.now.update?.id !== this.id) return;
    this.update = this.now.update;
    this.drawLater();
  }

  drawLater() {
    whenLetGo(this.root, () => this.draw());
  }

  showHead(update) {
    const isBusy = this.now.isRunning;
    const failed = update
      ? update.flows.filter((run) => ["FAILED", "SKIPPED"].includes(run.status)).map((run) => shortName(run.name))
      : [];
    const actions = [
      update &&
        update.state !== "RUNNING" &&
        failed.length > 0 &&
        button(`Refresh what failed (${failed.length})`, () => this.again(failed), {
          shape: "updates",
          isDisabled: isBusy,
        }),
      this.chosen.size > 0 &&
        button(`Refresh chosen (${this.chosen.size})`, () => this.again([...this.chosen]), {
          shape: "updates",
          isDisabled: isBusy,
        }),
    ].filter(Boolean);
    const below = update
      ? [
          element("span", {}, whatText(update)),
          element("span", {}, timeNode(update.started)),
          element("code", { class: "muted" }, this.id.slice(0, 8)),
        ]
      : [" "];
    const key = JSON.stringify([update?.state, actions.map((one) => one.textContent), isBusy]);
    if (key === this.headKey) return;
    this.headKey = key;
    this.head.replaceChildren(
      headNode("Update", { above: backNode("/console/updates", "All updates"), below, actions }),
    );
  }

  again(names) {
    this.context.goToUpdate(this.context.actions.refresh(names));
  }

  draw() {
    const { update } = this;
    if (!update || this.isClosed) return;
    this.showHead(update);
    const focusKey = document.activeElement?.dataset?.key;
    const scroll = this.body.querySelector(".flows")?.scrollLeft ?? 0;
    const runs = [...update.sources.map((run) => ({ ...run, isSource: true })), ...update.flows];
    const [, , keeps] = FILTERS.find(([name]) => name === this.filter);
    const shown = runs.filter(keeps);
    this.body.replaceChildren(
      this.tilesNode(update),
      ...update.errors.map((error) => errorNode(error)),
      ...(update.warnings.length ? [warningsNode(update.warnings)] : []),
      this.filtersNode(runs),
      shown.length
        ? this.flowsNode(update, shown)
        : element("p", { class: "muted" }, update.state === "RUNNING" ? "Nothing yet" : "None"),
    );
    const flows = this.body.querySelector(".flows");
    if (flows) flows.scrollLeft = scroll;
    if (focusKey) this.body.querySelector(`[data-key="${CSS.escape(focusKey)}"]`)?.focus({ preventScroll: true });
  }

  tilesNode(update) {
    const done = update.flows.filter((run) => !["RUNNING", "STARTING", "QUEUED"].includes(run.status)).length;
    const seconds = update.seconds ?? (update.state === "RUNNING" ? secondsBetween(update.started) : null);
    return element(
      "div",
      { class: "card" },
      factsNode(
        [
          ["State", stateNode(update.state)],
          ["Took", durationText(seconds)],
          ["Tables", update.state === "RUNNING" ? `${countText(done)} done` : countText(update.flows.length)],
          ["Rows written", countText(update.rows_written)],
          ["Rows dropped", countText(update.rows_dropped)],
          ["Errors", countText(errorCount(update))],
        ],
        "facts-tiles",
      ),
    );
  }

  filtersNode(runs) {
    const buttons = FILTERS.map(([name, label, keeps]) => {
      const count = runs.filter(keeps).length;
      return (
        (name === "all" || count > 0) &&
        element(
          "button",
          {
            type: "button",
            "data-key": `filter ${name}`,
            "aria-pressed": String(this.filter === name),
            onClick: () => this.setFilter(name),
          },
          `${label} `,
          element("span", { class: "number muted" }, countText(count)),
        )
      );
    });
    return element(
      "div",
      {},
      element("div", { class: "segmented", role: "group", "aria-label": "Which flows" }, ...buttons),
    );
  }

  setFilter(name) {
    this.filter = name;
    this.draw();
  }

  flowsNode(update, runs) {
    const begin = new Date(update.started).getTime();
    const end = update.ended
      ? new Date(update.ended).getTime()
      : update.state === "RUNNING"
        ? Date.now()
        : Math.max(...runs.map((run) => new Date(run.ended ?? run.started ?? begin).getTime()), begin + 1);
    const span = Math.max(1, end - begin);
    const isOver = update.state !== "RUNNING";
    const rows = runs.flatMap((run) => this.flowRows(run, { begin, span, end, isOver }));
    const heads = [
      ["", "flow-choose"],
      ["Name"],
      ["State"],
      ["How"],
      ["Time", "flow-time"],
      ["Took", "is-number"],
      ["Read", "is-number"],
      ["Written", "is-number"],
      ["Dropped", "is-number"],
      ["Rules"],
    ];
    return element(
      "div",
      { class: "card listing-table flows", tabindex: "0", role: "region", "aria-label": "Flows" },
      element(
        "table",
        { class: "table" },
        element("caption", { class: "visually-hidden" }, "Sources and tables of this update"),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...heads.map(([label, more]) =>
              element(label ? "th" : "td", { scope: label ? "col" : null, class: more }, label),
            ),
          ),
        ),
        element("tbody", {}, ...rows),
      ),
    );
  }

  flowRows(run, frame) {
    const id = run.isSource ? run.name : shortName(run.name);
    const { status } = run;
    const details = detailsOf(run);
    const isOpen = this.opened.has(id) || (status === "FAILED" && !this.opened.has(`closed ${id}`));
    const detailsId = freshId("flow");
    const toggle =
      details &&
      element(
        "button",
        {
          type: "button",
          class: "flow-toggle icon-button",
          "data-key": `toggle ${id}`,
          "aria-expanded": String(isOpen),
          "aria-controls": detailsId,
          "aria-label": `Details of ${id}`,
          onClick: () => this.toggle(id, isOpen),
        },
        icon("chevron"),
      );
    const box =
      !run.isSource &&
      element("input", {
        type: "checkbox",
        "data-key": `choose ${id}`,
        "aria-label": `Choose ${id}`,
        checked: this.chosen.has(id),
        onChange: (event) => this.choose(id, event.target.checked),
      });
    const link = element(
      "a",
      { href: run.isSource ? `/console/sources/${encodeURIComponent(run.name)}` : tableUrl(id), title: id },
      id,
    );
    const seconds = run.seconds ?? secondsBetween(run.started, run.ended ?? (frame.isOver ? run.started : undefined));
    const row = element(
      "tr",
      {},
      element("td", { class: "flow-choose" }, box),
      element(
        "th",
        { scope: "row" },
        element("span", { class: "flow-name" }, toggle || element("span", { class: "flow-toggle" }), link),
      ),
      element("td", {}, stateNode(status, run.technique)),
      element(
        "td",
        { class: "flow-how", title: run.reason },
        run.technique && !["failed", "skipped", "excluded"].includes(run.technique) ? sentence(run.technique) : "–",
      ),
      element("td", { class: "flow-time" }, barNode(run, status, frame)),
      element("td", { class: "is-number" }, status === "QUEUED" || status === "SKIPPED" ? "–" : durationText(seconds)),
      element(
        "td",
        { class: "is-number" },
        run.isSource ? (run.files ? counted(run.files, "file") : "–") : run.rows_in ? countText(run.rows_in) : "–",
      ),
      element(
        "td",
        { class: "is-number" },
        run.isSource ? (run.bytes ? sizeText(run.bytes) : "–") : countText(run.rows_written),
      ),
      element("td", { class: "is-number" }, run.rows_dropped ? countText(run.rows_dropped) : "–"),
      element("td", {}, rulesNode(run.expectations)),
    );
    if (!details || !isOpen) return [row];
    return [
      row,
      element(
        "tr",
        { id: detailsId, class: "flow-details" },
        element("td", { colspan: "10" }, element("div", {}, ...details)),
      ),
    ];
  }

  toggle(id, isOpen) {
    this.opened.delete(isOpen ? id : `closed ${id}`);
    this.opened.add(isOpen ? `closed ${id}` : id);
    this.draw();
  }

  choose(id, isChosen) {
    if (isChosen) this.chosen.add(id);
    else this.chosen.delete(id);
    this.draw();
  }

  close() {
    this.isClosed = true;
    clearInterval(this.timer);
    this.stopListening();
  }
}

/** How many errors an update has, its own and those of its parts. */
export function errorCount(update) {
  return update.errors.length + [...update.flows, ...update.sources].filter((run) => run.status === "FAILED").length;
}

function barNode(run, status, { begin, span, end, isOver }) {
  if (!run.started || status === "QUEUED" || status === "EXCLUDED") return "";
  const from = new Date(run.started).getTime();
  const to = run.ended ? new Date(run.ended).getTime() : isOver ? from : end;
  const bar = element("span", {
    class: `gantt gantt-${stateOf(status, run.technique).name}`,
    title: durationText((to - from) / 1000),
  });
  bar.style.left = `${(Math.max(0, from - begin) / span) * 100}%`;
  bar.style.width = `max(3px, ${(Math.max(0, to - from) / span) * 100}%)`;
  return element("span", { class: "gantt-lane" }, bar);
}

function rulesNode(rules) {
  if (!rules?.length) return "–";
  const failed = rules.filter((rule) => rule.failed_records > 0);
  if (!failed.length) return element("span", { class: "badge badge-good" }, `${rules.length} kept`);
  return element("span", { class: "badge badge-warn" }, `${failed.length} of ${rules.length} broken`);
}

function detailsOf(run) {
  const parts = [];
  if (run.error) parts.push(errorNode(run.error));
  if (run.reason && run.technique && !run.error)
    parts.push(element("p", { class: "muted" }, `${sentence(run.technique)}: ${run.reason}`));
  if (run.expectations?.length) {
    parts.push(
      element(
        "ul",
        { class: "rule-list" },
        ...run.expectations.map((rule) => {
          const total = rule.passed_records + rule.failed_records;
          const meter = element(
            "span",
            { class: "rule-meter", "aria-hidden": "true" },
            element("span", { style: { width: `${total ? (rule.passed_records / total) * 100 : 100}%` } }),
          );
          return element(
            "li",
            {},
            element("span", { class: "mono" }, rule.name),
            meter,
            element(
              "span",
              { class: rule.failed_records ? "bad number" : "muted number" },
              rule.failed_records
                ? `${counted(rule.failed_records, "row")} of ${countText(total)} broke it`
                : `${counted(total, "row")} passed`,
            ),
          );
        }),
      ),
    );
  }
  return parts.length ? parts : null;
}

function warningsNode(warnings) {
  return element(
    "details",
    { class: "notice notice-warn" },
    element("summary", {}, counted(warnings.length, "warning")),
    element("ul", { class: "warning-list" }, ...warnings.map((text) => element("li", {}, text))),
  );
}
