/**
 * Charts with two axes: bar, column, stacked, line, area and combo.
 * One idea: rows become lines of numbers over categories; a line knows its name, colour, measure and points.
 */
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
import { dayTexts, formatterOf, wallTime } from "../format.js";
import { faded, isPartOf, partFill, wholeOf } from "./overlay.js";
import { areLarge, axisShape, categoryText, columnsOf, numberOf, pivoted } from "./shape.js";

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
  option.grid = gridOf(
    look,
    legend,
    drawing.hasLabels && legend !== "right" ? (isFlat ? { right: 56 } : { top: legend === "top" ? 46 : 22 }) : {},
  );
  option.legend = legendOf(
    look,
    lines.map((line) => line.name),
    legend,
  );
  option.xAxis = isFlat ? numbers : band;
  option.yAxis = isFlat ? band : numbers;
  const zoom = zoomOf(drawing, look);
  if (zoom) {
    option.dataZoom = [zoom];
    if (!isFlat) option.grid.bottom += 16;
  }
  option.series = inPlaces([...backgroundOf(drawing, look), ...lines.map((line) => seriesOf(line, drawing, look))]);
  Object.assign(option.tooltip, {
    trigger: "axis",
    axisPointer: {
      type: isOnTime || drawing.isLine ? "line" : "shadow",
      lineStyle: { color: look.colors["border-strong"] },
      shadowStyle: { color: look.colors["text-3"], opacity: 0.08 },
    },
  });
  return { option, marks: marksOf(drawing), tip: (params) => tipOf(params, drawing, look) };
}

function drawingOf(visual, data, look) {
  const shape = axisShape(visual, data);
  const name = categoryText(shape.category, look.setting);
  const kind = visual.kind;
  const options = visual.options ?? {};
  const isLine = kind === "line" || kind === "area";
  const { categories, lines, overlay } = overlaid(visual, data, shape, look, isLine);
  const isStacked =
    options.stack === true ||
    options.percent === true ||
    (kind === "area" && lines.length > 1 && options.stack !== false);
  if (options.percent) asShares(lines, categories.length);
  return {
    visual,
    shape,
    kind,
    categories,
    lines: placedLines(lines, visual, data),
    overlay,
    isStacked,
    isLine,
    isFlat: kind === "bar",
    isOnTime: isLine && isTime(shape.category) && categories.every((value) => value !== null),
    texts: categories.map(name),
    axisTexts:
      isTime(shape.category) && !shape.category.format?.pattern
        ? dayTexts(categories, look.setting)
        : categories.map(name),
    hasLabels: hasLabels(visual, lines, categories, isStacked, look),
  };
}

/**
 * The lines of an answer; if a part is highlighted, those of the whole with the values of the part.
 * One line of bars has the whole behind it, of any size; several lines of bars are filled as far as the part goes.
 * @returns {{categories: unknown[], lines: object[], overlay: "behind"|"filled"|null}}
 */
function overlaid(visual, data, shape, look, isLine) {
  const part = linesOf(visual, data, shape, look);
  const base = wholeOf(visual, data, look);
  if (!base) return { ...part, overlay: null };
  const whole = linesOf(visual, base, shape, look);
  const places = new Map(part.categories.map((category, place) => [category, place]));
  const lines = whole.lines.map((line) => {
    const own = part.lines.find((candidate) => candidate.key === line.key);
    return {
      ...line,
      whole: line.values,
      values: whole.categories.map((category) => own?.values[places.get(category)] ?? null),
    };
  });
  if (isLine || (lines.length === 1 && !visual.options?.percent))
    return { categories: whole.categories, lines, overlay: "behind" };
  const arePortions = lines.every((line) => line.values.every((value, index) => isPartOf(value, line.whole[index])));
  return arePortions ? { categories: whole.categories, lines, overlay: "filled" } : { ...part, overlay: null };
}

function linesOf(visual, data, shape, look) {
  return shape.series && shape.values.length === 1
    ? seriesLines(visual, data, shape, look)
    : measureLines(visual, data, shape, look);
}

