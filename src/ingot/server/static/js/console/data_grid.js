/**
 * Rows of a query as a table: values as they are (never rounded), only the rows in sight are in the document.
 * A click on a head sorts what is there, where that is allowed; a cell shows its whole value when it is activated.
 */
import { element, icon } from "../dom.js";
import { openPopover } from "../popover.js";

const ROW = 30;
const SPARE = 14;
const TEXT_MAX = 300;

/** A value as text; a decimal with the scale of its type. @param {unknown} value @param {object} [column] */
export function valueText(value, column) {
  if (value === null || value === undefined) return "null";
  const scale = /^decimal\(\d+,\s*(\d+)\)$/i.exec(column?.spark_type ?? "")?.[1];
  if (scale !== undefined) return withScale(String(value), Number(scale));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// In digits, for no double may come between; a number that is written with an exponent stays as it is.
function withScale(text, scale) {
  const [, whole, digits = ""] = /^(-?\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return whole === undefined || scale === 0 ? text : `${whole}.${digits.padEnd(scale, "0")}`;
}

export class DataGrid {
  /** @param {string} label @param {{onSort?: (column: string) => void, sort?: string|null}} [wish] `-name`: greatest first */
  constructor(label, wish = {}) {
    this.wish = wish;
    this.label = label;
    this.node = element("div", { class: "grid table-scroll", tabindex: "0", role: "region", "aria-label": label });
    this.node.addEventListener("scroll", () => this.fill(), { passive: true });
    this.node.addEventListener("click", (event) => this.onClick(event));
    this.sizes = new ResizeObserver(() => this.fill());
    this.sizes.observe(this.node);
  }

  /** @param {{columns: object[], rows: unknown[][]}} data @param {number} [first] the number of the first row */
  show({ columns, rows }, first = 1) {
    Object.assign(this, { columns, rows, first, range: null });
    this.body = element("tbody");
    const heads = columns.map((column) => this.headNode(column));
    const head = element("thead", {}, element("tr", {}, element("td", { class: "grid-number" }), ...heads));
    this.node.replaceChildren(
      element(
        "table",
        { class: "table", "aria-rowcount": rows.length + 1 },
        element("caption", { class: "visually-hidden" }, this.label),
        head,
        this.body,
      ),
    );
    this.node.scrollTop = 0;
    this.fill();
  }

  headNode(column) {
    const { sort, onSort } = this.wish;
    const direction = { [column.name]: "ascending", [`-${column.name}`]: "descending" }[sort] ?? null;
    const label = [
      element("span", {}, column.name),
      element("span", { class: "grid-type" }, column.spark_type ?? column.type),
    ];
    const content = onSort
      ? element(
          "button",
          {
            type: "button",
            onClick: () => onSort(direction === "ascending" ? `-${column.name}` : direction ? null : column.name),
          },
          element("span", { class: "grid-label" }, ...label),
          direction && icon(direction === "ascending" ? "up" : "down"),
        )
      : element("span", { class: "grid-label" }, ...label);
    return element(
      "th",
      {
        scope: "col",
        class: column.type === "number" ? "is-number" : null,
        "aria-sort": direction,
        title: `${column.name} ${column.spark_type ?? column.type}`,
      },
      content,
    );
  }

  fill() {
    if (!this.rows) return;
    const from = Math.max(0, Math.floor(this.node.scrollTop / ROW) - SPARE);
    const to = Math.min(this.rows.length, Math.ceil((this.node.scrollTop + this.node.clientHeight) / ROW) + SPARE);
    if (this.range?.[0] === from && this.range?.[1] === to) return;
    this.range = [from, to];
    const rows = [];
    if (from > 0) rows.push(this.spacer(from));
    for (let index = from; index < to; index += 1) rows.push(this.rowNode(index));
    if (to < this.rows.length) rows.push(this.spacer(this.rows.length - to));
    this.body.replaceChildren(...rows);
  }

  spacer(count) {
    return element(
      "tr",
      { class: "table-spacer", "aria-hidden": "true" },
      element("td", { colspan: this.columns.length + 1, style: { height: `${count * ROW}px` } }),
    );
  }

  rowNode(index) {
    const cells = this.rows[index].map((value, place) => {
      const text = valueText(value, this.columns[place]);
      const classes = [
        this.columns[place].type === "number" && "is-number",
        (value === null || value === undefined) && "is-null",
      ]
        .filter(Boolean)
        .join(" ");
      const cell = element(
        "td",
        { class: classes || null },
        text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text,
      );
      cell.dataset.place = `${index},${place}`;
      return cell;
    });
    return element(
      "tr",
      { "aria-rowindex": index + 2 },
      element("td", { class: "grid-number" }, String(this.first + index)),
      ...cells,
    );
  }

  // What does not fit into its cell is shown whole.
  onClick(event) {
    const cell = event.target.closest("td[data-place]");
    if (
      !cell ||
      getSelection()?.toString() ||
      (cell.scrollWidth <= cell.clientWidth && !cell.textContent.endsWith("…"))
    )
      return;
    const [row, column] = cell.dataset.place.split(",").map(Number);
    const value = this.rows[row][column];
    const text = typeof value === "object" ? JSON.stringify(value, null, 2) : valueText(value, this.columns[column]);
    openPopover(
      cell,
      element(
        "div",
        { class: "grid-value" },
        element("p", { class: "muted small" }, this.columns[column].name),
        element("pre", {}, text),
      ),
      { label: `Value of ${this.columns[column].name}` },
    );
  }

  close() {
    this.sizes.disconnect();
  }
}
