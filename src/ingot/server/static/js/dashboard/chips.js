/** What filters the page, as chips that can be taken away one by one, or all at once. */
import { element, icon } from "../dom.js";

/**
 * @param {{label: string, text: string, onRemove: () => void}[]} chips
 * @param {() => void} onClear
 */
export function chipsNode(chips, onClear) {
  const nodes = chips.map((chip) =>
    element(
      "li",
      { class: "chip" },
      element("span", { class: "chip-label" }, chip.label),
      element("span", { class: "chip-text", title: chip.text }, chip.text),
      element(
        "button",
        {
          type: "button",
          class: "chip-remove",
          "aria-label": `Remove the filter ${chip.label}: ${chip.text}`,
          onClick: chip.onRemove,
        },
        icon("close"),
      ),
    ),
  );
  const clear =
    chips.length > 1 &&
    element(
      "li",
      {},
      element("button", { type: "button", class: "button button-quiet chip-clear", onClick: onClear }, "Clear all"),
    );
  return element("ul", { class: "chips", "aria-label": "Active filters", hidden: chips.length === 0 }, ...nodes, clear);
}
