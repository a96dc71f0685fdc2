/** Updates: the list of them, and one of them. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { button, emptyNode, headNode, stateNode, tableNode, timeNode, waitingNode } from "./parts.js";
import { UpdateView } from "./update_view.js";
import { counted, countText, durationText, secondsBetween, whatText } from "./words.js";

const PAGE = 50;

/** @param {HTMLElement} root @param {object} place @param {object} context */
export function open(root, place, context) {
  const view = place.parts.length ? new UpdateView(root, place.parts[0], context) : new UpdatesView(root, context);
  return { close: () => view.close() };
}

class UpdatesView {
  constructor(root, context) {
    Object.assign(this, { context, now: context.now, updates: [] });
    this.facts = element("span");
    this.body = element("div", {}, waitingNode());
    this.foot = element("div", { class: "pager" });
    root.append(headNode("Updates", { below: [this.facts] }), this.body, this.foot);
    this.stopListening = this.now.listen(() => this.onNews());
    this.timer = setInterval(() => this.now.isRunning && this.draw(), 1000);
    this.load();
  }

  async load(before) {
    try {
      const { updates } = await getJson(
        `/updates?limit=${PAGE}${before ? `&before=${encodeURIComponent(before)}` : ""}`,
      );
      if (this.isClosed) return;
      this.updates = before ? [...this.updates, ...updates] : updates;
      this.hasMore = updates.length === PAGE;
      this.isLoaded = true;
      this.draw();
    } catch (error) {
      if (!this.isClosed) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  // The newest update is known from elsewhere at every moment: it takes its place in the list.
  onNews() {
    const { update } = this.now;
    if (!update || !this.isLoaded) return;
    const place = this.updates.findIndex((one) => one.id === update.id);
    if (place >= 0) this.updates[place] = update;
    else this.updates.unshift(update);
    this.draw();
  }

  draw() {
    if (!this.isLoaded) return;
    const states = this.updates.filter((update) => update.state === "FAILED").length;
    this.facts.textContent = this.updates.length
      ? [`The last ${counted(this.updates.length, "update")}`, states && `${states} failed`].filter(Boolean).join(" · ")
      : "";
    if (!this.updates.length) {
      this.body.replaceChildren(
        emptyNode(
          "There was no update yet",
          "An update reads what is new at the sources and brings all tables up to date.",
          button("Run the first update", () => this.run(), { kind: "button-primary", shape: "play" }),
        ),
      );
      return;
    }
    const longest = Math.max(...this.updates.map((update) => update.seconds ?? 0), 0.001);
    const columns = [
      { label: "Started" },
      { label: "State" },
      { label: "Took" },
      { label: "" },
      { label: "Rows written", isNumber: true },
      { label: "Dropped", isNumber: true },
      { label: "Errors", isNumber: true },
      { label: "What" },
    ];
    const focused = document.activeElement?.closest?.("tr")?.dataset.id;
    const scroll = this.body.firstElementChild?.scrollLeft ?? 0;
    this.body.replaceChildren(
      tableNode(
        "Updates",
        columns,
        this.updates.map((update) => rowNode(update, longest)),
        "updates-list",
      ),
    );
    this.body.firstElementChild.scrollLeft = scroll;
    if (focused) this.body.querySelector(`tr[data-id="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
    this.foot.replaceChildren(
      this.hasMore ? button("Older updates", () => this.load(this.updates[this.updates.length - 1].started)) : "",
    );
  }

  async run() {
    const id = await this.context.actions.refresh();
    if (id) this.context.go(`/console/updates/${encodeURIComponent(id)}`);
  }

  close() {
    this.isClosed = true;
    clearInterval(this.timer);
    this.stopListening();
  }
}

function rowNode(update, longest) {
  const seconds = update.seconds ?? (update.state === "RUNNING" ? secondsBetween(update.started) : null);
  const bar = element("span", { class: `took took-${update.state.toLowerCase()}`, "aria-hidden": "true" });
  bar.style.width = `${Math.max(2, Math.min(100, ((seconds ?? 0) / longest) * 100))}%`;
  return element(
    "tr",
    { "data-id": update.id },
    element(
      "th",
      { scope: "row" },
      element("a", { href: `/console/updates/${encodeURIComponent(update.id)}` }, timeNode(update.started)),
    ),
    element("td", {}, stateNode(update.state)),
    element("td", { class: "number" }, durationText(seconds)),
    element("td", { class: "took-cell" }, bar),
    element("td", { class: "is-number" }, countText(update.rows_written)),
    element("td", { class: "is-number" }, update.rows_dropped ? countText(update.rows_dropped) : "–"),
    element(
      "td",
      { class: "is-number" },
      update.errors ? element("strong", { class: "bad" }, countText(update.errors)) : "–",
    ),
    element("td", { title: whatText(update) }, whatText(update)),
  );
}
