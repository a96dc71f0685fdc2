/** What stands in a visual's place when there is no chart: nothing found, an error, waiting. */
import { locationText } from "../api.js";
import { element, icon } from "../dom.js";

/** @param {{message: string, code?: string, location?: any, hint?: string|null}} error @param {(() => void)} [onRetry] */
export function errorNode(error, onRetry) {
  const place = locationText(error.location);
  return element(
    "div",
    { class: "note note-error" },
    element("div", { class: "note-title" }, icon("warning"), element("strong", {}, "This cannot be shown")),
    element("p", {}, error.message),
    place && element("p", { class: "mono muted" }, place),
    error.hint && element("p", { class: "muted" }, error.hint),
    element("p", { class: "note-foot" }, error.code && element("code", { class: "badge" }, error.code), onRetry && element("button", { type: "button", class: "button", onClick: onRetry }, "Try again")),
  );
}

/** @param {boolean} isFiltered @param {(() => void)} [onClear] */
export function emptyNode(isFiltered, onClear) {
  return element(
    "div",
    { class: "note note-empty" },
    element("p", {}, isFiltered ? "No rows for these filters" : "No rows"),
    isFiltered && onClear && element("button", { type: "button", class: "button", onClick: onClear }, "Clear all filters"),
  );
}

/** A shape of what is to come. */
export function skeletonNode(kind) {
  if (kind === "card") return element("div", { class: "waiting waiting-card" }, element("div", { class: "skeleton" }), element("div", { class: "skeleton" }));
  if (kind === "table" || kind === "matrix") return element("div", { class: "waiting waiting-table" }, ...Array.from({ length: 6 }, () => element("div", { class: "skeleton skeleton-row" })));
  return element("div", { class: "waiting waiting-chart" }, ...Array.from({ length: 7 }, (_, index) => element("div", { class: `skeleton skeleton-bar-${index % 7}` })));
}
