/**
 * What the reader chooses: values of slicers, marks of visuals, orders, steps of a hierarchy. Each choice is a change of
 * the dashboard's view, and is said to those who listen. Asks for nothing and draws nothing.
 */
import { announce } from "../dom.js";
import { emptyView, withEntry } from "../state.js";
import { atNextLevel, drilledDown, drilledTo, drilledUp, isOfLevel, levelNames } from "./drill.js";
import { choiceOf, pathFilters, selectionAfter, slicerFilters, throughFilters, without } from "./filters.js";

export class Choices {
  /** @param {import("./dashboard.js").Dashboard} dashboard */
  constructor(dashboard) {
    this.dashboard = dashboard;
  }

  get view() {
    return this.dashboard.view;
  }

  /** @param {any[]|null} choice [op, …values]; null takes away the default as well */
  values(slicer, choice) {
    const hasDefault = choiceOf(slicer, emptyView()) !== null;
    this.dashboard.change({ f: withEntry(this.view.f, slicer.id, choice ?? (hasDefault ? null : undefined)) });
  }

  /** A mark of a visual, or one more of them. */
  select(visual, point, isAdding) {
    if (!isOfLevel(this.view, visual, point)) return; // a mark of the level that is being left
    const s = selectionAfter(this.view.s, visual.id, point, isAdding);
    this.dashboard.change({ s });
    const count = s[visual.id]?.length ?? 0;
    announce(
      count
        ? `${visual.title}: ${count} selected, other visuals are ${visual.interaction === "highlight" ? "highlighted" : "filtered"}`
        : "Selection cleared",
    );
  }

  unselect(visual) {
    if (this.view.s[visual.id]) this.dashboard.change({ s: without(this.view.s, visual.id) });
  }

  unselectAll() {
    if (Object.keys(this.view.s).length) this.dashboard.change({ s: {} });
  }

  sort(visual, sort) {
    this.dashboard.change({ o: withEntry(this.view.o, visual.id, sort) });
  }

  /** Takes away what came along from another page. @param {number} place */
  dropThrough(place) {
    this.dashboard.change({ t: this.view.t.filter((_, other) => other !== place) });
  }

  clearAll() {
    const { page } = this.dashboard;
    const f = Object.fromEntries(
      page.slicers.filter((slicer) => choiceOf(slicer, emptyView())).map((slicer) => [slicer.id, null]),
    );
    this.dashboard.change({ ...emptyView(), f, r: this.view.r, o: this.view.o });
    announce("All filters cleared");
  }

  // ── the way through a hierarchy ──

  drillDown(visual, point) {
    const place = drilledDown(this.view, visual, point);
    if (place) this.setDrill(visual, place);
  }

  drillUp(visual) {
    this.setDrill(visual, drilledUp(this.view, visual));
  }

  nextLevel(visual) {
    const place = atNextLevel(this.view, visual);
    if (place) this.setDrill(visual, place);
  }

  drillTo(visual, depth) {
    this.setDrill(visual, drilledTo(this.view, visual, depth));
  }

  /** @param {{path: object[], level: number}|null} place */
  setDrill(visual, place) {
    this.dashboard.change({
      d: withEntry(this.view.d, visual.id, place ?? undefined),
      s: without(this.view.s, visual.id),
      o: without(this.view.o, visual.id),
    });
    announce(`${visual.title}: ${levelNames(visual)[place?.level ?? 0]}`);
  }

  /** To the page that tells more of a mark, with everything that filters here. */
  drillThrough(visual, point) {
    const { page } = this.dashboard;
    const reached = [
      ...slicerFilters(page, this.view),
      ...throughFilters(this.view),
      ...pathFilters(this.view.d[visual.id]),
    ];
    const clicked = Object.entries(point).map(([field, value]) => ({ field, op: "in", values: [value] }));
    const fields = new Set(clicked.map((filter) => filter.field));
    const t = [...reached.filter((filter) => !fields.has(filter.field)), ...clicked];
    this.dashboard.goTo(this.dashboard.throughPage(visual), { ...emptyView(), t, r: page.name });
  }
}
