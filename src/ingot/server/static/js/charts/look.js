/**
 * What a chart needs to know about how it should look: colours of the theme, type, locale, size.
 * The colours are those of css/tokens.css (a test compares them); canvases cannot read custom properties.
 */

const LIGHT = {
  bg: "#f5f6f8",
  surface: "#ffffff",
  "surface-2": "#f0f2f5",
  "surface-3": "#e6e9ee",
  text: "#141a22",
  "text-2": "#414b59",
  "text-3": "#5b6675",
  border: "#e1e5ea",
  "border-strong": "#bcc4cf",
  accent: "#1d5bd0",
  positive: "#0a7146",
  negative: "#b93022",
  warning: "#855600",
  palette: ["#4c8df0", "#c48417", "#0a9064", "#751b69", "#2686aa", "#a93431", "#553bbb", "#383838"],
  ramp: ["#e3edfc", "#a9c8f8", "#6ba1f2", "#2f6fd6", "#123f8c"],
};

const DARK = {
  bg: "#0d1015",
  surface: "#161a21",
  "surface-2": "#1e242d",
  "surface-3": "#2a323e",
  text: "#e9ecf1",
  "text-2": "#bac2cd",
  "text-3": "#97a1af",
  border: "#252c36",
  "border-strong": "#455062",
  accent: "#79a8ff",
  positive: "#4bca92",
  negative: "#ff8a78",
  warning: "#f0b94c",
  palette: ["#3f69e6", "#fbaa5c", "#21d19a", "#efc3e9", "#46acf2", "#cd4e4b", "#8169ab", "#84858b"],
  ramp: ["#1b2a47", "#234a8f", "#3f74d6", "#79a8ff", "#d3e3ff"],
};

export const FONT =
  'Inter, "Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/**
 * @typedef {object} Look
 * @property {"light"|"dark"} theme
 * @property {Record<string, any>} colors
 * @property {{locale: string, currency: string, timeZone?: string}} setting
 * @property {number} width
 * @property {number} height
 * @property {(field: string, value: unknown) => string} colorOf the stable colour of a category
 * @property {(mark: {point: object}) => boolean} [isDimmed] whether a mark stands back behind the selected ones
 * @property {object|null} [base] the visual's data without the highlighted selection
 * @property {boolean} [isStill] no animation
 */

/**
 * A look with all its fields.
 * @param {Partial<Look>} wish
 * @returns {Look}
 */
export function lookOf(wish = {}) {
  const theme = wish.theme === "dark" ? "dark" : "light";
  const colors = theme === "dark" ? DARK : LIGHT;
  return {
    setting: { locale: "en", currency: "EUR" },
    width: 480,
    height: 280,
    isDimmed: () => false,
    base: null,
    isStill: false,
    ...wish,
    theme,
    colors,
    colorOf: wish.colorOf ?? paletteOf(colors.palette, new CategoryOrder()),
  };
}

/** Which place of the palette a category of a field has: the first that asks gets the first, and keeps it. */
export class CategoryOrder {
  constructor() {
    this.places = new Map();
  }

  /** @param {string} field @param {unknown} value */
  placeOf(field, value) {
    if (!this.places.has(field)) this.places.set(field, new Map());
    const places = this.places.get(field);
    const key = String(value);
    if (!places.has(key)) places.set(key, places.size);
    return places.get(key);
  }
}

/**
 * The colours of categories. Beyond the palette the same hues come again, paler, so that neighbours still differ.
 * @param {string[]} palette
 * @param {CategoryOrder} order
 */
export function paletteOf(palette, order) {
  return (field, value) => {
    const place = order.placeOf(field, value);
    const round = Math.floor(place / palette.length) % 3;
    return mixed(palette[place % palette.length], "#9aa3af", round * 0.42);
  };
}

/** A colour on the way from one to another, as `#rrggbb` all three. */
export function mixed(color, other, part) {
  if (part === 0) return color;
  const channel = (text, start) => Number.parseInt(text.slice(start, start + 2), 16);
  const both = [1, 3, 5].map((start) => Math.round(channel(color, start) * (1 - part) + channel(other, start) * part));
  return `#${both.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
