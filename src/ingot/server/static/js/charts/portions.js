/** Charts of portions of a whole: donut, treemap and funnel. Colours belong to categories and stay with them. */
import { bandAxisBeside, fullText, givenColor, gridOf, opacityOf, optionBase, roughWidth } from "./parts.js";
import { formatterOf } from "../format.js";
import { FONT } from "./look.js";
import { faded, isPartOf, partFill, wholeOf } from "./overlay.js";
import { areLarge, axisShape, categoryText, numberOf } from "./shape.js";

const DONUT_LEGEND_WIDTH_MIN = 330;
const LEGEND_LINE = 24;
const REST = "\u200b"; // what no name of a category ends with

function portionsOf(visual, data, look) {
  const part = itemsOf(visual, data, look);
  const base = wholeOf(visual, data, look);
  if (!base) return part;
  const whole = itemsOf(visual, base, look);
  const values = new Map(part.items.map((item) => [item.key, item.value]));
  const items = whole.items.map((item) => ({ ...item, part: values.get(item.key) ?? 0 }));
  return items.every((item) => isPartOf(item.part, item.value)) ? { ...whole, items, part: part.total } : part;
}

function itemsOf(visual, data, look) {
  const { category, values } = axisShape(visual, data);
  const name = categoryText(category, look.setting);
  const [measure] = values;
  const items = data.rows.map((row) => {
    const key = row[category.index];
    return {
      key,
      name: name(key),
      value: numberOf(row[measure.index]),
      color: givenColor(visual, [key], look.colorOf(category.name, key)),
      point: { [category.name]: key },
    };
  });
  return { category, measure, items, total: items.reduce((sum, item) => sum + Math.max(0, item.value ?? 0), 0) };
}

function finished(option, portions, look, drawn, series = 0) {
  const text = fullText(portions.measure, look);
  const share = formatterOf({ type: "number", format: { style: "percent", digits: 1 } }, look.setting);
  const markOf = (item, index) => ({
    series,
    index,
    name: item.name,
    label: item.name.replace(REST, ""),
    value: item.part ?? item.value,
    column: portions.measure,
    point: item.point,
    isTwin: item.isRest,
  });
  const tip = (params) => {
    const item = drawn.find((candidate) => candidate.name === params.name?.replace(REST, ""));
    if (!item) return { title: params.name ?? "", rows: [] };
    const label = portions.measure.label ?? portions.measure.name;
    if (item.part !== undefined)
      return {
        title: item.name,
        rows: [{ color: item.color, label, value: `${text(item.part)} of ${text(item.value)}` }],
      };
    const rows = [{ color: item.color, label, value: text(item.value) }];
    if (portions.total > 0)
      rows.push({ color: null, label: "Share", value: share((item.value ?? 0) / portions.total) });
    return { title: item.name, rows };
  };
  option.tooltip.trigger = "item";
  return { option, marks: drawn.map(markOf), tip };
}

function dataItem(item, look, more = {}) {
  return {
    name: item.name,
    value: item.value,
    ...more,
    itemStyle: { color: item.color, opacity: opacityOf(look, item.point), ...more.itemStyle },
  };
}

// A slice whose part is highlighted is two: the part, and the rest of it that stands back.
function slicesOf(item) {
  if (item.part === undefined) return [item];
  const rest = {
    ...item,
    name: item.name + REST,
    value: item.value - item.part,
    part: undefined,
    color: faded(item.color),
    isRest: true,
  };
  return [{ ...item, value: item.part, part: item.part }, rest];
}

