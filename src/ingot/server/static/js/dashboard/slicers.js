/** The bar of slicers: one control for each, and on a phone the sheet that holds them. */
import { locationText } from "../api.js";
import { element, icon } from "../dom.js";
import { choiceText } from "./choice_text.js";
import { choiceOf } from "./filters.js";
import { closePopoverOf, openPopover } from "../popover.js";
import { DatePanel } from "./slicer_date.js";
import { ListPanel, TilesControl } from "./slicer_list.js";
import { RangePanel } from "./slicer_range.js";

const PANELS = { list: ListPanel, dropdown: ListPanel, range: RangePanel, relative_date: DatePanel };

/**
 * @typedef {{valuesOf: (slicer: object, search: string, signal: AbortSignal) => Promise<object>, onChoose: (slicer: object, choice: any[]|null) => void, setting: object}} SlicerPage
 */
export class SlicerBar {
  /** @param {object[]} slicers @param {SlicerPage} page */
  constructor(slicers, page) {
    this.controls = slicers.map((slicer) => makeControl(slicer, page));
    this.count = element("span", { class: "badge badge-count", hidden: true });
    this.toggle = element(
      "button",
      { type: "button", class: "button slicer-toggle", "aria-expanded": "false", onClick: () => this.setOpen(true) },
      icon("filter"),
      "Filters",
      this.count,
    );
    this.sheet = element(
      "div",
      { class: "slicers", role: "group", "aria-label": "Filters" },
      element(
        "div",
        { class: "sheet-head" },
        element("h2", {}, "Filters"),
        element(
          "button",
          { type: "button", class: "button button-primary", onClick: () => this.setOpen(false) },
          "Done",
        ),
      ),
      ...this.controls.map((control) => control.node),
    );
    this.veil = element("div", { class: "sheet-veil", onClick: () => this.setOpen(false) });
    this.sheet.addEventListener("keydown", (event) => event.key === "Escape" && this.isOpen && this.setOpen(false));
    this.node = element(
      "div",
      { class: "slicer-bar", hidden: slicers.length === 0 },
      this.toggle,
      this.veil,
      this.sheet,
    );
  }

  setOpen(isOpen) {
    this.isOpen = isOpen;
    this.node.classList.toggle("is-open", isOpen);
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.sheet.querySelector("button, input")?.focus();
    else this.toggle.focus();
  }

  /** @param {object} view */
  show(view) {
    let chosen = 0;
    for (const control of this.controls) {
      const choice = choiceOf(control.slicer, view);
      if (choice) chosen += 1;
      control.show(choice);
    }
    this.count.hidden = chosen === 0;
    this.count.textContent = String(chosen);
  }

  /** Rows changed: lists of values that are on show are read again. */
  refresh() {
    this.controls.forEach((control) => control.refresh?.());
  }
}

function makeControl(slicer, page) {
  if (slicer.error) return new BrokenControl(slicer);
  return slicer.kind === "list" ? new TilesControl(slicer, page) : new PillControl(slicer, page);
}

/** A slicer that cannot work: it says why, and nothing else. */
class BrokenControl {
  constructor(slicer) {
    this.slicer = slicer;
    const text = [slicer.error.message, locationText(slicer.error.location), slicer.error.hint]
      .filter(Boolean)
      .join("\n");
    this.node = element(
      "span",
      { class: "pill pill-broken", title: text, role: "note" },
      icon("warning"),
      element("span", { class: "pill-label" }, slicer.label),
      element("span", { class: "visually-hidden" }, text),
    );
  }

  show() {}
}

/** A button that shows the choice and opens the panel in which it is made. */
class PillControl {
  constructor(slicer, page) {
    this.slicer = slicer;
    this.page = page;
    this.text = element("span", { class: "pill-value" }, "All");
    this.node = element(
      "button",
      {
        type: "button",
        class: "pill",
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        onClick: () => this.open(),
      },
      element("span", { class: "pill-label" }, slicer.label),
      this.text,
      icon("chevron"),
    );
    this.choice = null;
  }

  show(choice) {
    this.choice = choice;
    this.text.textContent = choiceText(choice, this.slicer, this.page.setting, 1);
    this.node.classList.toggle("is-set", choice !== null);
  }

  open() {
    if (closePopoverOf(this.node)) return;
    const panel = new PANELS[this.slicer.kind](this.slicer, this.page, this.choice);
    const popover = openPopover(this.node, panel.node, {
      label: this.slicer.label,
      class: "slicer-panel",
      onClose: (isLeft) => panel.dispose?.(isLeft),
    });
    panel.begin(popover);
  }
}
