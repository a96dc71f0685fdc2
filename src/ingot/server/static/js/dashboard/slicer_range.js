/** A slicer over a range of numbers or of days: two fields, and two handles on a line. */
import { element } from "../dom.js";
import { wallTime } from "../format.js";
import { dayWriter } from "./choice_text.js";

const DAY_MS = 86400000;
const WAIT_MS = 250;

export class RangePanel {
  constructor(slicer, page, choice) {
    Object.assign(this, { slicer, page, isDay: slicer.type === "date" || slicer.type === "timestamp" });
    const [from, to] =
      choice?.[0] === "between"
        ? choice.slice(1)
        : choice?.[0] === "ge"
          ? [choice[1], null]
          : choice?.[0] === "le"
            ? [null, choice[1]]
            : [null, null];
    this.chosen = [from ?? null, to ?? null];
    const field = (side, label) => {
      const input = element("input", {
        class: "input number",
        type: this.isDay ? "date" : "number",
        step: "any",
        "aria-label": `${slicer.label}, ${label.toLowerCase()}`,
        onChange: () => this.take(side, input.value),
      });
      return input;
    };
    this.fields = [field(0, "From"), field(1, "To")];
    // what a number's field has as its placeholder: a field of a day has none
    this.ends = [0, 1].map(() => element("span", { class: "range-end muted number", hidden: true }));
    this.handles = [0, 1].map((side) =>
      element("input", {
        type: "range",
        class: "range-handle",
        "aria-label": `${slicer.label}, ${side ? "to" : "from"}`,
        onInput: (event) => this.slide(side, Number(event.target.value)),
      }),
    );
    this.track = element(
      "div",
      { class: "range-track", hidden: true },
      element("div", { class: "range-fill" }),
      ...this.handles,
    );
    const clear = element(
      "button",
      { type: "button", class: "button button-quiet", onClick: () => this.reset() },
      "Clear",
    );
    this.node = element(
      "div",
      { class: "range-panel" },
      element("div", { class: "range-fields" }, this.labelled("From", 0), this.labelled("To", 1)),
      this.track,
      element("div", { class: "panel-foot" }, clear),
    );
  }

  labelled(text, side) {
    return element("label", { class: "field" }, element("span", {}, text), this.fields[side], this.ends[side]);
  }

  async begin(popover) {
    this.fields[0].focus();
    this.show();
    try {
      const answer = await this.page.valuesOf(this.slicer, "", new AbortController().signal);
      this.limits = [answer.minimum, answer.maximum].map((value) =>
        value === null || value === undefined ? null : this.numberOf(value),
      );
      this.showLimits();
      popover.place();
    } catch {
      // without limits the fields still work
    }
  }

  numberOf(value) {
    return this.isDay ? Math.floor(wallTime(value, this.page.setting.timeZone) / DAY_MS) : Number(value);
  }

  valueOf(number) {
    return this.isDay ? new Date(number * DAY_MS).toISOString().slice(0, 10) : number;
  }

  showLimits() {
    const [low, high] = this.limits;
    if (this.isDay) this.showEnds();
    if (low === null || high === null || !(high > low)) return;
    const isWhole = this.isDay || (Number.isInteger(low) && Number.isInteger(high));
    for (const handle of this.handles)
      Object.assign(handle, { min: low, max: high, step: isWhole ? 1 : (high - low) / 200 });
    this.fields.forEach((field, side) => (field.placeholder = String(this.valueOf(this.limits[side]))));
    this.track.hidden = false;
    this.showHandles();
  }

  showEnds() {
    const write = dayWriter(this.slicer, this.page.setting);
    this.ends.forEach((end, side) => {
      if (this.limits[side] === null) return;
      end.textContent = `${side ? "Last" : "First"}: ${write(this.valueOf(this.limits[side]))}`;
      end.hidden = false;
    });
  }

  show() {
    this.fields.forEach((field, side) => {
      field.value = this.chosen[side] === null ? "" : String(this.chosen[side]).slice(0, this.isDay ? 10 : undefined);
    });
    this.showHandles();
  }

  // Apart from the fields: limits may come while the reader types into one, and what is typed must stay.
  showHandles() {
    if (this.track.hidden) return;
    const [low, high] = this.limits;
    const at = this.chosen.map((value, side) => (value === null ? this.limits[side] : this.numberOf(value)));
    this.handles.forEach((handle, side) => (handle.value = String(at[side])));
    const part = (value) => `${((value - low) / (high - low || 1)) * 100}%`;
    this.track.style.setProperty("--from", part(at[0]));
    this.track.style.setProperty("--to", part(at[1]));
  }

  slide(side, number) {
    const other = this.chosen[1 - side] === null ? this.limits[1 - side] : this.numberOf(this.chosen[1 - side]);
    const kept = side === 0 ? Math.min(number, other) : Math.max(number, other);
    this.chosen[side] = kept === this.limits[side] ? null : this.valueOf(kept);
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.publish(), WAIT_MS); // a handle that is moved on says nothing yet
  }

  take(side, text) {
    this.chosen[side] = text === "" ? null : this.isDay ? text : Number(text);
    this.show();
    this.publish();
  }

  reset() {
    this.chosen = [null, null];
    this.show();
    this.publish();
  }

  publish() {
    clearTimeout(this.timer);
    this.timer = null;
    const [from, to] = this.chosen;
    this.page.onChoose(this.slicer, from === null && to === null ? null : ["between", from, to]);
  }

  /** @param {boolean} isLeft the page is left: what was not told yet is dropped, else it is told now */
  dispose(isLeft) {
    clearTimeout(this.timer);
    if (this.timer && !isLeft) this.publish();
  }
}
