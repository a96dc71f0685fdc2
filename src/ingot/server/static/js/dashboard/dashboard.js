/**
 * One dashboard on a page: owns the view's state and everything that changes it. A change makes a new state, writes it
 * to the address, and asks for what is not shown yet.
 */
import { CategoryOrder, lookOf, paletteOf } from "../charts/look.js";
import { announce, element, icon } from "../dom.js";
import { openMenu } from "../menu.js";
import { emptyView, readView, withEntry, writeView } from "../state.js";
import { Asker } from "./asker.js";
import { chipList, chipsNode } from "./chips.js";
import { atNextLevel, drilledDown, drilledTo, drilledUp, levelNames, placeOf } from "./drill.js";
import { choiceOf, isWithin, pathFilters, selectionAfter, slicerFilters, throughFilters, without } from "./filters.js";
import { Frame } from "./frame.js";
import { placeFrames } from "./grid.js";
import { labelOf } from "./labels.js";
import { SlicerBar } from "./slicers.js";
import { BLANK, formatterOf } from "../format.js";
import { markEntries, visualEntries } from "./visual_menu.js";

export class Dashboard {
  /**
   * @param {HTMLElement} root
   * @param {object} spec of the API
   * @param {object} source where answers come from
   * @param {{urlOf: (page: string, query: string) => string, onAnswered?: () => void}} address
   */
  constructor(root, spec, source, address) {
    Object.assign(this, { root, spec, source, address });
    this.locale = spec.locale || "en";
    this.setting = { locale: this.locale, currency: spec.currency || "EUR", timeZone: spec.time_zone };
    this.order = new CategoryOrder();
    this.asker = new Asker((body, signal) => source.data(body, signal));
    this.view = emptyView();
    this.isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    addEventListener("keydown", (event) => this.onKey(event));
    addEventListener("beforeprint", () => this.frames?.forEach((frame) => frame.view?.flush?.()));
    addEventListener("themechange", () => this.frames?.forEach((frame) => frame.draw()));
  }

  // ── pages and state ──

  /** Shows a page in a state; the address is the caller's. */
  show(pageName, view) {
    const page =
      this.spec.pages.find((candidate) => candidate.name === pageName) ??
      this.spec.pages.find((candidate) => !candidate.hidden) ??
      this.spec.pages[0];
    const isOther = page !== this.page;
    this.page = page;
    this.view = view;
    if (isOther) this.build();
    this.render();
    return this.ask();
  }

  /** A change that the reader made: a new entry in the history. */
  change(part) {
    this.view = { ...this.view, ...part };
    this.push();
    this.render();
    this.ask();
  }

  push(pageName = this.page.name) {
    history.pushState(null, "", this.address.urlOf(pageName, writeView(this.view)));
  }

  build() {
    this.full = null;
    this.frames?.forEach((frame) => frame.dispose());
    this.asker.clear();
    this.slicers = new SlicerBar(this.page.slicers, {
      setting: this.setting,
      valuesOf: (...asked) => this.valuesOf(...asked),
      onChoose: (slicer, choice) => this.onChoose(slicer, choice),
    });
    this.chips = element("div", { class: "chips-place" });
    this.grid = element("div", { class: "grid" });
    this.frames = new Map(this.page.visuals.map((visual) => [visual.id, new Frame(visual, this)]));
    placeFrames(this.grid, this.page.visuals, this.frames);
    this.root.replaceChildren(
      this.tabs(),
      element("div", { class: "filters" }, this.slicers.node, this.chips),
      element("h2", { class: "visually-hidden" }, this.page.title),
      this.grid,
    );
  }

  tabs() {
    const shown = this.spec.pages.filter((page) => !page.hidden || page === this.page);
    if (shown.length < 2 && !this.view.r) return element("div", { hidden: true });
    const tab = (page) =>
      element(
        "a",
        {
          href: this.address.urlOf(page.name, ""),
          "aria-current": page === this.page ? "page" : null,
          onClick: (event) => this.onTab(event, page),
        },
        page.title,
      );
    const back = element(
      "button",
      { type: "button", class: "button button-quiet tabs-back", hidden: !this.view.r, onClick: () => this.onBack() },
      icon("back"),
      "Back",
    );
    return element("nav", { class: "tabs", "aria-label": "Pages" }, back, ...shown.map(tab));
  }

