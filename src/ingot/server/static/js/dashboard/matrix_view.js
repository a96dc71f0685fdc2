/** Shows a matrix: groups down and across, measures within, totals at the ends. */
import { matrixModel } from "../charts/matrix_model.js";
import { element } from "../dom.js";
import { isWithin } from "./filters.js";
import { keepHeadFocus, sortableHead } from "./heads.js";
import { RowsWindow } from "./rows_window.js";
import { cellNode } from "./table_view.js";

export class MatrixView {
  /**
   * @param {object} visual
   * @param {{onSort?: (sort: string|undefined) => void, onSelect?: (point: object, isAdding: boolean) => void, onMenu?: (point: object, place: object) => void}} listeners
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
    this.window = new RowsWindow(this.node);
  }

  show(data, lookOf, state = {}) {
    this.model = matrixModel(this.visual, data, lookOf({}), state.sort);
    this.selected = state.selected ?? [];
    const rows = this.model.body.filter((row) => !row.isTotal);
    const totals = this.model.body.filter((row) => row.isTotal);
    const body = element("tbody");
    const caption = element("caption", { class: "visually-hidden" }, this.visual.title);
    const foot = totals.length ? element("tfoot", {}, ...totals.map((row) => this.rowNode(row))) : null;
    const table = element(
      "table",
      { class: "table matrix" },
      caption,
      headOf(this.model, state.sort, this.listeners.onSort),
      body,
      foot,
    );
    const { scrollTop, scrollLeft } = this.node;
    keepHeadFocus(this.node, () => this.node.replaceChildren(table));
    const columns = this.model.rowHeads.length + (rows[0] ?? totals[0])?.cells.length;
    this.window.show(body, rows.length, columns, (index) => this.rowNode(rows[index], rows[index - 1]));
    this.window.scrollTo(scrollLeft, scrollTop);
  }

  rowNode(row, above) {
    const isSelected = this.selected.length > 0 && !row.isTotal && isWithin(row.point, this.selected);
    const isDimmed = this.selected.length > 0 && !isSelected && !row.isTotal;
    const isSum = row.isTotal || row.isSubtotal;
    const looks = {
      "is-total-row": row.isTotal,
      "is-subtotal-row": row.isSubtotal,
      "is-selected": isSelected,
      "is-dimmed": isDimmed,
      "can-select": !row.isTotal,
    };
    const classes = Object.keys(looks)
      .filter((name) => looks[name])
      .join(" ");
    const node = element(
      "tr",
      { class: classes },
      ...this.headNodes(row, above),
      ...row.cells.map((cell) => cellNode(cell, isSum ? "is-total" : "")),
    );
    if (row.isTotal || !this.listeners.onSelect) return node;
    node.tabIndex = 0;
    node.addEventListener("click", (event) =>
      this.listeners.onSelect(row.point, event.ctrlKey || event.metaKey || event.shiftKey),
    );
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

  // The last head of a sum goes to the end of the heads.
  headNodes(row, above) {
    const isSum = row.isTotal || row.isSubtotal;
    return row.heads.map((text, place) => {
      const isLast = isSum && place === row.heads.length - 1;
      const looks = [isRepeated(row, above, place) && "is-repeated", isLast && "is-total"].filter(Boolean).join(" ");
      return element(
        "th",
        {
          scope: "row",
          title: text,
          class: looks || null,
          colspan: isLast ? this.model.rowHeads.length - place : null,
        },
        text,
      );
    });
  }

  dispose() {
    this.window.dispose();
  }
}

function isRepeated(row, above, place) {
  return Boolean(above) && row.heads.slice(0, place + 1).every((text, index) => text === above.heads[index]);
}

// Rows are sorted by a row head, or by a measure over all columns: under the total, or where there is only one column.
function headOf(model, sort, onSort) {
  const isDeep = model.measures.length > 1 && model.across.length > 0;
  const names = model.rowHeads.map((column) =>
    sortableHead(column, column.label ?? column.name, sort, onSort, { class: null, rowspan: isDeep ? 2 : null }),
  );
  const measureHeads = (isTotal) =>
    model.measures.map((measure) =>
      sortableHead(measure, measure.label ?? measure.name, sort, isTotal && onSort, { class: "is-number" }),
    );
  if (!model.across.length) return element("thead", {}, element("tr", {}, ...names, ...measureHeads(true)));
  if (!isDeep) {
    const heads = model.across.map(({ text, isTotal }) =>
      sortableHead(model.measures[0], text, sort, isTotal && onSort, { class: "is-number" }),
    );
    return element("thead", {}, element("tr", {}, ...names, ...heads));
  }
  const groups = model.across.map(({ text }) =>
    element("th", { scope: "colgroup", colspan: model.measures.length, class: "is-group", title: text }, text),
  );
  const under = model.across.flatMap(({ isTotal }) => measureHeads(isTotal));
  return element("thead", { class: "is-deep" }, element("tr", {}, ...names, ...groups), element("tr", {}, ...under));
}