function seriesLines(visual, data, shape, look) {
  const table = pivoted(data.rows, shape.category.index, shape.series.index, shape.values[0].index);
  const name = categoryText(shape.series, look.setting);
  const lines = table.lines.map(({ key, values }) => ({
    key,
    name: name(key),
    values,
    column: shape.values[0],
    point: { [shape.series.name]: key },
    color: givenColor(visual, [key], look.colorOf(shape.series.name, key)),
  }));
  return { categories: table.categories, lines };
}

function measureLines(visual, data, shape, look) {
  const lines = shape.values.map((column, place) => ({
    key: column.name,
    name: column.label ?? column.name,
    values: data.rows.map((row) => numberOf(row[column.index])),
    column,
    point: {},
    color: givenColor(visual, [column.label, column.name], look.colors.palette[place % look.colors.palette.length]),
  }));
  return { categories: data.rows.map((row) => row[shape.category.index]), lines };
}

const SHARE = { style: "percent", digits: 1 };

// Portions of 100 % are drawn; what was asked for stays in the tooltip.
function asShares(lines, count) {
  const wholes = lines.map((line) => line.whole ?? line.values);
  const totals = Array.from({ length: count }, (_, index) =>
    wholes.reduce((sum, values) => sum + Math.abs(values[index] ?? 0), 0),
  );
  const shares = (values) =>
    values?.map((value, index) => (value === null || totals[index] === 0 ? null : value / totals[index]));
  for (const line of lines) {
    line.shown = { column: line.column, values: line.values, whole: line.whole };
    Object.assign(line, { values: shares(line.values), whole: shares(line.whole) });
    line.column = { ...line.column, type: "number", format: SHARE };
  }
}

function placedLines(lines, visual, data) {
  if (visual.kind !== "combo") return lines;
  const asLines = columnsOf(visual, data, "lines").map((column) => column.name);
  const placed = lines.map((line) => ({ ...line, isOver: asLines.includes(line.column.name) }));
  const size = (over) =>
    Math.max(
      0,
      ...placed
        .filter((line) => line.isOver === over)
        .flatMap((line) => line.values.map((value) => Math.abs(value ?? 0))),
    );
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
  const band = isOnTime
    ? timeAxis(look, drawing.shape.category)
    : isFlat
      ? bandAxisBeside(look, texts)
      : bandAxisBelow(
          look,
          texts,
          look.isStill || drawing.isLine ? texts.length : Math.min(texts.length, fittingBars(drawing, look)),
        );
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
  const place = drawing.isFlat
    ? { yAxisIndex: 0, right: 0, width: 12 }
    : { xAxisIndex: 0, bottom: 2, height: 12, left: 8, right: 8 };
  return {
    type: "slider",
    start: 0,
    end: 100,
    showDetail: false,
    brushSelect: false,
    borderColor: "transparent",
    backgroundColor: look.colors["surface-2"],
    fillerColor: look.colors["border-strong"],
    moveHandleSize: 0,
    showDataShadow: false,
    ...place,
  };
}

function zoomOf(drawing, look) {
  if (look.isStill) return null;
  if (drawing.visual.options?.zoom) return windowOf(drawing, look);
  if (drawing.isLine) return null;
  const fit = fittingBars(drawing, look);
  if (drawing.texts.length <= fit) return null;
  const handle = {
    fillerColor: look.colors["border-strong"],
    borderColor: "transparent",
    backgroundColor: look.colors["surface-2"],
    handleSize: 0,
    moveHandleSize: 0,
    showDetail: false,
    brushSelect: false,
    zoomLock: true,
    showDataShadow: false,
    borderRadius: 4,
  };
  const place = drawing.isFlat
    ? { yAxisIndex: 0, right: 0, width: 8, top: 10, bottom: 6 }
    : { xAxisIndex: 0, bottom: 2, height: 8, left: 8, right: 8 };
  return { type: "slider", startValue: 0, endValue: fit - 1, ...handle, ...place };
}

