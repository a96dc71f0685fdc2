/**
 * The order of categories where an answer's rows do not tell it: numbers and times upwards, days of the week and months as
 * in a calendar, other texts by their letters. Pure.
 */
import { numberOf } from "./shape.js";

const NAME_LENGTHS = ["long", "short"];

/**
 * The values of a column, each once, in the order that is asked for: their own, the other way round, or that of the rows
 * if these are sorted by something else, such as a measure.
 * @param {{columns: object[], rows: unknown[][]}} data
 * @param {{name: string, index: number, type: string}} column
 * @param {string[]} sort keys of the visual, `-name` downwards
 * @param {{locale: string}} setting
 */
export function orderedValues(data, column, sort, setting) {
  const values = [...new Set(data.rows.map((row) => row[column.index]))];
  const own = sort.find((key) => keyName(key) === column.name);
  const isByOther =
    sort.length > 0 && !data.columns.some(({ name, role }) => role === "dimension" && name === keyName(sort[0]));
  if (!own && isByOther) return values;
  return inOwnOrder(values, column, setting, own?.startsWith("-"));
}

/** @param {string} key @returns {string} what it sorts by */
export function keyName(key) {
  return key.replace(/^-/, "");
}

/** Values without a value come last in either direction. */
function inOwnOrder(values, column, setting, isDown = false) {
  const there = values.filter((value) => value !== null && value !== undefined);
  const rank = rankOf(there, column, setting);
  const compare = (one, other) => (rank(one) < rank(other) ? -1 : rank(one) > rank(other) ? 1 : 0);
  const ordered = there.sort((one, other) => (isDown ? compare(other, one) : compare(one, other)));
  return ordered.length < values.length ? [...ordered, null] : ordered;
}

function rankOf(values, column, setting) {
  if (column.type === "number") return numberOf;
  const calendar = column.type === "text" && values.length > 1 && calendarOf(values, setting.locale);
  return calendar ? (value) => calendar.get(value.toLowerCase()) : (value) => value;
}

/** The places of names of days, or of months, if all of the values are such names. */
function calendarOf(values, locale) {
  return calendarsOf(locale).find((names) => values.every((value) => names.has(String(value).toLowerCase())));
}

// Days begin with Monday; names are English or of the dashboard's language, whole or short, with or without a dot.
function calendarsOf(locale) {
  const units = [
    ["weekday", 7, (place) => Date.UTC(2024, 0, 1 + place)],
    ["month", 12, (place) => Date.UTC(2024, place, 1)],
  ];
  return [locale, "en"].flatMap((language) =>
    units.map(([unit, count, instantOf]) => {
      const names = new Map();
      for (const length of NAME_LENGTHS) {
        const writer = new Intl.DateTimeFormat(language, { [unit]: length, timeZone: "UTC" });
        for (let place = 0; place < count; place += 1) {
          const name = writer.format(instantOf(place)).toLowerCase();
          names.set(name, place).set(name.replace(/\.$/, ""), place);
        }
      }
      return names;
    }),
  );
}
