/** What filters the page, as chips that can be taken away one by one, or all at once. */
import { element, icon } from "../dom.js";
import { choiceText } from "./choice_text.js";
import { choiceOf } from "./filters.js";
import { knownAs } from "./labels.js";
import { fieldLabel, pagesByNearness, valueText } from "./wording.js";

const VALUES_MAX = 3; // of one chip

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

/**
 * A chip for every choice that holds: of slicers, of the page that was drilled through from, of visuals.
 * @param {object} page the dashboard's
 * @returns {{label: string, text: string, onRemove: () => void}[]}
 */
export function chipList(page) {
  return [
    ...page.page.slicers.flatMap((slicer) => slicerChips(page, slicer)),
    ...page.view.t.map((filter, index) => throughChip(page, filter, index)),
    ...page.page.visuals.flatMap((visual) => visualChips(page, visual)),
  ];
}

function slicerChips(page, slicer) {
  const choice = choiceOf(slicer, page.view);
  if (!choice) return [];
  const text = choiceText(choice, slicer, page.setting, VALUES_MAX);
  return [{ label: slicer.label, text, onRemove: () => page.choices.values(slicer, null) }];
}

function throughChip(page, filter, index) {
  const column = knownAs(filter.field, pagesByNearness(page)).find((member) => member.type) ?? {};
  return {
    label: filter.label ?? fieldLabel(page, filter.field),
    text: choiceText([filter.op ?? "in", ...filter.values], column, page.setting, VALUES_MAX),
    onRemove: () => page.choices.dropThrough(index),
  };
}

function visualChips(page, visual) {
  const textOf = ([field, value]) => valueText(page, visual, field, value);
  const label = visual.title;
  const path = page.view.d[visual.id]?.path ?? [];
  const points = page.view.s[visual.id] ?? [];
  const chips = [];
  if (path.length) {
    const text = path.map(({ field, value }) => textOf([field, value])).join(" › ");
    chips.push({ label, text, onRemove: () => page.choices.setDrill(visual, null) });
  }
  if (points.length) {
    const texts = points.map((point) => Object.entries(point).map(textOf).join(", "));
    const rest = texts.length > VALUES_MAX ? ` +${texts.length - VALUES_MAX}` : "";
    const text = texts.slice(0, VALUES_MAX).join(" · ") + rest;
    chips.push({ label, text, onRemove: () => page.choices.unselect(visual) });
  }
  return chips;
}
