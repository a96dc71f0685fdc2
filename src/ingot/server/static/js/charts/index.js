/**
 * From a visual and its answer to what ECharts draws. Data, not ifs: one function for each kind.
 * Every function is pure: (visual, data, look) → {option, marks, tip}.
 *   option  ECharts' option, without functions that touch a document
 *   marks   what can be pointed at: {series, index, label, value, column, point: {field: value}}
 *   tip     (params of ECharts) → {title, rows: [{color, label, value}]}
 */
import { cartesianChart } from "./cartesian.js";
import { gaugeChart } from "./gauge.js";
import { mapChart } from "./map.js";
import { heatmapChart, scatterChart } from "./points.js";
import { donutChart, funnelChart, treemapChart } from "./portions.js";
import { sankeyChart } from "./sankey.js";
import { withOthers, withoutOthers } from "./shape.js";

export const CHARTS = {
  bar: cartesianChart,
  column: cartesianChart,
  stacked: cartesianChart,
  line: cartesianChart,
  area: cartesianChart,
  combo: cartesianChart,
  donut: donutChart,
  treemap: treemapChart,
  funnel: funnelChart,
  scatter: scatterChart,
  heatmap: heatmapChart,
  map: mapChart,
  gauge: gaugeChart,
  sankey: sankeyChart,
};

/** Kinds that are drawn by the page itself, as HTML. */
export const HTML_KINDS = new Set(["card", "table", "matrix"]);

/**
 * What ECharts draws for a visual, what can be pointed at, and what a tooltip says.
 * @param {object} visual @param {object} data @param {import("./look.js").Look} look
 */
export function chartOf(visual, data, look) {
  const base = look.base ? withOthers(look.base) : null;
  const drawn = CHARTS[visual.kind](visual, withOthers(data), { ...look, base });
  return { ...drawn, marks: drawn.marks.map((mark) => ({ ...mark, point: withoutOthers(mark.point) })) };
}
