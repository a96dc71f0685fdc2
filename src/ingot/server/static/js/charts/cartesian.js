/**
 * Charts with two axes: bar, column, stacked, line, area and combo.
 * One idea: rows become lines of numbers over categories; a line knows its name, colour, measure and points.
 */
import { bandAxisBelow, bandAxisBeside, fullText, givenColor, gridOf, isTime, legendOf, limitsOf, opacityOf, optionBase, timeAxis, valueAxis } from "./parts.js";
import { dayTexts, formatterOf, wallTime } from "../format.js";
import { areLarge, axisShape, canOverlay, categoryText, columnsOf, numberOf, pivoted } from "./shape.js";

const LABELS_MAX = 16;
const BAR_PIXELS_MIN = { flat: 17, upright: 21 };

/**
 * @param {object} visual
 * @param {object} data
 * @param {import("./look.js").Look} look
 */
export function cartesianChart(visual, data, look) {
  const drawing = drawingOf(visual, data, look);
  const { lines, isFlat, isOnTime } = drawing;
  const option = optionBase(look);
  const legend = lines.length > 1 ? (visual.options?.legend ?? "top") : "none";
  const { band, numbers } = axesOf(drawing, look);
  option.grid = gridOf(look, legend, drawing.hasLabels && legend !== "right" ? (isFlat ? { right: 56 } : { top: legend === "top" ? 46 : 22 }) : {});
  option.legend = legendOf(look, lines.map((line) => line.name), legend);
  option.xAxis = isFlat ? numbers : band;
  option.yAxis = isFlat ? band : numbers;
  const zoom = zoomOf(drawing, look);
  if (zoom) {
    option.dataZoom = [zoom];
    if (!isFlat) option.grid.bottom += 16;
  }
  option.series = [...backgroundOf(drawing, look), ...lines.map((line) => seriesOf(line, drawing, look))];
  Object.assign(option.tooltip, { trigger: "axis", axisPointer: { type: isOnTime || drawing.isLine ? "line" : "shadow", lineStyle: { color: look.colors["border-strong"] }, shadowStyle: { color: look.colors["text-3"], opacity: 0.08 } } });
  return { option, marks: marksOf(drawing), tip: (params) => tipOf(params, drawing, look) };
}

function drawingOf(visual, data, look) {
  const shape = axisShape(visual, data);
  const source = look.base && canOverlay(visual) ? look.base : data;
  const categories = [];
  const lines = shape.series && shape.values.length === 1 ? seriesLines(visual, source, shape, look, categories) : measureLines(visual, source, shape, look, categories);
  if (source !== data) overlay(lines[0], data, shape, categories);
  const name = categoryText(shape.category, look.setting);
  const kind = visual.kind;
  const options = visual.options ?? {};
  const isStacked = options.stack === true || options.percent === true || (kind === "area" && lines.length > 1 && options.stack !== false);
  if (options.percent) asShares(lines, categories.length);
  const isLine = kind === "line" || kind === "area";
  return {
    visual,
    shape,
    kind,
    categories,
    lines: placedLines(lines, visual, data),
    isStacked,
    isLine,
    isFlat: kind === "bar",
    isOnTime: isLine && isTime(shape.category) && categories.every((value) => value !== null),
    texts: categories.map(name),
    axisTexts: isTime(shape.category) && !shape.category.format?.pattern ? dayTexts(categories, look.setting) : categories.map(name),
    hasLabels: hasLabels(visual, lines, categories, isStacked, look),
    background: source !== data ? lines[0].background : null,
  };
}

function seriesLines(visual, data, shape, look, categories) {
  const table = pivoted(data.rows, shape.category.index, shape.series.index, shape.values[0].index);
  categories.push(...table.categories);
  const name = categoryText(shape.series, look.setting);
  return table.lines.map(({ key, values }) => ({
    name: name(key),
    values,
    column: shape.values[0],
    point: { [shape.series.name]: key },
    color: givenColor(visual, [key], look.colorOf(shape.series.name, key)),
  }));
}

function measureLines(visual, data, shape, look, categories) {
  categories.push(...data.rows.map((row) => row[shape.category.index]));
  return shape.values.map((column, place) => ({
    name: column.label ?? column.name,
    values: data.rows.map((row) => numberOf(row[column.index])),
    column,
    point: {},
    color: givenColor(visual, [column.label, column.name], look.colors.palette[place % look.colors.palette.length]),
  }));
}

