/** Flows between the values of two columns. */
import { formatterOf } from "../format.js";
import { FONT } from "./look.js";
import { fullText, optionBase } from "./parts.js";
import { categoryText, columnsOf, dimensionsOf, measuresOf, numberOf } from "./shape.js";

/** @param {object} visual @param {object} data @param {import("./look.js").Look} look */
export function sankeyChart(visual, data, look) {
  const dimensions = dimensionsOf(data);
  const source = columnsOf(visual, data, "source")[0] ?? dimensions[0];
  const target = columnsOf(visual, data, "target")[0] ?? dimensions[1];
  const measure = columnsOf(visual, data, "value")[0] ?? measuresOf(data)[0];
  const nodes = new Map();
  const links = [];
  for (const row of data.rows) {
    const value = numberOf(row[measure.index]);
    if (!(value > 0)) continue;
    const from = node(nodes, source, row, look, 0);
    const to = node(nodes, target, row, look, 1);
    links.push({ source: from.name, target: to.name, value, from, to, point: { ...from.point, ...to.point } });
  }
  const text = fullText(measure, look);
  const short = formatterOf(measure, look.setting, { isShort: true });
  const option = optionBase(look);
  const all = [...nodes.values()];
  option.series = [seriesOfFlows(all, links, look, short, visual.options?.labels !== false)];
  option.tooltip.trigger = "item";
  const label = measure.label ?? measure.name;
  const tip = (params) =>
    params.dataType === "edge"
      ? {
          title: `${links[params.dataIndex].from.text} → ${links[params.dataIndex].to.text}`,
          rows: [{ color: links[params.dataIndex].from.color, label, value: text(params.value) }],
        }
      : {
          title: nodes.get(params.name)?.text ?? "",
          rows: [{ color: nodes.get(params.name)?.color, label, value: text(params.value) }],
        };
  const marks = [
    ...all.map((item, index) => ({
      series: 0,
      index,
      part: "node",
      label: item.text,
      value: sumOf(links, item),
      column: measure,
      point: item.point,
    })),
    ...links.map((link, index) => ({
      series: 0,
      index,
      part: "edge",
      label: `${link.from.text} to ${link.to.text}`,
      value: link.value,
      column: measure,
      point: link.point,
    })),
  ];
  return { option, marks, tip };
}

// Ends are told apart by side, so that a value which stands on both never makes a circle.
function node(nodes, column, row, look, side) {
  const key = row[column.index];
  const name = `${side}\u0000${key}`;
  if (!nodes.has(name)) {
    const text = categoryText(column, look.setting)(key);
    nodes.set(name, { name, text, side, point: { [column.name]: key }, color: look.colorOf(column.name, key) });
  }
  return nodes.get(name);
}

function sumOf(links, item) {
  return links.filter((link) => link.from === item || link.to === item).reduce((sum, link) => sum + link.value, 0);
}

function seriesOfFlows(all, links, look, short, hasLabels) {
  const room = Math.min(150, look.width * 0.26);
  return {
    id: "sankey",
    type: "sankey",
    left: 4,
    right: room,
    top: 6,
    bottom: 6,
    nodeWidth: 14,
    nodeGap: all.length > 24 ? 4 : 9,
    draggable: false,
    layoutIterations: 32,
    emphasis: { focus: "adjacency" },
    lineStyle: { color: "gradient", opacity: 0.34, curveness: 0.5 },
    label: {
      show: hasLabels,
      fontFamily: FONT,
      fontSize: 12,
      color: look.colors["text-2"],
      width: room - 14,
      overflow: "truncate",
      textBorderColor: look.colors.surface,
      textBorderWidth: 2,
    },
    data: all.map((item) => ({
      name: item.name,
      depth: item.side,
      itemStyle: { color: item.color, borderWidth: 0, opacity: look.isDimmed({ point: item.point }) ? 0.3 : 1 },
      label: { formatter: (mark) => `${item.text}  ${short(mark.value)}` },
    })),
    links: links.map((link) => ({
      source: link.source,
      target: link.target,
      value: link.value,
      lineStyle: look.isDimmed({ point: link.point }) ? { opacity: 0.08 } : undefined,
    })),
  };
}
