/** A slicer over the newest days, weeks, months or years. */
import { element, icon } from "../dom.js";

const USUAL = [
  [7, "day"],
  [30, "day"],
  [90, "day"],
  [12, "month"],
  [5, "year"],
];
const UNITS = ["day", "week", "month", "quarter", "year"];

export class DatePanel {
  constructor(slicer, page, choice) {
    Object.assign(this, { slicer, page });
    this.choice = choice?.[0] === "last" ? choice.slice(1).map(String) : null;
    this.list = element("div", { class: "menu" });
    this.count = element("input", {
      class: "input number",
      type: "number",
      min: "1",
      max: "999",
      value: this.choice?.[0] ?? "14",
      "aria-label": "How many",
    });
    this.unit = element(
      "select",
      { class: "input", "aria-label": "Unit" },
      ...UNITS.map((unit) => element("option", { value: unit }, `${unit}s`)),
    );
    this.unit.value = this.choice?.[1] ?? "day";
    const own = element(
      "form",
      { class: "date-own", onSubmit: (event) => this.submit(event) },
      element("span", {}, "Last"),
      this.count,
      this.unit,
      element("button", { type: "submit", class: "button" }, "Apply"),
    );
    this.node = element("div", { class: "date-panel" }, this.list, element("div", { class: "menu-line" }), own);
  }

  begin(popover) {
    this.popover = popover;
    const entry = (label, values) => {
      const isChosen = JSON.stringify(values) === JSON.stringify(this.choice);
      return element(
        "button",
        { type: "button", class: "menu-item", "aria-pressed": String(isChosen), onClick: () => this.choose(values) },
        element("span", {}, label),
        isChosen && element("span", { class: "menu-mark" }, icon("check")),
      );
    };
    this.list.replaceChildren(
      entry("All time", null),
      ...USUAL.map(([count, unit]) => entry(`Last ${count} ${unit}s`, [String(count), unit])),
    );
    this.list.querySelector("button").focus();
    popover.place();
  }

  submit(event) {
    event.preventDefault();
    const count = Math.round(Number(this.count.value));
    if (count >= 1) this.choose([String(count), this.unit.value]);
  }

  choose(values) {
    this.popover.close();
    this.page.onChoose(this.slicer, values ? ["last", ...values] : null);
  }
}
