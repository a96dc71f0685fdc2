/** A value against its target, on half a circle. */
import { formatterOf } from "../format.js";
import { FONT } from "./look.js";
import { fullText, optionBase } from "./parts.js";
import { columnsOf, measuresOf, numberOf } from "./shape.js";

/** @param {object} visual @param {object} data @param {import("./look.js").Look} look */
export function gaugeChart(visual, data, look) {
  const row = data.rows[0] ?? [];
  const read = (channel) => {
    const [column] = columnsOf(visual, data, channel);
    return column ? { column, value: numberOf(row[column.index]) } : null;
  };
  const value = read("value") ?? { column: measuresOf(data)[0], value: numberOf(row[0]) };
  const target = read("target");
  const most = read("max");
  const min = visual.options?.minimum ?? 0;
  const max = most?.value ?? roundUp(Math.max(value.value ?? 0, (target?.value ?? 0) * 1.25) || 1);
  const option = optionBase(look);
  option.series = [ring(value, min, max, look), ...(target ? [targetLine(target, min, max, look)] : [])];
  option.graphic = endTexts(value.column, min, max, look);
  option.tooltip.trigger = "item";
  const rows = [
    {
      color: look.colors.palette[0],
      label: value.column.label ?? value.column.name,
      value: fullText(value.column, look)(value.value),
    },
  ];
  if (target) rows.push({ color: null, label: "Target", value: fullText(value.column, look)(target.value) });
  if (target?.value)
    rows.push({
      color: null,
      label: "Reached",
      value: formatterOf(
        { type: "number", format: { style: "percent", digits: 1 } },
        look.setting,
      )((value.value ?? 0) / target.value),
    });
  const marks = [
    {
      series: 0,
      index: 0,
      label: value.column.label ?? value.column.name,
      value: value.value,
      column: value.column,
      point: {},
    },
  ];
  return { option, marks, tip: () => ({ title: visual.title, rows }) };
}

function roundUp(value) {
  const size = 10 ** Math.floor(Math.log10(Math.abs(value)));
  return Math.ceil(value / size) * size;
}

function geometry(look) {
  const radius = Math.max(40, Math.min(look.width / 2 - 30, look.height - 46));
  return {
    center: [look.width / 2, Math.min(look.height - 26, look.height / 2 + radius / 2)],
    radius,
    startAngle: 180,
    endAngle: 0,
  };
}

function ring(value, min, max, look) {
  const place = geometry(look);
  const short = formatterOf(value.column, look.setting, { isShort: Math.abs(value.value ?? 0) >= 100000 });
  const width = Math.max(12, place.radius * 0.17);
  return {
    id: "gauge",
    type: "gauge",
    ...place,
    min,
    max,
    splitNumber: 1,
    progress: { show: true, width, roundCap: false, itemStyle: { color: look.colors.palette[0] } },
    axisLine: { lineStyle: { width, color: [[1, look.colors["surface-3"]]] } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { show: false },
    pointer: { show: false },
    anchor: { show: false },
    title: { show: false },
    detail: {
      offsetCenter: [0, "-12%"],
      fontFamily: FONT,
      fontSize: place.radius > 90 ? 28 : 20,
      fontWeight: 620,
      color: look.colors.text,
      formatter: () => short(value.value),
    },
    data: [{ value: Math.max(min, Math.min(max, value.value ?? min)) }],
  };
}

// The target: a short line across the ring.
function targetLine(target, min, max, look) {
  const place = geometry(look);
  const width = Math.max(12, place.radius * 0.17);
  const at = Math.max(0.004, Math.min(0.996, ((target.value ?? 0) - min) / (max - min || 1)));
  const half = 1.5 / (Math.PI * place.radius);
  const nothing = { show: false };
  return {
    id: "target",
    type: "gauge",
    ...place,
    radius: place.radius + 4,
    min,
    max,
    silent: true,
    z: 3,
    progress: nothing,
    axisLine: {
      lineStyle: {
        width: width + 8,
        color: [
          [at - half, "transparent"],
          [at + half, look.colors.text],
          [1, "transparent"],
        ],
      },
    },
    axisTick: nothing,
    splitLine: nothing,
    axisLabel: nothing,
    title: nothing,
    detail: nothing,
    anchor: nothing,
    pointer: nothing,
    data: [],
  };
}

function endTexts(column, min, max, look) {
  const { center, radius } = geometry(look);
  const width = Math.max(12, radius * 0.17);
  const write = formatterOf(column, look.setting, { isShort: true });
  const text = (value, x) => ({
    type: "text",
    x,
    y: center[1] + 7,
    silent: true,
    style: { text: write(value), align: "center", fill: look.colors["text-3"], fontFamily: FONT, fontSize: 11 },
  });
  return [text(min, center[0] - radius + width / 2), text(max, center[0] + radius - width / 2)];
}
