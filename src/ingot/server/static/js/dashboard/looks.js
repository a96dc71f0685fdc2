/** How the visuals of a dashboard look: theme, size, colours that categories keep, and what a selection dims. */
import { CategoryOrder, lookOf, paletteOf } from "../charts/look.js";
import { isWithin } from "./filters.js";

export class Looks {
  /** @param {object} setting locale, currency and time zone */
  constructor(setting) {
    this.setting = setting;
    this.order = new CategoryOrder();
    this.isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** @param {object} size of the place @param {object|null} base what a highlight is drawn over @param {object[]} selected */
  of(size, base, selected) {
    const { theme, printing } = document.documentElement.dataset;
    const isStill = this.isStill || printing !== undefined;
    const look = lookOf({ ...size, theme, setting: this.setting, base, isStill });
    look.colorOf = paletteOf(look.colors.palette, this.order);
    look.isDimmed = ({ point }) => selected.length > 0 && !isWithin(point, selected);
    return look;
  }
}
