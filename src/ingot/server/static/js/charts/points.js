/** Charts of points and cells: scatter and heat map. */
import {
  bandAxisBelow,
  bandAxisBeside,
  fullText,
  givenColor,
  gridOf,
  isTime,
  legendOf,
  limitsOf,
  opacityOf,
  optionBase,
  timeAxis,
  valueAxis,
} from "./parts.js";
import { formatterOf, wallTime } from "../format.js";
import { FONT } from "./look.js";
import { orderedValues } from "./order.js";
import { areLarge, categoryText, columnsOf, dimensionsOf, measuresOf, numberOf } from "./shape.js";

const BUBBLE_MIN = 8;
const BUBBLE_MAX = 42;

/** Bubbles over two numbers; size, label and series are optional. */
export function scatterChart(visual, data, look) {
  const columns = scatterColumns(visual, data);
  const groups = scatterGroups(visual, data, columns, look);
  const radius = bubbleSize(data, columns.size);
  const option = optionBase(look);
  const names = groups.map((group) => group.name);
  option.legend = legendOf(look, names, visual.options?.legend);
  option.grid = gridOf(look, groups.length > 1 ? (visual.options?.legend ?? "top") : "none", {
    bottom: 24,
    top: groups.length > 1 ? 56 : 30,
    right: 20,
  });
  option.xAxis = { ...numberOrTime(columns.x, look), ...axisName(columns.x, look, "middle", 26) };
  option.yAxis = {
    ...numberOrTime(columns.y, look),
    ...limitsOf(visual.options),
    ...axisName(columns.y, look, "end", 10),
  };
  option.yAxis.nameTextStyle.align = "left";
  option.series = groups.map((group, place) => ({
    id: `scatter:${place}`, // by its place, as its marks are
    name: group.name,
    type: "scatter",
    color: group.color,
    data: group.rows.map(({ row, point }) => scatterItem(row, point, columns, radius, look)),
    itemStyle: { opacity: 0.78, borderColor: look.colors.surface, borderWidth: 1 },
    emphasis: { focus: groups.length > 1 ? "series" : "none", scale: 1.15 },
  }));
  option.tooltip.trigger = "item";
  const marks = groups.flatMap((group, series) =>
    group.rows.map(({ row, point, name }, index) => ({
      series,
      index,
      label: name,
      value: row[columns.y.index],
      column: columns.y,
      point,
    })),
  );
  const tip = (params) => scatterTip(groups[params.seriesIndex], params, columns, look);
  return { option, marks, tip };
}

function scatterColumns(visual, data) {
  const [x] = columnsOf(visual, data, "x");
  const [y] = columnsOf(visual, data, "y");
  const [size] = columnsOf(visual, data, "size");
  const [label] = columnsOf(visual, data, "label");
  const [series] = columnsOf(visual, data, "series");
  const measures = measuresOf(data);
  return { x: x ?? measures[0], y: y ?? measures[1], size, label, series };
}

function scatterGroups(visual, data, columns, look) {
  const dimensions = dimensionsOf(data);
  const label = columns.label ?? dimensions.find((column) => column !== columns.series);
  const nameOf = label ? categoryText(label, look.setting) : () => "";
  const groupName = columns.series
    ? categoryText(columns.series, look.setting)
    : () => columns.y.label ?? columns.y.name;
  const groups = new Map();
  for (const row of data.rows) {
    const key = columns.series ? row[columns.series.index] : null;
    if (!groups.has(key)) {
      const color = columns.series ? look.colorOf(columns.series.name, key) : look.colors.palette[0];
      groups.set(key, { name: groupName(key), color: givenColor(visual, [key], color), rows: [] });
    }
    const point = Object.fromEntries(dimensions.map((column) => [column.name, row[column.index]]));
    groups.get(key).rows.push({ row, point, name: label ? nameOf(row[label.index]) : groupName(key) });
  }
  return [...groups.values()];
}

function bubbleSize(data, size) {
  if (!size) return () => 11;
  const largest = Math.max(0, ...data.rows.map((row) => Math.abs(numberOf(row[size.index]) ?? 0)));
  return (row) =>
    Math.max(BUBBLE_MIN, BUBBLE_MAX * Math.sqrt(Math.abs(numberOf(row[size.index]) ?? 0) / (largest || 1)));
}

function place(column, value, look) {
  return isTime(column) ? wallTime(value, look.setting.timeZone) : numberOf(value);
}

function scatterItem(row, point, columns, radius, look) {
  const item = {
    value: [place(columns.x, row[columns.x.index], look), place(columns.y, row[columns.y.index], look)],
    symbolSize: radius(row),
  };
  if (look.isDimmed({ point })) item.itemStyle = { opacity: opacityOf(look, point) };
  return item;
}

function numberOrTime(column, look) {
  if (isTime(column)) return timeAxis(look, column);
  return valueAxis(look, [column], {
    scale: true,
    axisLine: { show: true, onZero: false, lineStyle: { color: look.colors["border-strong"] } },
  });
}