// Highlighting: what is selected is drawn over the whole, which stays behind it.
function overlay(line, data, shape, categories) {
  const found = new Map(data.rows.map((row) => [row[shape.category.index], numberOf(row[shape.values[0].index])]));
  line.background = line.values;
  line.values = categories.map((category) => found.get(category) ?? null);
}

const SHARE = { style: "percent", digits: 1 };

// Portions of 100 % are drawn; what was asked for stays in the tooltip.
function asShares(lines, count) {
  const totals = Array.from({ length: count }, (_, index) => lines.reduce((sum, line) => sum + Math.abs(line.values[index] ?? 0), 0));
  for (const line of lines) {
    line.shown = line.values;
    line.shownColumn = line.column;
    line.values = line.values.map((value, index) => (value === null || totals[index] === 0 ? null : value / totals[index]));
    line.column = { ...line.column, type: "number", format: SHARE };
  }
}

function placedLines(lines, visual, data) {
  if (visual.kind !== "combo") return lines;
  const asLines = columnsOf(visual, data, "lines").map((column) => column.name);
  const placed = lines.map((line) => ({ ...line, isOver: asLines.includes(line.column.name) }));
  const size = (over) => Math.max(0, ...placed.filter((line) => line.isOver === over).flatMap((line) => line.values.map((value) => Math.abs(value ?? 0))));
  const style = (over) => placed.find((line) => line.isOver === over)?.column.format?.style;
  const ratio = size(true) / (size(false) || 1);
  const isSecond = style(true) !== style(false) || ratio > 5 || ratio < 0.2;
  return placed.map((line) => ({ ...line, axis: line.isOver && isSecond ? 1 : 0 }));
}

function hasLabels(visual, lines, categories, isStacked, look) {
  if (visual.options?.labels !== undefined) return visual.options.labels === true;
  if (lines.length !== 1 || isStacked || categories.length > LABELS_MAX) return false;
  if (visual.kind === "bar") return true;
  return visual.kind === "column" && look.width / Math.max(1, categories.length) >= 44;
}

function axesOf(drawing, look) {
  const { lines, axisTexts: texts, isFlat, isOnTime } = drawing;
  const band = isOnTime ? timeAxis(look) : isFlat ? bandAxisBeside(look, texts) : bandAxisBelow(look, texts, look.isStill || drawing.isLine ? texts.length : Math.min(texts.length, fittingBars(drawing, look)));
  if (drawing.isLine && !isOnTime) {
    band.boundaryGap = texts.length < 2;
    Object.assign(band.axisLabel, { alignMinLabel: "left", alignMaxLabel: "right" });
  }
  const under = lines.filter((line) => !line.axis).map((line) => line.column);
  const over = lines.filter((line) => line.axis === 1).map((line) => line.column);
  const hides = drawing.hasLabels ? { axisLabel: { show: false }, splitLine: { show: false } } : {};
  const first = valueAxis(look, under, { ...hides, ...limitsOf(drawing.visual.options) });
  return { band, numbers: over.length ? [first, valueAxis(look, over, { splitLine: { show: false } })] : first };
}

function fittingBars({ isFlat }, look) {
  const room = isFlat ? (look.height - 30) / BAR_PIXELS_MIN.flat : (look.width - 70) / BAR_PIXELS_MIN.upright;
  return Math.max(4, Math.floor(room));
}

// A window over the axis that the reader moves and widens.
function windowOf(drawing, look) {
  const place = drawing.isFlat ? { yAxisIndex: 0, right: 0, width: 12 } : { xAxisIndex: 0, bottom: 2, height: 12, left: 8, right: 8 };
  return { type: "slider", start: 0, end: 100, showDetail: false, brushSelect: false, borderColor: "transparent", backgroundColor: look.colors["surface-2"], fillerColor: look.colors["border-strong"], moveHandleSize: 0, showDataShadow: false, ...place };
}

function zoomOf(drawing, look) {
  if (look.isStill) return null;
  if (drawing.visual.options?.zoom) return windowOf(drawing, look);
  if (drawing.isLine) return null;
  const fit = fittingBars(drawing, look);
  if (drawing.texts.length <= fit) return null;
  const handle = { fillerColor: look.colors["border-strong"], borderColor: "transparent", backgroundColor: look.colors["surface-2"], handleSize: 0, moveHandleSize: 0, showDetail: false, brushSelect: false, zoomLock: true, showDataShadow: false, borderRadius: 4 };
  const place = drawing.isFlat ? { yAxisIndex: 0, right: 0, width: 8, top: 10, bottom: 6 } : { xAxisIndex: 0, bottom: 2, height: 8, left: 8, right: 8 };
  return { type: "slider", startValue: 0, endValue: fit - 1, ...handle, ...place };
}

