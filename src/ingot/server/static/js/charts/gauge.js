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
  const target = read("target") ?? constant(visual.options?.target, value.column);
  const most = read("max") ?? constant(visual.options?.max, value.column);
  const max = most?.value ?? roundUp(Math.max(value.value ?? 0, (target?.value ?? 0) * 1.25) || 1);
  const option = optionBase(look);
  option.series = [ring(value, max, look), ...(target ? [needle(target, max, look)] : [])];
  option.tooltip.trigger = "item";
  const rows = [{ color: look.colors.palette[0], label: value.column.label ?? value.column.name, value: fullText(value.column, look)(value.value) }];
  if (target) rows.push({ color: null, label: "Target", value: fullText(value.column, look)(target.value) });
  if (target?.value) rows.push({ color: null, label: "Reached", value: formatterOf({ type: "number", format: { style: "percent", digits: 1 } }, look.setting)((value.value ?? 0) / target.value) });
  const marks = [{ series: 0, index: 0, label: value.column.label ?? value.column.name, value: value.value, column: value.column, point: {} }];
  return { option, marks, tip: () => ({ title: visual.title, rows }) };
}

function constant(value, column) {
  return typeof value === "number" ? { column, value } : null;
}

function roundUp(value) {
  const size = 10 ** Math.floor(Math.log10(Math.abs(value)));
  return Math.ceil(value / size) * size;
}

function geometry(look) {
  const radius = Math.max(40, Math.min(look.width / 2 - 24, look.height - 44));
  return { center: [look.width / 2, Math.min(look.height - 26, look.height / 2 + radius / 2)], radius, startAngle: 180, endAngle: 0 };
}

function ring(value, max, look) {
  const place = geometry(look);
  const short = formatterOf(value.column, look.setting, { isShort: Math.abs(value.value ?? 0) >= 100000 });
  const ends = formatterOf(value.column, look.setting, { isShort: true });
  const width = Math.max(12, place.radius * 0.17);
  return {
    id: "gauge",
    type: "gauge",
    ...place,
    min: 0,
    max,
    splitNumber: 1,
    progress: { show: true, width, roundCap: false, itemStyle: { color: look.colors.palette[0] } },
    axisLine: { lineStyle: { width, color: [[1, look.colors["surface-3"]]] } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { show: place.radius > 60, distance: -width / 2 - 8, padding: [22, 0, 0, 0], fontFamily: FONT, fontSize: 11, color: look.colors["text-3"], formatter: (tick) => ends(tick) },
    pointer: { show: false },
    anchor: { show: false },
    title: { show: false },
    detail: { offsetCenter: [0, "-12%"], fontFamily: FONT, fontSize: place.radius > 90 ? 28 : 20, fontWeight: 620, color: look.colors.text, formatter: () => short(value.value) },
    data: [{ value: Math.max(0, Math.min(max, value.value ?? 0)) }],
  };
}

function needle(target, max, look) {
  const place = geometry(look);
  const width = Math.max(12, place.radius * 0.17);
  return {
    id: "target",
    type: "gauge",
    ...place,
    min: 0,
    max,
    silent: true,
    progress: { show: false },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { show: false },
    title: { show: false },
    detail: { show: false },
    anchor: { show: false },
    pointer: { icon: "rect", width: 3, length: width + 8, offsetCenter: [0, -place.radius + width + 4], itemStyle: { color: look.colors.text } },
    data: [{ value: Math.min(max, target.value ?? 0) }],
  };
}
