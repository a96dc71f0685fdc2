/**
 * The frame of one visual: heading, way through its hierarchy, tools; inside it a chart, a card or a table.
 * Knows how the visual stands (waiting, shown, empty, broken) and nothing of other visuals.
 */
import { HTML_KINDS } from "../charts/index.js";
import { element, freshId, icon, iconButton } from "../dom.js";
import { errorNode } from "../error_node.js";
import { CardView } from "./card_view.js";
import { ChartHost } from "./chart_host.js";
import { MatrixView } from "./matrix_view.js";
import { emptyNode, skeletonNode } from "./notes.js";
import { TableView } from "./table_view.js";
import { openMarkMenu, openVisualMenu } from "./visual_menu.js";
import { fieldLabel } from "./wording.js";

const SLOW_MS = 250;

export class Frame {
  /**
   * @param {object} visual
   * @param {object} page what the frame asks of its page: look, state, and what clicks mean
   */
  constructor(visual, page) {
    this.visual = visual;
    this.page = page;
    this.isTable = false;
    this.status = "waiting";
    const headingId = freshId("visual");
    this.heading = element("h3", { id: headingId, title: visual.title }, visual.title);
    this.crumbs = element("div", { class: "visual-crumbs" });
    this.marks = element("div", { class: "visual-marks" });
    this.tools = element("div", { class: "visual-tools" });
    this.more = iconButton("more", `More for ${visual.title}`, () => openVisualMenu(this, page), {
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      class: "icon-button visual-more",
    });
    this.body = element("div", { class: "visual-body" }, skeletonNode(visual.kind));
    this.foot = element("p", { class: "visual-foot muted small", hidden: true });
    this.node = element(
      "section",
      {
        class: `visual visual-${visual.kind}`,
        "aria-labelledby": headingId,
        "aria-busy": "true",
        "data-visual": visual.id,
      },
      element(
        "header",
        { class: "visual-head" },
        element(
          "div",
          { class: "visual-titles" },
          this.heading,
          visual.description &&
            element("p", { class: "visual-description muted small", title: visual.description }, visual.description),
          this.crumbs,
        ),
        this.marks,
        this.tools,
        this.more,
      ),
      this.body,
      this.foot,
    );
    this.showTools();
  }

