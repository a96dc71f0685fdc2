/** Shows a matrix: groups down and across, measures within, totals at the ends. */
import { matrixModel } from "../charts/table_model.js";
import { element } from "../dom.js";
import { isWithin } from "./filters.js";
import { RowsWindow } from "./rows_window.js";
import { cellNode } from "./table_view.js";

export class MatrixView {
  /** @param {object} visual @param {{onSelect?: (point: object, isAdding: boolean) => void, onMenu?: (point: object, place: object) => void}} listeners */
  constructor(visual, listeners) {
    this.visual = visual;
    this.listeners = listeners;
    this.node = element("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": `${visual.title}, rows` });
    this.window = new RowsWindow(this.node);
  }

  show(data, lookOf, state = {}) {
    const model = matrixModel(this.visual, data, lookOf({}));
    const selected = state.selected ?? [];
    const rows = model.body.filter((row) => !row.isTotal);
    const totals = model.body.filter((row) => row.isTotal);
    const body = element("tbody");
    const foot = totals.length ? element("tfoot", {}, ...totals.map((row) => this.rowNode(row, model, selected))) : null;
    const { scrollTop, scrollLeft } = this.node;
    this.node.replaceChildren(element("table", { class: "table matrix" }, element("caption", { class: "visually-hidden" }, this.visual.title), headOf(model), body, foot));
    this.node.scrollTo(scrollLeft, scrollTop);
    const columns = model.rowHeads.length + (rows[0] ?? totals[0])?.cells.length;
    this.window.show(body, rows.length, columns, (index) => this.rowNode(rows[index], model, selected, rows[index - 1]));
  }

  rowNode(row, model, selected, above) {
    const isSelected = selected.length > 0 && !row.isTotal && isWithin(row.point, selected);
    const isDimmed = selected.length > 0 && !isSelected && !row.isTotal;
    const heads = row.isTotal
      ? [element("th", { scope: "row", colspan: Math.max(1, model.rowHeads.length), class: "is-total" }, "Total")]
      : row.heads.map((text, place) => element("th", { scope: "row", title: text, class: isRepeated(row, above, place) ? "is-repeated" : null }, text));
    const node = element("tr", { class: [row.isTotal && "is-total-row", isSelected && "is-selected", isDimmed && "is-dimmed", !row.isTotal && "can-select"].filter(Boolean).join(" ") }, ...heads, ...row.cells.map((cell) => cellNode(cell, row.isTotal ? "is-total" : "")));
    if (row.isTotal || !this.listeners.onSelect) return node;
    node.tabIndex = 0;
    node.addEventListener("click", (event) => this.listeners.onSelect(row.point, event.ctrlKey || event.metaKey || event.shiftKey));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.listeners.onSelect(row.point, event.ctrlKey || event.metaKey);
    });
    node.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      this.listeners.onMenu?.(row.point, { x: event.clientX, y: event.clientY });
    });
    return node;
  }

  dispose() {
    this.window.dispose();
  }
}

function isRepeated(row, above, place) {
  return Boolean(above) && !above.isTotal && row.heads.slice(0, place + 1).every((text, index) => text === above.heads[index]);
}

function headOf(model) {
  const names = (tag) => model.rowHeads.map((column) => element(tag, { scope: "col", rowspan: tag === "th" && isDeep(model) ? 2 : null }, column.label ?? column.name));
  const measureCells = (count) => Array.from({ length: count }, () => model.measures.map((measure) => element("th", { scope: "col", class: "is-number" }, measure.label ?? measure.name))).flat();
  if (!model.across.length) return element("thead", {}, element("tr", {}, ...names("th"), ...measureCells(1)));
  if (!isDeep(model)) return element("thead", {}, element("tr", {}, ...names("th"), ...model.across.map((column) => element("th", { scope: "col", class: "is-number", title: column.text }, column.text))));
  const groups = model.across.map((column) => element("th", { scope: "colgroup", colspan: model.measures.length, class: "is-group", title: column.text }, column.text));
  return element("thead", { class: "is-deep" }, element("tr", {}, ...names("th"), ...groups), element("tr", {}, ...measureCells(model.across.length)));
}

function isDeep(model) {
  return model.measures.length > 1 && model.across.length > 0;
}
