/** Where a dashboard's answers come from: the API. An exported file brings another source with the same functions. */
import { downloadFrom, getJson, sendJson } from "../api.js";

/** @param {string} name of the dashboard */
export function serverSource(name) {
  const root = `/dashboards/${encodeURIComponent(name)}`;
  return {
    spec: () => getJson(root),
    data: (body, signal) => sendJson(`${root}/data`, body, { signal }),
    values: (body, signal) => sendJson(`${root}/values`, body, { signal }),
    rows: (body) => sendJson(`${root}/rows`, body),
    /** @param {"rows"|"export"} what @returns {Promise<string>} what is to be said of the file, or "" */
    save: (what, body, fileName) => downloadFrom(`${root}/${what}`, body, fileName),
  };
}