  /** An answer is being waited for. What is shown stays; only a wait that is felt is shown. */
  wait() {
    this.isAsked = true;
    this.node.setAttribute("aria-busy", "true");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.node.classList.add("is-slow"), SLOW_MS);
  }

  /** The answer is there, and busy is over as soon as it is drawn. */
  settle() {
    this.isAsked = false;
    if (!this.drawing) this.rest();
  }

  rest() {
    clearTimeout(this.timer);
    this.node.classList.remove("is-slow");
    this.node.setAttribute("aria-busy", "false");
  }

  /** @param {object} answer @param {object|null} base */
  show(answer, base) {
    if (answer.error) return this.fail(answer.error);
    this.data = answer;
    this.base = base && !base.error ? base : null;
    this.showTools();
    this.showMarks();
    this.showFoot();
    if (isEmpty(this.visual, answer)) this.showEmpty();
    else this.draw();
    this.settle();
  }

  showEmpty() {
    this.replaceView("empty", () => ({ node: emptyNode(this.page.isFiltered(), () => this.page.choices.clearAll()) }));
  }

  fail(error) {
    this.drawing = null;
    this.settle();
    this.data = null;
    this.foot.hidden = true;
    this.marks.replaceChildren();
    const retry = this.page.source.isFile ? undefined : () => this.page.askAnew(); // a file answers as it did
    this.replaceView(`error ${error.message}`, () => ({ node: errorNode(error, retry) }));
  }

  /** Draws what is there again: another theme, another selection, another way of showing it. */
  draw() {
    if (!this.data || isEmpty(this.visual, this.data)) return;
    const name = this.isTable ? "table" : this.visual.kind;
    this.replaceView(name, () => this.makeView(name));
    const state = this.page.stateOf(this.visual);
    this.drawnState = JSON.stringify(state);
    this.untilDrawn(this.view.show(this.data, (size) => this.page.lookOf(this.visual, size, this.base), state));
  }

  // A chart is drawn once its script is there; a table at once.
  async untilDrawn(drawing) {
    this.drawing = drawing;
    try {
      await drawing;
    } catch (error) {
      if (this.drawing === drawing) this.fail(error);
    }
    if (this.drawing !== drawing) return;
    this.drawing = null;
    if (!this.isAsked) this.rest();
  }

  /** The state of the page changed: draws again if that concerns this visual. */
  follow() {
    if (JSON.stringify(this.page.stateOf(this.visual)) !== this.drawnState) this.draw();
  }

  makeView(name) {
    const select =
      this.visual.interaction === "none"
        ? undefined
        : (point, isAdding) => Object.keys(point).length && this.page.choices.select(this.visual, point, isAdding);
    const listeners = {
      onSort: (sort) => this.page.choices.sort(this.visual, sort),
      onSelect: select,
      onMenu: (point, place, behind) => openMarkMenu(this, this.page, place, { point, behind }),
    };
    if (name === "card") return new CardView(this.visual);
    if (name === "matrix") return new MatrixView(this.visual, listeners);
    if (name === "table") return new TableView(this.visual, listeners);
    return new ChartHost(this.visual, {
      onSelect: (mark, isAdding) => select && Object.keys(mark.point).length && select(mark.point, isAdding),
      onDrill: (mark) => this.page.choices.drillDown(this.visual, mark.point),
      onClear: () => this.page.choices.unselect(this.visual),
      onMenu: (mark, place) => mark && openMarkMenu(this, this.page, place, mark),
    });
  }

  replaceView(name, make) {
    if (this.viewName === name && this.view) return;
    this.view?.dispose?.();
    this.view = make();
    this.viewName = name;
    this.body.replaceChildren(this.view.node);
  }

  toggleTable() {
    this.isTable = !this.isTable;
    this.draw();
  }

  /** Whether the chart can be kept as a picture. */
  get hasPicture() {
    return this.view instanceof ChartHost && !HTML_KINDS.has(this.visual.kind);
  }

  showTools() {
    const steps = this.page.drillOf(this.visual);
    if (!steps) return;
    const { names, level, path } = steps;
    this.tools.replaceChildren(
      iconButton("up", "Drill up", () => this.page.choices.drillUp(this.visual), { disabled: level === 0 }),
      iconButton(
        "levels",
        level + 1 < names.length ? `Go to the next level: ${names[level + 1]}` : "Go to the next level",
        () => this.page.choices.nextLevel(this.visual),
        { disabled: level + 1 >= names.length },
      ),
    );
    const crumb = (text, depth) =>
      element(
        "button",
        { type: "button", class: "crumb", onClick: () => this.page.choices.drillTo(this.visual, depth) },
        text,
      );
    this.crumbs.hidden = level === 0;
    this.crumbs.replaceChildren(
      crumb("All", 0),
      ...path.map((step, index) => crumb(step.text, index + 1)),
      element("span", { class: "muted" }, names[level]),
    );
  }

  showMarks() {
    const missed = this.data.not_filtered_by ?? [];
    const names = [...new Set(missed.map((field) => fieldLabel(this.page, field)))];
    const text = names.length ? `Not filtered by ${names.join(", ")}` : "";
    this.marks.replaceChildren(
      names.length
        ? element("span", { class: "visual-unreached", title: text, role: "img", "aria-label": text }, icon("unlinked"))
        : "",
    );
  }

  showFoot() {
    const { is_truncated: isCut, rows } = this.data;
    this.foot.hidden = !isCut;
    this.foot.textContent = isCut ? `The first ${rows.length.toLocaleString(this.page.locale)} rows are shown` : "";
  }

  dispose() {
    clearTimeout(this.timer);
    this.view?.dispose?.();
  }
}

function isEmpty(visual, answer) {
  if (visual.kind === "card" || visual.kind === "gauge") return false;
  return answer.rows.length === 0;
}