function axisName(column, look, nameLocation, nameGap) {
  return {
    name: column.label ?? column.name,
    nameLocation,
    nameGap,
    nameTextStyle: { fontFamily: FONT, fontSize: 12, color: look.colors["text-3"], fontWeight: 500 },
  };
}

function scatterTip(group, params, columns, look) {
  const found = group?.rows[params.dataIndex];
  if (!found) return { title: "", rows: [] };
  const rows = [columns.x, columns.y, columns.size]
    .filter((column, index, all) => column && all.indexOf(column) === index)
    .map((column, index) => ({
      color: index === 0 ? group.color : null,
      label: column.label ?? column.name,
      value: fullText(column, look)(found.row[column.index]),
    }));
  return { title: columns.series && found.name !== group.name ? `${found.name} · ${group.name}` : found.name, rows };
}

/** A cell for each pair of categories, darker where there is more. */
export function heatmapChart(visual, data, look) {
  const [first, second] = heatAxes(visual, data);
  const [measure] = columnsOf(visual, data, "value").length ? columnsOf(visual, data, "value") : measuresOf(data);
  const across = orderedValues(data, first, visual.sort ?? [], look.setting);
  const down = orderedValues(data, second, visual.sort ?? [], look.setting);
  const acrossText = categoryText(first, look.setting);
  const downText = categoryText(second, look.setting);
  const cells = data.rows.map((row) => ({
    x: across.indexOf(row[first.index]),
    y: down.indexOf(row[second.index]),
    value: numberOf(row[measure.index]),
    point: { [first.name]: row[first.index], [second.name]: row[second.index] },
  }));
  const numbers = cells.map((cell) => cell.value).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...numbers), Math.max(...numbers, 0)];
  const option = optionBase(look);
  const short = formatterOf(measure, look.setting, { isShort: areLarge(numbers) });
  option.grid = gridOf(look, "none", { top: 8, bottom: 40, right: 8 });
  option.xAxis = {
    ...bandAxisBelow(look, across.map(acrossText)),
    axisLine: { show: false },
    splitArea: { show: false },
  };
  option.yAxis = bandAxisBeside(look, down.map(downText));
  option.visualMap = rampLegend(look, low, high, short);
  const cellWidth = (look.width - 120) / Math.max(1, across.length);
  const cellHeight = (look.height - 70) / Math.max(1, down.length);
  option.series = [
    {
      id: "heatmap",
      type: "heatmap",
      data: cells.map((cell) => heatItem(cell, low, high, look)),
      label: {
        show: visual.options?.labels ?? (cellWidth > 40 && cellHeight > 18 && cells.length <= 400),
        fontFamily: FONT,
        fontSize: 11,
        formatter: (item) => (item.value[2] === null ? "" : short(item.value[2])),
      },
      itemStyle: { borderColor: look.colors.surface, borderWidth: 2, borderRadius: 4 },
    },
  ];
  option.tooltip.trigger = "item";
  const name = (cell) => `${acrossText(across[cell.x])}, ${downText(down[cell.y])}`;
  const marks = cells.map((cell, index) => ({
    series: 0,
    index,
    label: name(cell),
    value: cell.value,
    column: measure,
    point: cell.point,
  }));
  const tip = (params) => {
    const cell = cells[params.dataIndex];
    return cell
      ? {
          title: name(cell),
          rows: [{ color: null, label: measure.label ?? measure.name, value: fullText(measure, look)(cell.value) }],
        }
      : { title: "", rows: [] };
  };
  return { option, marks, tip };
}

function heatAxes(visual, data) {
  const [x] = columnsOf(visual, data, "x");
  const [y] = columnsOf(visual, data, "y");
  const dimensions = dimensionsOf(data);
  return [x ?? dimensions[0], y ?? dimensions[1]];
}

function heatItem(cell, low, high, look) {
  const part = high > low ? ((cell.value ?? low) - low) / (high - low) : 0;
  const isStrong = look.theme === "dark" ? part > 0.7 : part > 0.52;
  const item = {
    value: [cell.x, cell.y, cell.value],
    label: { color: isStrong ? (look.theme === "dark" ? "#10151d" : "#ffffff") : look.colors.text },
  };
  if (look.isDimmed({ point: cell.point })) item.itemStyle = { opacity: 0.3 };
  return item;
}

/** The scale of colours below a chart. */
export function rampLegend(look, low, high, short) {
  return {
    show: true,
    type: "continuous",
    min: low,
    max: high > low ? high : low + 1,
    calculable: false,
    orient: "horizontal",
    left: 4,
    bottom: 2,
    itemWidth: 10,
    itemHeight: 110,
    text: [short(high), short(low)],
    textGap: 8,
    textStyle: { fontFamily: FONT, fontSize: 11, color: look.colors["text-3"] },
    inRange: { color: look.colors.ramp },
    hoverLink: false,
  };
}