/** A ring with the total in the middle; the legend stands beside it, or below in a narrow or a tall place. */
export function donutChart(visual, data, look) {
  const portions = portionsOf(visual, data, look);
  const drawn = portions.items.filter((item) => item.value > 0);
  const slices = drawn.flatMap(slicesOf);
  const isTall = look.height - look.width >= drawn.length * LEGEND_LINE;
  const legend = visual.options?.legend ?? (look.width >= DONUT_LEGEND_WIDTH_MIN && !isTall ? "right" : "bottom");
  const isBeside = legend === "right";
  const isList = legend === "bottom" && isTall;
  const below = legend === "none" ? 16 : isList ? drawn.length * LEGEND_LINE + 16 : 84;
  const size = isBeside ? Math.min(look.height - 16, look.width * 0.5) : Math.min(look.width - 16, look.height - below);
  const center = isBeside ? [size / 2 + 8, look.height / 2] : [look.width / 2, size / 2 + 8];
  const share = formatterOf({ type: "number", format: { style: "percent", digits: 0 } }, look.setting);
  const option = optionBase(look);
  const room = look.width - size - 44;
  option.legend = {
    show: legend !== "none",
    data: drawn.map((item) => item.name),
    type: "scroll",
    orient: isBeside || isList ? "vertical" : "horizontal",
    ...(isBeside ? { left: size + 32, top: "middle", bottom: 0 } : { left: "center", bottom: 0, height: below - 28 }),
    icon: "circle",
    itemWidth: 9,
    itemHeight: 9,
    itemGap: isBeside ? 11 : isList ? 8 : 14,
    pageIconSize: 10,
    pageIconColor: look.colors["text-2"],
    pageTextStyle: { color: look.colors["text-3"] },
    formatter: (name) => legendText(name, drawn, portions.total, share),
    tooltip: { show: true },
    textStyle: {
      fontFamily: FONT,
      fontSize: 12,
      color: look.colors["text-2"],
      width: isBeside ? Math.max(60, room - 20) : isList ? look.width - 60 : 140,
      overflow: "truncate",
    },
  };
  option.series = [
    {
      id: "donut",
      type: "pie",
      radius: [size * 0.33, size * 0.48],
      center,
      padAngle: drawn.length > 1 && drawn.length < 20 && portions.part === undefined ? 1 : 0,
      itemStyle: { borderRadius: 3, borderColor: look.colors.surface, borderWidth: 1 },
      label: {
        show: visual.options?.labels === true,
        position: "inside",
        fontFamily: FONT,
        fontSize: 11,
        formatter: (item) => share(item.value / portions.total),
      },
      labelLine: { show: false },
      data: slices.map((item) =>
        dataItem(item, look, { label: { color: item.isRest ? look.colors.text : readableOn(item.color) } }),
      ),
      emphasis: { scaleSize: 4 },
    },
  ];
  option.title = centreText(portions, look, center, size);
  const { marks } = finished(option, portions, look, slices);
  return { ...finished(option, portions, look, drawn), marks };
}

function legendText(name, drawn, total, share) {
  const item = drawn.find((candidate) => candidate.name === name);
  return item && total > 0 ? `${name}  ${share(item.value / total)}` : name;
}

function centreText(portions, look, center, size) {
  if (size < 110) return { show: false };
  const short = formatterOf(portions.measure, look.setting, { isShort: portions.total >= 10000 });
  return {
    show: true,
    text: short(portions.part ?? portions.total),
    subtext:
      portions.part === undefined ? (portions.measure.label ?? portions.measure.name) : `of ${short(portions.total)}`,
    left: center[0],
    top: center[1] - (size > 170 ? 25 : 21),
    textAlign: "center",
    itemGap: 3,
    textStyle: { fontFamily: FONT, fontSize: size > 170 ? 22 : 17, fontWeight: 600, color: look.colors.text },
    subtextStyle: {
      fontFamily: FONT,
      fontSize: 11,
      color: look.colors["text-3"],
      width: size * 0.58,
      overflow: "truncate",
    },
  };
}

