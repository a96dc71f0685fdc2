/**
 * Reads an answer by the channels of its visual: which column is the category, which are the values.
 * Pure; knows nothing of ECharts.
 */
import { BLANK, formatterOf } from "../format.js";

/**
 * The columns of an answer that belong to a channel, with their place.
 * @param {object} visual
 * @param {{columns: object[]}} data
 * @param {string} channel
 * @returns {{index: number, name: string, label: string, type: string, format: object, role: string}[]}
 */
export function columnsOf(visual, data, channel) {
  const names = (visual.channels?.[channel] ?? []).map((column) => column.name);
  return indexed(data).filter((column) => names.includes(column.name));
}

/** @param {{columns: object[]}} data */
export function indexed(data) {
  return data.columns.map((column, index) => ({ ...column, index }));
}

/** Dimensions of an answer in order. A drilled hierarchy shows here the level that the answer is about. */
export function dimensionsOf(data) {
  return indexed(data).filter((column) => column.role === "dimension");
}

/** Measures of an answer in order. */
export function measuresOf(data) {
  return indexed(data).filter((column) => column.role !== "dimension");
}

/**
 * Category, series and values of a visual with an axis.
 * @returns {{category: object|undefined, series: object|undefined, values: object[]}}
 */
export function axisShape(visual, data) {
  const [series] = columnsOf(visual, data, "series");
  const dimensions = dimensionsOf(data).filter((column) => column.name !== series?.name);
  return { category: dimensions[0] ?? indexed(data)[0], series, values: measuresOf(data) };
}

/** A number for drawing; null where there is none. Large whole numbers come as text. */
export function numberOf(value) {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

const SHORT_FROM = 100000;

/** Whether numbers are so large that a mark shows them in little space: 1.2M. */
export function areLarge(numbers) {
  return numbers.some((number) => Math.abs(number ?? 0) >= SHORT_FROM);
}

/** Text of a category: what the reader sees and what tells one from another. */
export function categoryText(column, setting) {
  return formatterOf(column, setting, { blank: BLANK });
}

/**
 * Long rows as one column of numbers per series.
 * @returns {{categories: unknown[], lines: {key: unknown, values: (number|null)[]}[]}}
 */
export function pivoted(rows, categoryIndex, seriesIndex, valueIndex) {
  const places = new Map();
  const categories = [];
  const lines = new Map();
  for (const row of rows) {
    const category = row[categoryIndex];
    if (!places.has(category)) {
      places.set(category, categories.length);
      categories.push(category);
    }
    const key = row[seriesIndex];
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key)[places.get(category)] = numberOf(row[valueIndex]);
  }
  const filled = [...lines].map(([key, values]) => ({
    key,
    values: categories.map((_, index) => values[index] ?? null),
  }));
  return { categories, lines: filled };
}

// What no value of the data can be, because of its invisible end.
const OTHERS = "Others\u200b";

/**
 * An answer in which the rest beyond the top N is called so. The rest is no value of the category: it cannot be selected.
 * @param {object} data
 */
export function withOthers(data) {
  if (!data.others?.length) return data;
  const rest = new Set(data.others);
  return {
    ...data,
    rows: data.rows.map((row, index) =>
      rest.has(index) ? row.map((value, place) => (place === data.others_column ? OTHERS : value)) : row,
    ),
  };
}

/** What selects a row or a mark: nothing if that is the rest. */
export function withoutOthers(point) {
  return Object.values(point).includes(OTHERS) ? {} : point;
}
