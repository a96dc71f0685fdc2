/**
 * Answers of a dashboard that were put into a file: the same functions as the API's source has. An answer is found by its
 * question; what the file does not hold is said, and never estimated.
 */
import { ApiError } from "../api.js";

/** @param {{spec: object, questions: Record<string, number>, answers: object[], values: Record<string, object>, asOf: string|null}} file */
export function fileSource(file) {
  return {
    isFile: true,
    spec: async () => file.spec,
    data: async (body) => ({ visuals: Object.fromEntries(body.visuals.map((id) => [id, answerOf(file, body, id)])), versions: {}, as_of: file.asOf }),
    values: async ({ page, slicer, search }) => searched(file.values[`${page} ${slicer}`], search),
  };
}

function answerOf(file, body, id) {
  const own = body.own?.[id] ?? {};
  const { sort, ...place } = own;
  const found = file.questions[questionOf(body.page, id, body.filters ?? [], place)];
  if (found === undefined) return { error: { code: "not-in-this-file", message: "this file does not hold the answer to this combination", hint: "choose one thing at a time, or open the dashboard where it is served" } };
  const answer = file.answers[found];
  return sort && answer.rows ? sorted(answer, sort) : answer;
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
