/** Long tables: only the rows in sight are nodes, and spare ones around them; empty rows keep the place of the others. */
import { element } from "../dom.js";

export const ROW_PIXELS = 34;
const WHOLE_MAX = 200;
const SPARE = 12;

export class RowsWindow {
  /** @param {HTMLElement} scroller what scrolls */
  constructor(scroller) {
    this.scroller = scroller;
    scroller.addEventListener("scroll", () => this.fill(), { passive: true });
    this.sizes = new ResizeObserver(() => this.fill());
    this.sizes.observe(scroller);
  }

  /**
   * @param {HTMLElement} body a tbody
   * @param {number} count of rows
   * @param {number} columns
   * @param {(index: number) => HTMLElement} makeRow
   */
  show(body, count, columns, makeRow) {
    Object.assign(this, { body, count, columns, makeRow, range: null });
    this.fill();
  }

  /** To where it was before rows were shown anew: only now they are as high as they were. */
  scrollTo(left, top) {
    this.scroller.scrollTo(left, top);
    this.fill();
  }

  fill() {
    if (!this.body) return;
    const { scrollTop, clientHeight } = this.scroller;
    const isWhole = this.count <= WHOLE_MAX;
    const from = isWhole ? 0 : Math.min(this.count, Math.max(0, Math.floor(scrollTop / ROW_PIXELS) - SPARE));
    const to = isWhole ? this.count : Math.min(this.count, Math.ceil((scrollTop + clientHeight) / ROW_PIXELS) + SPARE);
    if (this.range?.[0] === from && this.range?.[1] === to) return;
    this.range = [from, to];
    const rows = [];
    if (from > 0) rows.push(this.spacer(from));
    for (let index = from; index < to; index += 1) rows.push(this.makeRow(index));
    if (to < this.count) rows.push(this.spacer(this.count - to));
    this.body.replaceChildren(...rows);
  }

  spacer(rows) {
    return element(
      "tr",
      { class: "table-spacer", "aria-hidden": "true" },
      element("td", { colspan: this.columns, style: { height: `${rows * ROW_PIXELS}px` } }),
    );
  }

  dispose() {
    this.sizes.disconnect();
  }
}
