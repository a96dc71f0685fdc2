/**
 * The door to the API: JSON in and out, and one shape of errors.
 * Every failure becomes an ApiError with the four facts, those of the network too.
 */

const ROOT = "/api/v1";

/** An error with the four facts of Ingot: message, location, hint, code. */
export class ApiError extends Error {
  /** @param {{code?: string, message?: string, location?: any, hint?: string|null}} facts @param {number} [status] */
  constructor(facts, status = 0) {
    super(facts.message ?? "something went wrong");
    this.code = facts.code ?? "unknown";
    this.location = facts.location ?? null;
    this.hint = facts.hint ?? null;
    this.status = status;
  }
}

/** An error's place as text, however the API gives it. */
export function locationText(location) {
  if (!location) return "";
  if (typeof location === "string") return location;
  const file = location.file ?? location.path ?? "";
  return location.line ? `${file}:${location.line}` : file;
}

/**
 * @param {string} path below /api/v1
 * @param {{method?: string, body?: any, signal?: AbortSignal, accept?: string}} [request]
 * @returns {Promise<Response>} a good answer
 */
export async function request(path, { method = "GET", body, signal, accept = "application/json" } = {}) {
  const headers = { Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({
      code: "no-connection",
      message: "the server does not answer",
      hint: "check that ingot serve still runs",
    });
  }
  if (response.status === 401)
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response) {
  try {
    const { error } = await response.json();
    return new ApiError(error ?? {}, response.status);
  } catch {
    return new ApiError(
      { code: `http-${response.status}`, message: `the server answered ${response.status}` },
      response.status,
    );
  }
}

/** @param {string} path @param {{signal?: AbortSignal}} [wish] */
export async function getJson(path, wish = {}) {
  return (await request(path, wish)).json();
}

/** @param {string} path @param {any} body @param {{signal?: AbortSignal, method?: string}} [wish] */
export async function sendJson(path, body, wish = {}) {
  return (await request(path, { method: "POST", ...wish, body })).json();
}

/**
 * A file that the API answers, given to the reader to keep.
 * @returns {Promise<string>} what is to be said of it, or ""
 */
export async function downloadFrom(path, body, fileName) {
  const response = await request(path, { method: "POST", body, accept: "*/*" });
  saveBlob(await response.blob(), fileName);
  return cutText(response.headers);
}

/** What a reader is told of a file that does not hold all rows; "" for one that does. @param {Headers} headers */
export function cutText(headers) {
  if (headers.get("X-Is-Truncated") !== "true") return "";
  const count = Number(headers.get("X-Row-Count")).toLocaleString("en");
  return `The file has the first ${count} rows; the server gives no more`;
}

/** @param {Blob} blob @param {string} fileName */
export function saveBlob(blob, fileName) {
  const url = URL.createObjectURL(blob);
  saveUrl(url, fileName);
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function saveUrl(url, fileName) {
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
}
