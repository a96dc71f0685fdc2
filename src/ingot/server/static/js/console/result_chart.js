/** The rows of a query as a chart: the kind and the columns are chosen simply; drawn by the dashboards' charts. */
import { lookOf } from "../charts/look.js";
import { ChartHost } from "../dashboard/chart_host.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";

const KINDS = [
  ["column", "Columns"],
  ["bar", "Bars"],
  ["line", "Line"],
  ["area", "Area"],
  ["donut", "Donut"],
  ["scatter", "Scatter"],
];
const POINTS_MAX = 2000;

/** Whether there is something to draw. @param {{columns: object[], rows: unknown[][]}} data */
export function canDraw({ columns, rows }) {
  return rows.length > 0 && columns.length > 1 && columns.some((column) => column.type === "number");
}

export class ResultChart {
  /** @param {{columns: object[], rows: unknown[][]}} data @param {object} [choice] of an earlier result, kept where it fits */
  constructor(data, choice = {}) {
    this.data = data;
    const names = data.columns.map((column) => column.name);
    const numbers = data.columns.filter((column) => column.type === "number").map((column) => column.name);
    const first = data.columns.find((column) => column.type !== "number") ?? data.columns[0];
    const isTime = ["date", "timestamp"].includes(first.type);
    this.choice = {
      kind: choice.kind ?? (isTime ? "line" : "column"),
      category: names.includes(choice.category) ? choice.category : first.name,
      value: numbers.includes(choice.value)
        ? choice.value
        : (numbers.find((name) => name !== first.name) ?? numbers[0]),
    };
    const select = (key, label, entries) =>
      element(
        "label",
        { class: "chart-choice small" },
        element("span", { class: "muted" }, label),
        element(
          "select",
          { class: "input", onChange: (event) => this.choose(key, event.target.value) },
          ...entries.map(([value, text]) => element("option", { value, selected: this.choice[key] === value }, text)),
        ),
      );
    this.stage = element("div", { class: "result-chart" });
    this.node = element(
      "div",
      { class: "result-chart-view" },
      element(
        "div",
        { class: "rows-tools" },
        select("kind", "Chart", KINDS),
        select(
          "category",
          "Along",
          names.map((name) => [name, name]),
        ),
        select(
          "value",
          "Values",
          numbers.map((name) => [name, name]),
        ),
        element("span", { class: "spacer" }),
      ),
      this.stage,
    );
    this.onTheme = () => this.draw();
    addEventListener("themechange", this.onTheme);
    this.draw();
  }

  choose(key, value) {
    this.choice[key] = value;
    this.draw();
  }

  draw() {
    const { kind, category, value } = this.choice;
    const part = (name, role, rename = name) => ({
      ...this.data.columns.find((column) => column.name === name),
      name: rename,
      label: name,
      role,
      format: null,
    });
    const isScatter = kind === "scatter";
    const columns = isScatter
      ? [part(category, "measure", "x"), part(value, "measure", "y")]
      : [part(category, "dimension"), part(value, "measure", category === value ? `${value} ` : value)];
    const places = [category, value].map((name) => this.data.columns.findIndex((column) => column.name === name));
    const rows = this.data.rows.slice(0, POINTS_MAX).map((row) => places.map((place) => row[place]));
    const channels = isScatter ? { x: [columns[0]], y: [columns[1]] } : { category: [columns[0]], value: [columns[1]] };
    const visual = {
      id: "result",
      title: `${value} by ${category}`,
      kind,
      channels,
      options: {},
      rules: {},
      interaction: "none",
    };
    this.host?.dispose();
    this.host = new ChartHost(visual, { onSelect: () => {}, onDrill: () => {}, onMenu: () => {}, onClear: () => {} });
    this.stage.replaceChildren(this.host.node);
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const drawing = this.host.show({ columns, rows, row_count: rows.length, is_truncated: false, totals: null }, (size) =>
      lookOf({
        ...size,
        theme: document.documentElement.dataset.theme,
        setting: { locale: "en", currency: "EUR" },
        isStill,
      }),
    );
    drawing.catch((error) => this.stage.replaceChildren(errorNode(error, () => this.draw())));
  }

  close() {
    removeEventListener("themechange", this.onTheme);
    this.host?.dispose();
  }
}
