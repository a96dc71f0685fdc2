/** Shows a card: value, change, course. */
import { captionOf, cardParts, courseLines, coursePath } from "../charts/card.js";
import { element, svgElement } from "../dom.js";

const ARROWS = { up: "▲", down: "▼", flat: "■" };
const CHANGE_WORDS = { up: "up", down: "down", flat: "unchanged" };

// The title is for what is shortened, or cut because it is a long text.
function numberNode(value) {
  const style = { "--letters": String(value.text.length) };
  return value.isNull
    ? element("div", { class: "card-number is-null", style }, "–")
    : element("div", { class: "card-number", title: value.full, style }, value.text);
}

export class CardView {
  constructor(visual) {
    this.visual = visual;
    this.node = element("div", { class: "card-view" });
    this.sizes = new ResizeObserver(() => this.drawCourse());
  }

  /** @param {object} data @param {(size: object) => object} lookOf */
  show(data, lookOf) {
    const look = lookOf({ width: this.node.clientWidth || 300, height: this.node.clientHeight || 120 });
    this.parts = cardParts(this.visual, data, look);
    const isAlone = this.parts.values.length === 1;
    const values = this.parts.values.map((value) =>
      element(
        "div",
        { class: isAlone ? "card-figure" : "card-figure card-figure-small" },
        numberNode(value),
        captionOf(this.visual, this.parts, value) &&
          element("div", { class: "card-label" }, captionOf(this.visual, this.parts, value)),
      ),
    );
    this.course = element("div", { class: "card-course", "aria-hidden": "true" });
    this.node.classList.toggle("is-bare", !this.parts.change && this.parts.course.length < 2);
    this.node.replaceChildren(
      element("div", { class: "card-values" }, ...values),
      this.changeNode(),
      this.parts.course.length > 1 ? this.course : "",
    );
    this.sizes.disconnect();
    if (this.parts.course.length > 1) this.sizes.observe(this.course);
    this.drawCourse();
  }

  changeNode() {
    const { change } = this.parts;
    if (!change) return "";
    const tone = change.isGood === null ? "card-change" : change.isGood ? "card-change is-good" : "card-change is-bad";
    return element(
      "div",
      { class: tone },
      element("span", { "aria-hidden": "true", class: "card-arrow" }, ARROWS[change.direction]),
      element("span", { class: "visually-hidden" }, CHANGE_WORDS[change.direction]),
      element("strong", {}, change.text),
      element("span", { class: "muted" }, change.label),
    );
  }

  drawCourse() {
    const { clientWidth: width, clientHeight: height } = this.course ?? {};
    if (!width || !height || this.parts.course.length < 2) return;
    const lines = courseLines(this.parts.course, width - 5, height);
    if (!lines.length) return;
    const [x, y] = lines.at(-1).at(-1);
    const drawing = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, width, height });
    drawing.append(
      svgElement("path", { d: coursePath(lines, height), class: "course-area" }),
      svgElement("path", { d: coursePath(lines), class: "course-line" }),
      svgElement("circle", { cx: x, cy: y, r: 3, class: "course-end" }),
    );
    this.course.replaceChildren(drawing);
  }

  dispose() {
    this.sizes.disconnect();
  }
}
