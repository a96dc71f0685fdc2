/** What stands in a visual's place when there is no chart: nothing found, waiting. */
import { element } from "../dom.js";

/** @param {boolean} isFiltered @param {(() => void)} [onClear] */
export function emptyNode(isFiltered, onClear) {
  return element(
    "div",
    { class: "note note-empty" },
    element("p", {}, isFiltered ? "No rows for these filters" : "No rows"),
    isFiltered &&
      onClear &&
      element("button", { type: "button", class: "button", onClick: onClear }, "Clear all filters"),
  );
}

/** A shape of what is to come. */
export function skeletonNode(kind) {
  if (kind === "card")
    return element(
      "div",
      { class: "waiting waiting-card" },
      element("div", { class: "skeleton" }),
      element("div", { class: "skeleton" }),
    );
  if (kind === "table" || kind === "matrix")
    return element(
      "div",
      { class: "waiting waiting-table" },
      ...Array.from({ length: 6 }, () => element("div", { class: "skeleton skeleton-row" })),
    );
  return element(
    "div",
    { class: "waiting waiting-chart" },
    ...Array.from({ length: 7 }, (_, index) => element("div", { class: `skeleton skeleton-bar-${index % 7}` })),
  );
}
