/**
 * Parts that charts share: text styles, grid, axes, legend, tooltips as data.
 * A tooltip is data, {title, rows: [{color, label, value}]}; whoever shows the chart turns it into a document's nodes.
 */
import { formatterOf, timeTickText } from "../format.js";
import { FONT } from "./look.js";

const NAME_MAX = 26;
const LABEL_PIXELS = 6.7; // an average glyph at 12 px; only decides how labels are laid out, ECharts cuts exactly

/** Width in pixels that a text takes at 12 px, roughly. */
export function roughWidth(text) {
  return String(text).length * LABEL_PIXELS;
}

/** What every option starts from. */
export function optionBase(look) {
  return {
    animation: !look.isStill,
    animationDuration: 350,
    animationDurationUpdate: 260,
    animationEasing: "cubicOut",
    animationEasingUpdate: "cubicOut",
    useUTC: true,
    textStyle: { fontFamily: FONT, fontSize: 12, color: look.colors["text-2"] },
    tooltip: {
      confine: true,
      transitionDuration: 0.1,
      className: "chart-tip",
      borderWidth: 0,
      padding: 0,
      backgroundColor: "transparent",
      extraCssText: "box-shadow:none",
    },
  };
}

/** @param {import("./look.js").Look} look @param {"top"|"right"|"bottom"|"none"} legend where it stands */
export function gridOf(look, legend, more = {}) {
  const right = legend === "right" ? Math.min(190, look.width * 0.34) : 14;
  return {
    left: 4,
    right,
    top: legend === "top" ? 34 : 10,
    bottom: legend === "bottom" ? 30 : 4,
    outerBoundsMode: "same",
    outerBoundsContain: "axisLabel",
    ...more,
  };
}

/**
 * The names of series. They stand on top unless they are wanted elsewhere or not at all.
 * @param {import("./look.js").Look} look @param {string[]} names @param {"top"|"right"|"bottom"|"none"} [place]
 */
export function legendOf(look, names, place = "top") {
  const spot = { bottom: { bottom: 0, left: 0, right: 0 }, right: { right: 0, top: 8, bottom: 8, orient: "vertical" } };
  return {
    show: names.length > 1 && place !== "none",
    type: "scroll",
    ...(spot[place] ?? { top: 0, left: 0, right: 0 }),
    padding: [2, 4, 4, 4],
    icon: "roundRect",
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 16,
    pageIconSize: 10,
    pageIconColor: look.colors["text-2"],
    pageIconInactiveColor: look.colors["border-strong"],
    pageTextStyle: { color: look.colors["text-3"] },
    inactiveColor: look.colors["border-strong"],
    formatter: (name) => (name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name),
    textStyle: { color: look.colors["text-2"], fontSize: 12, lineHeight: 16, fontFamily: FONT },
    data: names,
  };
}

/**
 * The axis of numbers.
 * @param {import("./look.js").Look} look
 * @param {object[]} columns the measures that it carries
 */
export function valueAxis(look, columns, more = {}) {
  const short = formatterOf(columns[0], look.setting, { isAxis: true });
  return {
    type: "value",
    splitNumber: look.height < 200 ? 3 : 4,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: look.colors["text-3"],
      fontSize: 12,
      fontFamily: FONT,
      formatter: (value) => short(value),
      hideOverlap: true,
    },
    splitLine: { lineStyle: { color: look.colors.border } },
    ...more,
  };
}

/** Ends and scale of the axis of numbers, as the author wants them. */
export function limitsOf(options = {}) {
  const whole = options.percent ? { max: 1, interval: 0.25 } : {};
  return {
    min: options.minimum,
    ...whole,
    ...(options.maximum === undefined ? {} : { max: options.maximum }),
    ...(options.log ? { type: "log" } : {}),
  };
}

function plainAxis(look) {
  return {
    axisLine: { onZero: false, lineStyle: { color: look.colors["border-strong"] } },
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

/**
 * Categories below a chart: straight if they fit, cut if the bands are wide, slanted if they are narrow.
 * @param {import("./look.js").Look} look @param {string[]} texts @param {number} [shown] how many stand there at once
 */
export function bandAxisBelow(look, texts, shown = texts.length) {
  const band = Math.max(1, look.width - 70) / Math.max(1, shown);
  const longest = texts.reduce((width, text) => Math.max(width, roughWidth(text)), 0);
  const label = { color: look.colors["text-2"], fontSize: 12, fontFamily: FONT, overflow: "truncate", ellipsis: "…" };
  if (longest + 8 <= band) Object.assign(label, { interval: 0 });
  else if (band >= 62) Object.assign(label, { interval: 0, width: band - 10 });
  else if (band >= 20) Object.assign(label, { interval: 0, rotate: 40, width: 96 });
  else Object.assign(label, { interval: "auto", hideOverlap: true, width: 84 });
  return { type: "category", data: texts, triggerEvent: true, ...plainAxis(look), axisLabel: label };
}

/** Categories beside horizontal bars: the first on top, cut at two fifths of the width. */
export function bandAxisBeside(look, texts) {
  const width = Math.min(Math.max(60, look.width * 0.38), 220);
  const isTight = look.height / Math.max(1, texts.length) < 15 && look.isStill;
  return {
    type: "category",
    inverse: true,
    triggerEvent: true,
    data: texts,
    ...plainAxis(look),
    axisLine: { show: false, onZero: false },
    axisLabel: {
      color: look.colors["text-2"],
      fontSize: 12,
      fontFamily: FONT,
      width,
      overflow: "truncate",
      ellipsis: "…",
      interval: isTight ? "auto" : 0,
    },
  };
}

const DAY_MS = 86_400_000;

/** @param {import("./look.js").Look} look @param {{type: string}} column of days or of instants */
export function timeAxis(look, column) {
  return {
    type: "time",
    ...plainAxis(look),
    ...(column.type === "date" ? { minInterval: DAY_MS } : {}), // days have no hours
    splitNumber: Math.max(2, Math.round(look.width / 110)),
    axisLabel: {
      color: look.colors["text-2"],
      fontSize: 12,
      fontFamily: FONT,
      hideOverlap: true,
      formatter: (time) => timeTickText(time, look.setting.locale),
    },
  };
}

/** Whether an axis of categories is better drawn to scale. */
export function isTime(column) {
  return column?.type === "date" || column?.type === "timestamp";
}

/** Opacity of a mark: back if others are selected. */
export function opacityOf(look, point) {
  return look.isDimmed({ point }) ? 0.26 : 1;
}

/** The text of a number in full, for tooltips and for those who do not see the chart. */
export function fullText(column, look) {
  return formatterOf(column, look.setting);
}

/** The colour that the author gave a measure or a category, by one of its names, else the chart's. */
export function givenColor(visual, names, otherwise) {
  const given = visual.options?.colors ?? {};
  const found = names.map(String).find((name) => Object.hasOwn(given, name));
  return found === undefined ? otherwise : given[found];
}
