/** Choices in words, for the buttons of slicers and for the chips of filters. Pure. */
import { BLANK, formatterOf } from "../format.js";

const EMPTY_TEXT = "(empty)";

/** @param {any[]|null} choice [op, …values] @param {{type: string}} column @param {object} setting @param {number} [most] */
export function choiceText(choice, column, setting, most = 2) {
  if (!choice) return "All";
  const [op, ...values] = choice;
  const write = choiceWriter(column, setting);
  if (op === "last") return `Last ${values[0]} ${values[1]}${Number(values[0]) === 1 ? "" : "s"}`;
  if (op === "between") return rangeText(values, write);
  if (op === "ge") return `from ${write(values[0])}`;
  if (op === "le") return `up to ${write(values[0])}`;
  const shown = values.slice(0, most).map(write).join(", ");
  const text = values.length > most ? `${shown} +${values.length - most}` : shown;
  return op === "not_in" ? `not ${text}` : text;
}

function rangeText([from, to], write) {
  if (from === null || from === undefined) return `up to ${write(to)}`;
  if (to === null || to === undefined) return `from ${write(from)}`;
  if (String(from) === String(to)) return write(from);
  return `${write(from)} – ${write(to)}`;
}

/** Writes one value that can be chosen; a text without a character is told from null, and can be seen. */
export function choiceWriter(column, setting) {
  const write = formatterOf({ ...column, role: "dimension" }, setting, { blank: BLANK });
  const writeDay = column.type === "timestamp" ? dayWriter(column, setting) : write;
  return (value) => (value === "" ? EMPTY_TEXT : isDay(value) ? writeDay(value) : write(value));
}

/** Writes days, also of a column of instants: without a time, which a whole day does not have. */
export function dayWriter(column, setting) {
  const pattern = column.format?.pattern?.replaceAll(/'[^']*'/g, "") ?? "";
  return formatterOf({ type: "date", format: /[Hms]/.test(pattern) ? null : column.format }, setting);
}

// As filters tell a day from an instant.
function isDay(value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
}