  onTab(event, page) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (page === this.page) return;
    this.goTo(page, this.carried(page));
  }

  // Choices of slicers that the other page has as well go with the reader.
  carried(page) {
    const ids = new Set(page.slicers.map((slicer) => slicer.id));
    const f = Object.fromEntries(Object.entries(this.view.f).filter(([id]) => ids.has(id)));
    return { ...emptyView(), f };
  }

  goTo(page, view) {
    this.view = view;
    this.push(page.name);
    this.show(page.name, view);
    scrollTo({ top: 0 });
    announce(`Page ${page.title}`);
  }

  onBack() {
    const page = this.spec.pages.find((candidate) => candidate.name === this.view.r);
    if (page) history.length > 1 ? history.back() : this.goTo(page, emptyView());
  }

  /** Draws what the state says; asks for nothing. */
  render() {
    this.slicers.show(this.view);
    this.chips.replaceChildren(chipsNode(chipList(this), () => this.onClearAll()));
    this.frames.forEach((frame) => {
      frame.showTools();
      frame.follow();
    });
  }

  ask() {
    return this.asker.update(this.page, this.view, {
      onStart: (ids) => ids.forEach((id) => this.frames.get(id)?.wait()),
      onAnswer: (id, answer, base) => {
        this.frames.get(id)?.show(answer, base);
        this.address.onAnswered?.();
      },
      onKept: (id) => this.frames.get(id)?.settle(),
      onError: (ids, error) => ids.forEach((id) => this.frames.get(id)?.fail(error)),
    });
  }

  onRetry() {
    this.asker.clear();
    this.ask();
  }

  /** Tables have new versions: asks again what they are read by. */
  refresh(versions) {
    if (!this.page || !this.asker.expire(versions)) return;
    this.slicers.refresh();
    this.ask();
  }

  /** The dashboard's definition changed: everything is built anew, in the state of now. */
  replaceSpec(spec) {
    const { name } = this.page;
    this.spec = spec;
    this.page = null;
    this.show(name, this.view);
  }

  // ── what frames ask ──

  stateOf(visual) {
    return { selected: this.view.s[visual.id] ?? [], sort: this.sortOf(visual) };
  }

  sortOf(visual) {
    const own = visual.sort;
    return this.view.o[visual.id] ?? (Array.isArray(own) ? own[0] : own) ?? undefined;
  }

  lookOf(visual, size, base) {
    const selected = this.view.s[visual.id] ?? [];
    const theme = document.documentElement.dataset.theme;
    const look = lookOf({
      ...size,
      theme,
      setting: this.setting,
      base,
      isStill: this.isStill || "printing" in document.documentElement.dataset,
    });
    look.colorOf = paletteOf(look.colors.palette, this.order);
    look.isDimmed = ({ point }) => selected.length > 0 && !isWithin(point, selected);
    return look;
  }

  isFiltered() {
    return chipList(this).length > 0;
  }

  isSelected(visual, point) {
    return isWithin(point, this.view.s[visual.id] ?? []);
  }

  drillOf(visual) {
    if (!visual.hierarchy || visual.hierarchy.length < 2) return null;
    const place = placeOf(this.view, visual);
    const path = place.path.map(({ field, value }) => ({ field, text: this.valueText(visual, field, value) }));
    return { names: levelNames(visual), level: place.level, path };
  }

  throughPage(visual) {
    return visual.drill_through ? this.spec.pages.find((page) => page.name === visual.drill_through) : null;
  }

  // ── what the reader does ──

  onChoose(slicer, choice) {
    const hasDefault = choiceOf(slicer, emptyView()) !== null;
    this.change({ f: withEntry(this.view.f, slicer.id, choice ?? (hasDefault ? null : undefined)) });
  }

  onSelect(visual, point, isAdding) {
    const s = selectionAfter(this.view.s, visual.id, point, isAdding);
    this.change({ s });
    const count = s[visual.id]?.length ?? 0;
    announce(
      count
        ? `${visual.title}: ${count} selected, other visuals are ${visual.interaction === "highlight" ? "highlighted" : "filtered"}`
        : "Selection cleared",
    );
  }

  onUnselect(visual) {
    if (this.view.s[visual.id]) this.change({ s: without(this.view.s, visual.id) });
  }

  onSort(visual, sort) {
    this.change({ o: withEntry(this.view.o, visual.id, sort) });
  }

  onDrillDown(visual, point) {
    const place = drilledDown(this.view, visual, point);
    if (place) this.setDrill(visual, place);
  }

  onDrillUp(visual) {
    this.setDrill(visual, drilledUp(this.view, visual));
  }

  onNextLevel(visual) {
    const place = atNextLevel(this.view, visual);
    if (place) this.setDrill(visual, place);
  }

  onDrillTo(visual, depth) {
    this.setDrill(visual, drilledTo(this.view, visual, depth));
  }

  setDrill(visual, place) {
    this.change({
      d: withEntry(this.view.d, visual.id, place ?? undefined),
      s: without(this.view.s, visual.id),
      o: without(this.view.o, visual.id),
    });
    announce(`${visual.title}: ${levelNames(visual)[place?.level ?? 0]}`);
  }

  onDrillThrough(visual, point) {
    const page = this.throughPage(visual);
    const reached = [
      ...slicerFilters(this.page, this.view),
      ...throughFilters(this.view),
      ...pathFilters(this.view.d[visual.id]),
    ];
    const clicked = Object.entries(point).map(([field, value]) => ({ field, op: "in", values: [value] }));
    const fields = new Set(clicked.map((filter) => filter.field));
    const t = [...reached.filter((filter) => !fields.has(filter.field)), ...clicked];
    this.goTo(page, { ...emptyView(), t, r: this.page.name });
  }

  onVisualMenu(frame, anchor) {
    openMenu(anchor, visualEntries(frame, this), frame.visual.title);
  }

  /** @param {object} [behind] what the rows behind the mark have, where that is more than what it filters by */
  onMarkMenu(frame, point, place, label, behind = point) {
    if (!Object.keys(point).length) return;
    const text =
      label ??
      Object.entries(point)
        .map(([field, value]) => this.valueText(frame.visual, field, value))
        .join(", ");
    openMenu(place, markEntries(frame, { point, behind }, this, text), text);
  }

  isFull(frame) {
    return this.full === frame;
  }

  onFull(frame) {
    const isLeaving = this.full !== null;
    const shown = this.full ?? frame;
    this.full = isLeaving ? null : frame;
    shown.node.classList.toggle("is-full", !isLeaving);
    document.body.classList.toggle("has-full", !isLeaving);
    for (const node of [...this.grid.children, ...this.root.children, document.querySelector(".topbar")]) {
      if (node && !node.contains(shown.node)) node.inert = !isLeaving;
    }
    shown.more.focus();
  }

  onClearAll() {
    const f = Object.fromEntries(
      this.page.slicers.filter((slicer) => choiceOf(slicer, emptyView())).map((slicer) => [slicer.id, null]),
    );
    this.change({ ...emptyView(), f, r: this.view.r, o: this.view.o });
    announce("All filters cleared");
  }

  onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(".popover, dialog[open]")) return;
    if (this.full) this.onFull(this.full);
    else if (Object.keys(this.view.s).length) this.change({ s: {} });
  }

  // ── words ──

  valuesOf(slicer, search, signal) {
    return this.source.values(
      {
        page: this.page.name,
        slicer: slicer.id,
        search,
        filters: [...slicerFilters(this.page, this.view, slicer.id), ...throughFilters(this.view)],
      },
      signal,
    );
  }

  valueText(visual, field, value) {
    const columns = [
      ...(this.frames.get(visual?.id)?.data?.columns ?? []),
      ...Object.values(visual?.channels ?? {}).flat(),
      ...(visual?.hierarchy ?? []),
    ];
    const column = columns.find((candidate) => candidate?.name === field && candidate.type);
    return formatterOf({ ...column, role: "dimension" }, this.setting, { blank: BLANK })(value);
  }

  // A field is called here what this page's slicers call it, else what visuals do: those of the page it came from first.
  pagesByNearness() {
    const from = this.spec.pages.find((page) => page.name === this.view.r);
    return [this.page, ...(from ? [from] : []), ...this.spec.pages];
  }

  fieldLabel(field) {
    return labelOf(field, this.pagesByNearness());
  }
}

/** The state that an address tells. */
export function viewOfAddress() {
  return readView(location.search);
}
