/** Updates: the list of them, and one of them. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { button, emptyNode, headNode, stateNode, tableNode, timeNode, waitingNode } from "./parts.js";
import { whenLetGo } from "./pressed.js";
import { errorCount, UpdateView } from "./update_view.js";
import { counted, countText, durationText, secondsBetween, whatText } from "./words.js";

const PAGE = 50;

/** @param {HTMLElement} root @param {object} place @param {object} context */
export function open(root, place, context) {
  const view = place.parts.length ? new UpdateView(root, place.parts[0], context) : new UpdatesView(root, context);
  return { close: () => view.close() };
}

class UpdatesView {
  constructor(root, context) {
    Object.assign(this, { context, now: context.now, updates: [], pages: new Newest() });
    this.facts = element("span");
    this.body = element("div", {}, waitingNode());
    this.foot = element("div", { class: "pager" });
    root.append(headNode("Updates", { below: [this.facts] }), this.body, this.foot);
    this.stopListening = this.now.listen(() => this.onNews());
    this.timer = setInterval(() => this.now.isRunning && this.drawLater(), 1000);
    this.load();
  }

  async load(before) {
    const isNewest = this.pages.begin();
    try {
      const { updates } = await getJson(
        `/updates?limit=${PAGE}${before ? `&before=${encodeURIComponent(before)}` : ""}`,
      );
      if (!isNewest()) return;
      this.updates = before ? [...this.updates, ...updates] : updates;
      this.hasMore = updates.length === PAGE;
      this.isLoaded = true;
      this.takeNews();
      this.draw();
    } catch (error) {
      if (isNewest()) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  onNews() {
    if (!this.isLoaded) return;
    this.takeNews();
    this.drawLater();
  }

  drawLater() {
    whenLetGo(this.body, () => this.draw());
  }

  // The newest update is known from elsewhere at every moment, and better than the list knew it when it was asked.
  takeNews() {
    const { update } = this.now;
    if (!update) return;
    const line = { ...update, errors: errorCount(update) };
    const place = this.updates.findIndex((one) => one.id === update.id);
    if (place >= 0) this.updates[place] = line;
    else this.updates.unshift(line);
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

  run() {
    this.context.goToUpdate(this.context.actions.refresh());
  }

  close() {
    this.pages.end();
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
