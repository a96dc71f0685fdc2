/**
 * Shows rows as a table of HTML: sortable heads, totals, conditional formatting, rows that can be selected.
 */
import { tableModel } from "../charts/table_model.js";
import { element } from "../dom.js";
import { isWithin } from "./filters.js";
import { keepHeadFocus, sortableHead } from "./heads.js";
import { ROW_PIXELS, RowsWindow } from "./rows_window.js";

export class TableView {
  /**
   * @param {object} visual
   * @param {{onSort?: (sort: string) => void, onSelect?: (point: object, isAdding: boolean) => void, onMenu?: (point: object, place: object, behind: object) => void}} listeners
   */
  constructor(visual, listeners) {
    this.visual = visual;
    this.listeners = listeners;
    this.node = element("div", {
      class: "table-scroll",
      tabindex: "0",
      role: "region",
      "aria-label": `${visual.title}, rows`,
    });
    this.node.addEventListener("keydown", (event) => this.onKey(event));
    this.window = new RowsWindow(this.node);
    this.current = 0;
  }

  /** @param {object} data @param {(size: object) => object} lookOf @param {{sort?: string, selected?: object[]}} state */
  show(data, lookOf, state = {}) {
    this.model = tableModel(this.visual, data, lookOf({}));
    this.state = { selected: [], ...state };
    this.canSelect =
      Boolean(this.listeners.onSelect) && this.model.count > 0 && Object.keys(this.model.pointOf(0)).length > 0;
    this.body = element("tbody");
    const table = element(
      "table",
      { class: "table", "aria-rowcount": this.model.count + 1 },
      element("caption", { class: "visually-hidden" }, this.visual.title),
      this.head(),
      this.body,
      this.foot(),
    );
    const { scrollTop, scrollLeft } = this.node;
    keepHeadFocus(this.node, () => this.node.replaceChildren(table));
    this.window.show(this.body, this.model.count, this.model.columns.length, (index) => this.rowNode(index));
    this.window.scrollTo(scrollLeft, scrollTop);
  }

  head() {
    const cells = this.model.columns.map((column) =>
      sortableHead(column, column.label ?? column.name, this.state.sort, this.listeners.onSort),
    );
    return element("thead", {}, element("tr", {}, ...cells));
  }

  foot() {
    if (!this.model.totals) return null;
    const firstText = this.model.columns.findIndex((column) => column.role === "dimension");
    const cells = this.model.totals.map((cell, place) =>
      place === Math.max(0, firstText) && cell.isNull
        ? element("th", { scope: "row" }, "Total")
        : cellNode(cell.isNull ? { ...cell, text: "" } : cell),
    );
    return element("tfoot", {}, element("tr", {}, ...cells));
  }

  rowNode(index) {
    const point = this.model.pointOf(index);
    const canSelect = this.canSelect && Object.keys(point).length > 0;
    const isSelected = this.state.selected.length > 0 && isWithin(point, this.state.selected);
    const isDimmed = this.state.selected.length > 0 && !isSelected;
    const row = element(
      "tr",
      {
        "aria-rowindex": index + 2,
        "aria-selected": canSelect ? String(isSelected) : null,
        class:
          [canSelect && "can-select", isSelected && "is-selected", isDimmed && "is-dimmed"]
            .filter(Boolean)
            .join(" ") || null,
      },
      ...this.model.row(index).map((cell) => cellNode(cell)),
    );
    row.dataset.row = String(index);
    if (!this.canSelect) return row;
    row.tabIndex = index === this.current ? 0 : -1;
    row.addEventListener(
      "click",
      (event) =>
        !getSelection()?.toString() && this.listeners.onSelect(point, event.ctrlKey || event.metaKey || event.shiftKey),
    );
    row.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      this.listeners.onMenu?.(point, { x: event.clientX, y: event.clientY }, this.model.behindOf(index));
    });
    return row;
  }

  onKey(event) {
    if (!this.canSelect || !event.target.dataset?.row) return;
    const at = Number(event.target.dataset.row);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    if (event.key in steps) this.focusRow(Math.min(this.model.count - 1, Math.max(0, at + steps[event.key])));
    else if (event.key === "Enter" || event.key === " ")
      this.listeners.onSelect(this.model.pointOf(at), event.ctrlKey || event.metaKey);
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const box = event.target.getBoundingClientRect();
      this.listeners.onMenu?.(this.model.pointOf(at), { x: box.left + 24, y: box.bottom }, this.model.behindOf(at));
    } else return;
    event.preventDefault();
  }

  focusRow(index) {
    this.current = index;
    const top = index * ROW_PIXELS;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    if (top + 3 * ROW_PIXELS > this.node.scrollTop + this.node.clientHeight)
      this.node.scrollTop = top + 3 * ROW_PIXELS - this.node.clientHeight;
    this.window.fill();
    this.body.querySelector(`[data-row="${index}"]`)?.focus({ preventScroll: true });
  }

  dispose() {
    this.window.dispose();
  }
}

/** One cell, with its bar or shade. */
export function cellNode(cell, more = "") {
  const classes = [
    cell.isNumber && "is-number",
    cell.isNull && "is-null",
    cell.look && `look-${cell.look}`,
    cell.bar && "has-bar",
    cell.shade && "has-shade",
    more,
  ]
    .filter(Boolean)
    .join(" ");
  const node = element("td", { class: classes || null, title: cell.text.length > 24 ? cell.text : null });
  if (cell.bar) {
    const bar = element("span", {
      class: cell.bar.isNegative ? "cell-bar is-negative" : "cell-bar",
      "aria-hidden": "true",
    });
    bar.style.left = `${cell.bar.from * 100}%`;
    bar.style.width = `${Math.max(0, cell.bar.to - cell.bar.from) * 100}%`;
    node.append(element("span", { class: "cell-bars" }, bar));
  }
  if (cell.shade) node.style.setProperty("--shade", mixOf(cell.shade));
  node.append(element("span", { class: "cell-text" }, cell.text));
  return node;
}

// As much of each colour as is told, the rest transparent; one alone is mixed with itself.
function mixOf(shade) {
  const parts = [...shade, { ...shade[0], strength: 0 }].slice(0, 2);
  return `color-mix(in srgb, ${parts.map(({ tone, strength }) => `var(--${tone}) ${(strength * 100).toFixed(1)}%`).join(", ")})`;
}
