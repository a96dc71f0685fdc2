/**
 * One dashboard on a page: owns the state of the view, the page's parts, and the address. A change makes a new state,
 * writes it to the address, and asks for what is not shown yet. What readers choose is in choices.
 */
import { announce, element } from "../dom.js";
import { closePopover } from "../popover.js";
import { emptyView, readView, writeView } from "../state.js";
import { Asker } from "./asker.js";
import { chipList, chipsNode } from "./chips.js";
import { Choices } from "./choices.js";
import { levelNames, placeOf } from "./drill.js";
import { isWithin, slicerFilters, throughFilters } from "./filters.js";
import { Frame } from "./frame.js";
import { FullScreen } from "./full_screen.js";
import { placeFrames } from "./grid.js";
import { Looks } from "./looks.js";
import { SlicerBar } from "./slicers.js";
import { tabsNode } from "./tabs.js";
import { valueText } from "./wording.js";

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
    this.looks = new Looks(this.setting);
    this.asker = new Asker((body, signal) => source.data(body, signal));
    this.choices = new Choices(this);
    this.fullScreen = new FullScreen(root);
    this.view = emptyView();
    this.frames = new Map();
    addEventListener("keydown", (event) => this.onKey(event));
    addEventListener("beforeprint", () => this.frames.forEach((frame) => frame.view?.flush?.()));
    addEventListener("themechange", () => this.frames.forEach((frame) => frame.draw()));
  }

  // ── pages and state ──

  /** Shows a page in a state; the address is the caller's. */
  show(pageName, view) {
    closePopover();
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

  goTo(page, view) {
    this.view = view;
    this.push(page.name);
    this.show(page.name, view);
    scrollTo({ top: 0 });
    announce(`Page ${page.title}`);
  }

  /** To the page where drilling through began. */
  goBack() {
    const page = this.spec.pages.find((candidate) => candidate.name === this.view.r);
    if (page) history.length > 1 ? history.back() : this.goTo(page, emptyView());
  }

  /** The dashboard's definition changed: everything is built anew, in the state of now. */
  replaceSpec(spec) {
    const { name } = this.page;
    this.spec = spec;
    this.page = null;
    this.show(name, this.view);
  }

  // Nothing of the page that is left stays: no full screen, no rows behind its marks, no question on its way.
  build() {
    this.fullScreen.leave();
    document.querySelector("dialog[open]")?.close();
    this.frames.forEach((frame) => frame.dispose());
    this.asker.clear();
    this.slicers = new SlicerBar(this.page.slicers, {
      setting: this.setting,
      valuesOf: (...asked) => this.valuesOf(...asked),
      onChoose: (slicer, choice) => this.choices.values(slicer, choice),
    });
    this.chips = element("div", { class: "chips-place" });
    const grid = element("div", { class: "grid" });
    this.frames = new Map(this.page.visuals.map((visual) => [visual.id, new Frame(visual, this)]));
    placeFrames(grid, this.page.visuals, this.frames);
    this.root.replaceChildren(
      tabsNode(this),
      element("div", { class: "filters" }, this.slicers.node, this.chips),
      element("h2", { class: "visually-hidden" }, this.page.title),
      grid,
    );
  }

  /** Draws what the state says; asks for nothing. */
  render() {
    this.slicers.show(this.view);
    this.chips.replaceChildren(chipsNode(chipList(this), () => this.choices.clearAll()));
    this.frames.forEach((frame) => {
      frame.showTools();
      frame.follow();
    });
  }

  // ── answers ──

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

  askAnew() {
    this.asker.clear();
    this.ask();
  }

  /** Tables have new versions: asks again what they are read by. */
  refresh(versions) {
    if (!this.page || !this.asker.expire(versions)) return;
    this.slicers.refresh();
    this.ask();
  }

  /** The values of a slicer, given what else is chosen. */
  valuesOf(slicer, search, signal) {
    const filters = [...slicerFilters(this.page, this.view, slicer.id), ...throughFilters(this.view)];
    return this.source.values({ page: this.page.name, slicer: slicer.id, search, filters }, signal);
  }

  // ── how visuals stand ──

  stateOf(visual) {
    return { selected: this.selectedIn(visual), sort: this.sortOf(visual) };
  }

  selectedIn(visual) {
    return this.view.s[visual.id] ?? [];
  }

  isSelected(visual, point) {
    return isWithin(point, this.selectedIn(visual));
  }

  sortOf(visual) {
    const own = visual.sort;
    return this.view.o[visual.id] ?? (Array.isArray(own) ? own[0] : own) ?? undefined;
  }

  lookOf(visual, size, base) {
    return this.looks.of(size, base, this.selectedIn(visual));
  }

  isFiltered() {
    return chipList(this).length > 0;
  }

  drillOf(visual) {
    if (!visual.hierarchy || visual.hierarchy.length < 2) return null;
    const place = placeOf(this.view, visual);
    const path = place.path.map(({ field, value }) => ({ field, text: valueText(this, visual, field, value) }));
    return { names: levelNames(visual), level: place.level, path };
  }

  throughPage(visual) {
    return visual.drill_through ? this.spec.pages.find((page) => page.name === visual.drill_through) : null;
  }

  onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(".popover, dialog[open]")) return;
    const full = this.fullScreen.frame;
    if (full) this.fullScreen.toggle(full);
    else this.choices.unselectAll();
  }
}

/** The state that an address tells. */
export function viewOfAddress() {
  return readView(location.search);
}