/** Rectangles as large as their values. */
export function treemapChart(visual, data, look) {
  const portions = portionsOf(visual, data, look);
  const drawn = portions.items.filter((item) => item.value > 0);
  const short = formatterOf(portions.measure, look.setting, { isShort: areLarge(drawn.map((item) => item.value)) });
  const shownOf = (name) =>
    drawn.map((item) => (item.name === name ? (item.part ?? item.value) : null)).find((value) => value !== null);
  const option = optionBase(look);
  option.series = [
    {
      id: "treemap",
      type: "treemap",
      left: 0,
      right: 0,
      top: 0,
      bottom: 0,
      roam: false,
      nodeClick: false,
      breadcrumb: { show: false },
      animationDurationUpdate: 260,
      itemStyle: { borderColor: look.colors.surface, borderWidth: 0, gapWidth: 2, borderRadius: 3 },
      label: {
        show: visual.options?.labels !== false,
        fontFamily: FONT,
        fontSize: 12,
        overflow: "truncate",
        padding: [6, 6],
        position: "insideTopLeft",
        formatter: (item) => `{name|${item.name}}\n{value|${short(shownOf(item.name))}}`,
      },
      data: drawn.map((item) =>
        dataItem(item, look, {
          label: tileLabel(item, look),
          ...(item.part === undefined
            ? {}
            : { itemStyle: { color: partFill(item.color, item.part, item.value, "up") } }),
        }),
      ),
    },
  ];
  return finished(option, portions, look, drawn);
}

// The name stands on top of the tile, where the highlighted part is seldom.
function tileLabel(item, look) {
  const color = item.part === undefined || item.part / item.value > 0.85 ? readableOn(item.color) : look.colors.text;
  return {
    color,
    rich: {
      name: { color, fontSize: 12, fontWeight: 600, lineHeight: 17 },
      value: { color, fontSize: 12, lineHeight: 16 },
    },
  };
}

/** Black or white, whichever is read better on a colour. */
function readableOn(color) {
  const parts = [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16) / 255);
  const linear = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const brightness = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return 1.05 / (brightness + 0.05) > (brightness + 0.05) / 0.05 ? "#ffffff" : "#10151d";
}

/** Stages that narrow: bars about one middle, in shades of one hue, for the stages are steps of one thing. */
export function funnelChart(visual, data, look) {
  const portions = portionsOf(visual, data, look);
  const drawn = portions.items
    .filter((item) => item.value > 0)
    .sort((one, other) => (visual.sort?.length ? 0 : other.value - one.value));
  const text = formatterOf(portions.measure, look.setting, { isShort: areLarge(drawn.map((item) => item.value)) });
  const most = drawn.reduce((value, item) => Math.max(value, item.value), 0);
  const names = drawn.map((item) => item.name);
  const room =
    look.width -
    Math.min(
      drawn.reduce((width, item) => Math.max(width, roughWidth(item.name)), 0),
      look.width * 0.38,
    ) -
    40;
  const option = optionBase(look);
  option.grid = gridOf(look, "none", { right: 8 });
  option.xAxis = { type: "value", show: false, min: 0, max: most || 1 };
  option.yAxis = { ...bandAxisBeside(look, names), axisLine: { show: false } };
  const bars = { type: "bar", stack: "funnel", barCategoryGap: "14%", barMaxWidth: 44 };
  const isWide = (item) => (item.value / most) * room > roughWidth(text(item.value)) + 14;
  const stage = (item, index) => {
    const color = givenColor(visual, [item.key], shade(look, index, drawn.length));
    const isPart = item.part !== undefined;
    const place = isWide(item)
      ? { position: "inside", color: isPart ? look.colors.text : readableOn(color) }
      : { position: "right", color: look.colors["text-2"] };
    return dataItem({ ...item, color: isPart ? partFill(color, item.part, item.value, "right") : color }, look, {
      label: place,
    });
  };
  option.series = [
    {
      ...bars,
      id: "funnel:side",
      silent: true,
      tooltip: { show: false },
      itemStyle: { color: "transparent" },
      data: drawn.map((item) => (most - item.value) / 2),
    },
    {
      ...bars,
      id: "funnel",
      itemStyle: { borderRadius: 3 },
      data: drawn.map(stage),
      label: {
        show: visual.options?.labels ?? true,
        fontFamily: FONT,
        fontSize: 12,
        formatter: ({ dataIndex }) => text(drawn[dataIndex].part ?? drawn[dataIndex].value),
      },
    },
  ];
  return finished(option, portions, look, drawn, 1);
}

function shade(look, index, count) {
  const ramp = look.theme === "dark" ? look.colors.ramp.slice(1, 4).reverse() : look.colors.ramp.slice(1, 5).reverse();
  return ramp[Math.min(ramp.length - 1, Math.floor((index / Math.max(1, count)) * ramp.length))];
}