function dataOf(line, drawing, look, values = line.values) {
  return values.map((value, index) => {
    const point = { [drawing.shape.category?.name]: drawing.categories[index], ...line.point };
    const item = { value: drawing.isOnTime ? [wallTime(drawing.categories[index], look.setting.timeZone), value] : value };
    const opacity = opacityOf(look, point);
    if (opacity < 1) item.itemStyle = { opacity };
    if (value < 0 && drawing.isFlat) item.label = { position: "left" };
    if (value < 0 && !drawing.isFlat) item.label = { position: "bottom" };
    return item;
  });
}

function seriesOf(line, drawing, look) {
  const short = formatterOf(line.column, look.setting, { isShort: areLarge(line.values) });
  const isLine = drawing.isLine || line.isOver;
  const shared = {
    id: `${line.name}:${drawing.kind}`,
    name: line.name,
    data: dataOf(line, drawing, look),
    color: line.color,
    yAxisIndex: line.axis ?? 0,
    stack: drawing.isStacked && !line.isOver ? "all" : undefined,
    label: { show: drawing.hasLabels, position: drawing.isFlat ? "right" : "top", color: look.colors["text-2"], fontSize: 12, formatter: (item) => (item.value === null ? "" : short(Array.isArray(item.value) ? item.value[1] : item.value)) },
    labelLayout: { hideOverlap: true },
    emphasis: { focus: drawing.isLine && drawing.lines.length > 1 ? "series" : "none" },
    cursor: drawing.visual.interaction === "none" ? "default" : "pointer",
  };
  return isLine ? { ...shared, ...lineStyle(line, drawing, look) } : { ...shared, ...barStyle(drawing) };
}

function lineStyle(line, drawing, look) {
  return {
    type: "line",
    smooth: drawing.visual.options?.smooth === true,
    symbol: "circle",
    symbolSize: 7,
    showSymbol: drawing.visual.options?.points ?? drawing.categories.length <= 31,
    connectNulls: false,
    lineStyle: { width: 2.2 },
    areaStyle: drawing.kind === "area" ? { opacity: drawing.isStacked ? 0.5 : look.theme === "dark" ? 0.24 : 0.16 } : undefined,
  };
}

function barStyle(drawing) {
  return {
    type: "bar",
    barMaxWidth: drawing.isFlat ? 30 : 56,
    barCategoryGap: "28%",
    barGap: drawing.background ? "-100%" : "8%",
    itemStyle: { borderRadius: drawing.isStacked ? 0 : 3 },
  };
}

function backgroundOf(drawing, look) {
  if (!drawing.background) return [];
  const [line] = drawing.lines;
  return [{ ...barStyle(drawing), id: `${line.name}:whole`, name: `${line.name} (all)`, data: drawing.background, color: line.color, itemStyle: { opacity: 0.24, borderRadius: 3 }, animation: !look.isStill }];
}

function marksOf(drawing) {
  const offset = drawing.background ? 1 : 0;
  const marks = drawing.lines.flatMap((line, place) =>
    line.values.map((value, index) => ({
      series: place + offset,
      index,
      label: [drawing.texts[index], drawing.lines.length > 1 ? line.name : null].filter(Boolean).join(", "),
      value,
      column: line.column,
      point: drawing.shape.category ? { [drawing.shape.category.name]: drawing.categories[index], ...line.point } : { ...line.point },
    })),
  );
  return offset ? [...marks, ...marks.map((mark) => ({ ...mark, series: 0, isTwin: true }))] : marks;
}

function tipText(line, index, look) {
  const text = fullText(line.column, look)(line.values[index]);
  return line.shown ? `${fullText(line.shownColumn, look)(line.shown[index])} (${text})` : text;
}

function tipOf(params, drawing, look) {
  const items = Array.isArray(params) ? params : [params];
  const index = items[0]?.dataIndex ?? 0;
  const rows = drawing.lines
    .filter((line) => items.some((item) => item.seriesName === line.name))
    .map((line) => ({ color: line.color, label: line.name, value: tipText(line, index, look) }));
  if (drawing.background) rows.push({ color: null, label: "All", value: fullText(drawing.lines[0].column, look)(drawing.background[index]) });
  return { title: drawing.texts[index], rows: drawing.isStacked ? rows.reverse() : rows };
}
