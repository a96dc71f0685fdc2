/**
 * A page of a dashboard as one SVG: title, what it is filtered by, and its visuals where they stand on the page.
 * Pure: ECharts and the shapes of countries are given; there is no document. Runs in an export, without a browser.
 */
import { chartOf } from "../charts/index.js";
import { CategoryOrder, FONT, lookOf, paletteOf } from "../charts/look.js";
import { cardPicture } from "./card.js";
import { placesOf } from "./layout.js";
import { cutTo, line, node } from "./marks.js";
import { matrixPicture, tablePicture } from "./table.js";

const WIDTH = 1440;
const MARGIN = 24;
const GAP = 16;
const ROW = 80;
const HEAD = 84;
const FOOT = 36;
const PADDING = 16;
const TITLE = 42;
const QUOTED = FONT.replaceAll('"', "'");

const DRAWN = { card: cardPicture, table: tablePicture, matrix: matrixPicture };

/**
 * @param {{spec: object, page: object, answers: Record<string, object>, filters: string[], asOf: string|null, theme: string}} asked
 * @param {{echarts: object, world: object|null}} tools
 * @returns {{svg: string, width: number, height: number}}
 */
export function pagePicture(asked, tools) {
  const { spec, page } = asked;
  const setting = { locale: spec.locale || "en", currency: spec.currency || "EUR", timeZone: spec.time_zone };
  const base = lookOf({ theme: asked.theme, setting, isStill: true });
  base.colorOf = paletteOf(base.colors.palette, new CategoryOrder());
  const places = placesOf(page.visuals);
  const rows = Math.max(1, ...places.map((place) => place.row + place.height - 1));
  const height = HEAD + rows * (ROW + GAP) - GAP + FOOT;
  const step = (WIDTH - 2 * MARGIN + GAP) / 12;
  const frames = page.visuals.map((visual, index) => {
    const place = places[index];
    const box = { x: MARGIN + (place.column - 1) * step, y: HEAD + (place.row - 1) * (ROW + GAP), width: place.width * step - GAP, height: place.height * (ROW + GAP) - GAP };
    return frameOf(visual, asked.answers[visual.id], box, base, tools);
  });
  const parts = [node("rect", { width: WIDTH, height, fill: base.colors.bg }), headOf(asked, base), ...frames, footOf(asked, base, height)];
  return { svg: node("svg", { xmlns: "http://www.w3.org/2000/svg", width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` }, parts.join("")), width: WIDTH, height };
}

function headOf({ spec, page, filters }, { colors }) {
  const under = [page.title === spec.title ? spec.description : page.title, ...filters].filter(Boolean).join("  ·  ");
  return line(cutTo(spec.title, 22, WIDTH - 2 * MARGIN), MARGIN, 40, { size: 22, weight: 600, fill: colors.text }) + line(cutTo(under, 14, WIDTH - 2 * MARGIN), MARGIN, 64, { size: 14, fill: colors["text-3"] });
}

function footOf({ spec, asOf }, { colors }, height) {
  if (!asOf) return "";
  const text = new Intl.DateTimeFormat(spec.locale || "en", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(new Date(asOf));
  return line(`Data as of ${text} UTC`, MARGIN, height - 14, { size: 12, fill: colors["text-3"] });
}

function frameOf(visual, answer, box, base, tools) {
  const { colors } = base;
  const size = { width: Math.round(box.width - 2 * PADDING), height: Math.round(box.height - TITLE - PADDING) };
  const panel = node("rect", { width: box.width, height: box.height, rx: 10, fill: colors.surface, stroke: colors.border });
  const title = line(cutTo(visual.title, 14, box.width - 2 * PADDING), PADDING, 28, { size: 14, weight: 600, fill: colors.text });
  const body = node("g", { transform: `translate(${PADDING} ${TITLE})` }, bodyOf(visual, answer, { ...base, ...size, world: tools.world }, tools));
  return node("g", { transform: `translate(${box.x} ${box.y})` }, panel + title + body);
}

function bodyOf(visual, answer, look, tools) {
  if (!answer || answer.error) return note(answer?.error?.message ?? "no answer", look, look.colors.negative);
  if (!answer.rows.length) return note("No rows", look, look.colors["text-3"]);
  if (DRAWN[visual.kind]) return DRAWN[visual.kind](visual, answer, look);
  const chart = tools.echarts.init(null, null, { renderer: "svg", ssr: true, width: look.width, height: look.height });
  try {
    const { option } = chartOf(visual, answer, look);
    chart.setOption({ ...option, animation: false });
    return chart.renderToSVGString().replaceAll(FONT, QUOTED); // it writes quotes into attributes as they are
  } finally {
    chart.dispose();
  }
}

function note(text, look, fill) {
  return line(cutTo(text, 13, look.width), 0, 18, { size: 13, fill });
}
