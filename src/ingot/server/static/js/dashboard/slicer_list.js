/** Slicers over values: a list with search in a panel, and tiles for a few values on the bar. */
import { element, icon } from "../dom.js";
import { Newest } from "../newest.js";
import { openPopover } from "../popover.js";
import { choiceWriter } from "./choice_text.js";

const SEARCH_WAIT_MS = 180;
const TILES_MAX = 7;

/** A list of values with their counts, a search, and several choices at once where the slicer allows it. */
export class ListPanel {
  constructor(slicer, page, choice) {
    Object.assign(this, { slicer, page });
    this.chosen = new Set((choice?.[0] === "in" ? choice.slice(1) : []).map(keyOf));
    this.write = choiceWriter(slicer, page.setting);
    this.search = element("input", {
      class: "input",
      type: "search",
      placeholder: "Search",
      "aria-label": `Search ${slicer.label}`,
      onInput: () => this.later(),
    });
    this.list = element("div", { class: "choices", role: "group", "aria-label": slicer.label });
    this.clear = element(
      "button",
      { type: "button", class: "button button-quiet", onClick: () => this.choose([]) },
      "Clear",
    );
    this.node = element(
      "div",
      { class: "list-panel" },
      this.search,
      this.list,
      element("div", { class: "panel-foot" }, this.clear),
    );
    this.node.addEventListener("keydown", (event) => this.onKey(event));
  }

  begin(popover) {
    this.popover = popover;
    this.search.focus();
    this.load();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SEARCH_WAIT_MS);
  }

  async load() {
    this.aborter?.abort();
    this.aborter = new AbortController();
    try {
      const answer = await this.page.valuesOf(this.slicer, this.search.value, this.aborter.signal);
      this.showValues(answer);
    } catch (error) {
      if (error.name !== "AbortError") this.list.replaceChildren(element("p", { class: "muted small" }, error.message));
    }
  }

  showValues({ values, is_truncated: isCut }) {
    const count = new Intl.NumberFormat(this.page.setting.locale);
    const type = this.slicer.multiple === false ? "radio" : "checkbox";
    const nodes = values.map(({ value, count: rows }) => {
      const input = element("input", {
        type,
        name: this.slicer.id,
        onChange: (event) => this.toggle(value, event.target.checked),
      });
      input.checked = this.chosen.has(keyOf(value));
      return element(
        "label",
        { class: "choice" },
        input,
        element("span", { class: "choice-text", title: this.write(value) }, this.write(value)),
        rows !== undefined && rows !== null && element("span", { class: "choice-count" }, count.format(rows)),
      );
    });
    if (!values.length) nodes.push(element("p", { class: "muted small" }, "Nothing found"));
    if (isCut) nodes.push(element("p", { class: "muted small" }, "More values: search for them"));
    this.list.replaceChildren(...nodes);
    this.values = new Map([...(this.values ?? []), ...values.map(({ value }) => [keyOf(value), value])]);
    this.popover.place();
  }

  toggle(value, isChosen) {
    if (this.slicer.multiple === false) this.chosen.clear();
    if (isChosen) this.chosen.add(keyOf(value));
    else this.chosen.delete(keyOf(value));
    this.choose([...this.chosen].map(valueOf));
  }

  choose(values) {
    this.chosen = new Set(values.map(keyOf));
    if (!values.length) this.list.querySelectorAll("input").forEach((input) => (input.checked = false));
    this.page.onChoose(this.slicer, values.length ? ["in", ...values] : null);
  }

  onKey(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [this.search, ...this.list.querySelectorAll("input")];
    const at = stops.indexOf(document.activeElement);
    const next = stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))];
    if (this.slicer.multiple === false && document.activeElement !== this.search) return; // radios move on their own
    event.preventDefault();
    next?.focus();
  }

  dispose() {
    clearTimeout(this.timer);
    this.aborter?.abort();
  }
}

// Values are told apart by type as well: 1 is not "1".
function keyOf(value) {
  return JSON.stringify(value);
}

function valueOf(key) {
  return JSON.parse(key);
}

/** The values themselves as buttons on the bar; what is beyond the first few is behind one that opens the list. */
export class TilesControl {
  constructor(slicer, page) {
    Object.assign(this, { slicer, page, choice: null, values: [], lists: new Newest() });
    this.write = choiceWriter(slicer, page.setting);
    this.tiles = element(
      "div",
      { class: "tiles", role: "group", "aria-label": slicer.label },
      element("span", { class: "skeleton tiles-skeleton" }),
    );
    this.node = element(
      "div",
      { class: "tiles-control" },
      element("span", { class: "pill-label", "aria-hidden": "true" }, slicer.label),
      this.tiles,
    );
    this.refresh();
  }

  async refresh() {
    const isNewest = this.lists.begin();
    try {
      const { values } = await this.page.valuesOf(this.slicer, "", new AbortController().signal);
      if (!isNewest()) return;
      this.values = values.map(({ value }) => value);
      this.draw();
    } catch (error) {
      if (isNewest()) this.tiles.replaceChildren(element("span", { class: "muted small" }, error.message));
    }
  }

  show(choice) {
    this.choice = choice;
    if (this.values.length) this.draw();
  }

  draw() {
    const chosen = new Set((this.choice ?? []).slice(1).map(keyOf));
    const extra = [...chosen]
      .map(valueOf)
      .filter((value) => !this.values.slice(0, TILES_MAX).map(keyOf).includes(keyOf(value)));
    const tile = (value) => {
      const isChosen = chosen.has(keyOf(value));
      return element(
        "button",
        {
          type: "button",
          class: "tile",
          "aria-pressed": String(isChosen),
          onClick: () => this.toggle(value, isChosen),
        },
        this.write(value),
      );
    };
    const focused = this.tiles.contains(document.activeElement)
      ? [...this.tiles.children].indexOf(document.activeElement)
      : -1;
    this.tiles.replaceChildren(
      ...this.values.slice(0, TILES_MAX).map(tile),
      ...extra.map(tile),
      this.values.length > TILES_MAX ? this.moreButton() : "",
    );
    if (focused >= 0) this.tiles.children[focused]?.focus();
  }

  moreButton() {
    return element(
      "button",
      {
        type: "button",
        class: "tile",
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        onClick: (event) => this.openList(event.currentTarget),
      },
      "More",
      icon("chevron"),
    );
  }

  openList(button) {
    const panel = new ListPanel(this.slicer, this.page, this.choice);
    panel.begin(
      openPopover(button, panel.node, {
        label: this.slicer.label,
        class: "slicer-panel",
        onClose: () => panel.dispose(),
      }),
    );
  }

  toggle(value, wasChosen) {
    const others =
      this.slicer.multiple === false ? [] : (this.choice ?? []).slice(1).filter((one) => keyOf(one) !== keyOf(value));
    const values = wasChosen ? others : [...others, value];
    this.page.onChoose(this.slicer, values.length ? ["in", ...values] : null);
  }
}
