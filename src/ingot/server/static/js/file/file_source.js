/**
 * Answers of a dashboard that is a file: the same functions as the API's source has. A visual with a plan is computed from
 * its cube; of others the file holds recorded answers, found by their question. What it does not hold is said, and never
 * estimated.
 */
import { ApiError } from "../api.js";
import { readCubes } from "./cube.js";
import { slicerAnswer, visualAnswer } from "./cube_answers.js";
import { Refused } from "./exact.js";

/**
 * The content of a file, unpacked: facts, with the cubes in them.
 * @param {ArrayBuffer} buffer
 */
export function readContent(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { ...facts, cubes: readCubes(facts.cubes, buffer, 4 + Math.ceil(length / 4) * 4) };
}

/** @param {object} file its content */
export function fileSource(file) {
  return {
    isFile: true,
    spec: async () => file.spec,
    data: async (body) => dataOf(file, body),
    values: async (body) => valuesOf(file, body),
  };
}

/** The answers of some visuals. */
export function dataOf(file, body) {
  return { visuals: Object.fromEntries(body.visuals.map((id) => [id, answerOf(file, body, id)])), versions: {}, as_of: file.asOf };
}

const ABSENT = { code: "not-in-this-file", message: "this file does not hold the answer to this combination", hint: "choose less at a time, or open the dashboard where it is served" };

function answerOf(file, body, id) {
  const place = `visual ${body.page} ${id}`;
  const plan = file.plans[place];
  try {
    return plan ? planned(file, plan, body, id) : recorded(file, file.recorded[place], body, id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { error: { code: "not-in-this-file", message: error.message } };
  }
}

// --- computed ---

function planned(file, plan, body, id) {
  const { reaching, missed } = parted(body.filters ?? [], (field) => field in plan.fields, plan.beside);
  if (!reaching) return { error: ABSENT };
  const own = body.own?.[id] ?? {};
  const drill = own.drill ?? [];
  const answer = visualAnswer(file, plan, { filters: reaching, drill, level: own.level ?? drill.length, sort: own.sort });
  return { ...answer, filtered_by: names([...plan.given.filtered_by, ...reaching.map(({ field }) => field)]), not_filtered_by: names([...plan.given.not_filtered_by, ...missed]) };
}

/** Filters that reach a visual, and the fields of those that do not; `reaching` is null where that is not known. */
function parted(filters, isReaching, beside) {
  const missed = filters.map(({ field }) => field).filter((field) => beside.includes(field.toLowerCase()));
  const reaching = filters.filter(({ field }) => isReaching(field.toLowerCase()));
  return { reaching: reaching.length + missed.length === filters.length ? reaching : null, missed };
}

function names(fields) {
  return [...new Set(fields)].sort();
}

/** The values that a slicer offers. */
export function valuesOf(file, { page, slicer, search, filters }) {
  const plan = file.plans[`slicer ${page} ${slicer}`];
  if (!plan) return searched(file.values[`${page} ${slicer}`], search);
  const reaching = (filters ?? []).filter(({ field }) => field.toLowerCase() in plan.fields && field.toLowerCase() !== plan.field);
  return slicerAnswer(file, plan, reaching, search);
}

// --- recorded ---

function recorded(file, { reach, beside }, body, id) {
  const own = body.own?.[id] ?? {};
  const { sort, ...place } = own;
  const { reaching, missed } = parted(body.filters ?? [], (field) => reach.includes(field), beside);
  const found = reaching && file.questions[questionOf(body.page, id, reaching, place)];
  if (found === null || found === undefined) return { error: ABSENT };
  const answer = file.answers[found];
  if (!answer.rows) return answer;
  const told = { ...answer, not_filtered_by: names([...(answer.not_filtered_by ?? []), ...missed]) };
  return sort ? sorted(told, sort) : told;
}

/** The text of a question; the export writes it in the same way. */
export function questionOf(page, visual, filters, own) {
  const parts = filters.map(({ field, op, values }) => JSON.stringify([field, op ?? "in", values])).sort();
  const drill = (own.drill ?? []).map(({ field, value }) => [field, value]);
  return JSON.stringify([page, visual, parts, drill, own.level ?? 0]);
}

// Rows without a value come last in either direction, as in the answers of a server.
function sorted(answer, sort) {
  const isDown = sort.startsWith("-");
  const place = answer.columns.findIndex((column) => column.name === sort.replace(/^-/, ""));
  if (place < 0) return answer;
  const isNumber = answer.columns[place].type === "number";
  const compare = (one, other) => (isNumber ? Number(one) - Number(other) : one < other ? -1 : one > other ? 1 : 0);
  const rows = [...answer.rows].sort(([...a], [...b]) => {
    const [one, other] = [a[place], b[place]];
    if (one === null || other === null) return (one === null) - (other === null);
    return (isDown ? -1 : 1) * compare(one, other);
  });
  return { ...answer, rows };
}

function searched(found, search) {
  if (!found) throw new ApiError({ code: "not-in-this-file", message: "this file does not hold these values" });
  const wanted = (search ?? "").trim().toLowerCase();
  const values = wanted ? found.values.filter(({ value }) => String(value).toLowerCase().includes(wanted)) : found.values;
  return { ...found, values };
}