function dataOf(line, drawing, look, values = line.values) {
  return values.map((value, index) => {
    const point = { [drawing.shape.category?.name]: drawing.categories[index], ...line.point };
    const item = {
      value: drawing.isOnTime ? [wallTime(drawing.categories[index], look.setting.timeZone), value] : value,
    };
    const opacity = opacityOf(look, point);
    if (opacity < 1) item.itemStyle = { opacity };
    if (drawing.overlay === "filled")
      item.itemStyle = {
        ...item.itemStyle,
        color: partFill(line.color, line.values[index], value, drawing.isFlat ? "right" : "up"),
      };
    if (value < 0 && drawing.isFlat) item.label = { position: "left" };
    if (value < 0 && !drawing.isFlat) item.label = { position: "bottom" };
    return item;
  });
}

// A series that is kept stays where it was: known by its name it would leave the place that its marks are known by.
function inPlaces(series) {
  return series.map((one, place) => ({ ...one, id: `${place}:${one.id}` }));
}

function seriesOf(line, drawing, look) {
  const short = formatterOf(line.column, look.setting, { isShort: areLarge(line.values) });
  const isLine = drawing.isLine || line.isOver;
  const shared = {
    id: drawing.kind,
    name: line.name,
    data: dataOf(line, drawing, look, drawing.overlay === "filled" ? line.whole : line.values),
    color: line.color,
    yAxisIndex: line.axis ?? 0,
    stack: drawing.isStacked && !line.isOver ? "all" : undefined,
    label: {
      show: drawing.hasLabels,
      position: drawing.isFlat ? "right" : "top",
      color: look.colors["text-2"],
      fontSize: 12,
      formatter: ({ dataIndex }) => (line.values[dataIndex] === null ? "" : short(line.values[dataIndex])),
    },
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
    areaStyle:
      drawing.kind === "area" ? { opacity: drawing.isStacked ? 0.5 : look.theme === "dark" ? 0.24 : 0.16 } : undefined,
  };
}

function barStyle(drawing) {
  return {
    type: "bar",
    barMaxWidth: drawing.isFlat ? 30 : 56,
    barCategoryGap: "28%",
    barGap: drawing.overlay === "behind" ? "-100%" : "8%",
    itemStyle: { borderRadius: drawing.isStacked ? 0 : 3 },
  };
}

function backgroundOf(drawing, look) {
  if (drawing.overlay !== "behind") return [];
  return drawing.lines.map((line) => {
    const shared = {
      id: "whole",
      name: `${line.name} (all)`,
      data: dataOf(line, drawing, look, line.whole),
      color: line.color,
      animation: !look.isStill,
    };
    if (!drawing.isLine)
      return { ...shared, ...barStyle(drawing), data: line.whole, itemStyle: { opacity: 0.24, borderRadius: 3 } };
    const { areaStyle, ...style } = lineStyle(line, drawing, look);
    return {
      ...shared,
      ...style,
      color: faded(line.color),
      symbol: "none",
      silent: true,
      areaStyle: areaStyle && { opacity: areaStyle.opacity / 3 },
    };
  });
}

function marksOf(drawing) {
  const offset = drawing.overlay === "behind" ? drawing.lines.length : 0;
  const marks = drawing.lines.flatMap((line, place) =>
    line.values.map((value, index) => ({
      series: place + offset,
      index,
      label: [drawing.texts[index], drawing.lines.length > 1 ? line.name : null].filter(Boolean).join(", "),
      value,
      column: line.column,
      point: drawing.shape.category
        ? { [drawing.shape.category.name]: drawing.categories[index], ...line.point }
        : { ...line.point },
    })),
  );
  return [...marks, ...(offset ? marks.map((mark) => ({ ...mark, series: mark.series - offset, isTwin: true })) : [])];
}

function tipText(line, index, look) {
  const text = fullText(line.column, look)(line.values[index]);
  const shown = line.shown ? `${fullText(line.shown.column, look)(line.shown.values[index])} (${text})` : text;
  const { column, whole } = line.shown ?? line;
  return whole ? `${shown} of ${fullText(column, look)(whole[index])}` : shown;
}

function tipOf(params, drawing, look) {
  const items = Array.isArray(params) ? params : [params];
  const index = items[0]?.dataIndex ?? 0;
  const rows = drawing.lines
    .filter((line) => items.some((item) => item.seriesName === line.name))
    .map((line) => ({ color: line.color, label: line.name, value: tipText(line, index, look) }));
  return { title: drawing.texts[index], rows: drawing.isStacked ? rows.reverse() : rows };
}
