/** What a reader takes from a visual: the rows behind it, files of its rows, its picture. */
import { saveUrl } from "../api.js";
import { toast } from "../dom.js";
import { filtersFor, ownOf } from "./filters.js";
import { RowsDialog } from "./rows_dialog.js";

/** Shows the rows behind a visual, or behind a mark of it. */
export function showRows(page, visual, point, title) {
  const question = { ...questionOf(page, visual), point };
  new RowsDialog(question, `Rows behind ${title}`, page.source, () => page.lookOf(visual, {}, null)).open();
}

/** @param {"csv"|"xlsx"} format */
export async function saveRows(page, visual, format) {
  try {
    const cut = await page.source.save("export", { ...questionOf(page, visual), format }, `${visual.id}.${format}`);
    if (cut) toast(cut);
  } catch (error) {
    toast(error.message, true);
  }
}

/** @param {import("./frame.js").Frame} frame of a chart */
export function savePicture(frame) {
  if (!frame.hasPicture) return; // what it shows has changed since the menu was opened
  const url = frame.view.picture(getComputedStyle(document.documentElement).getPropertyValue("--surface").trim());
  if (url) saveUrl(url, `${frame.visual.id}.png`);
}

function questionOf(page, visual) {
  const { filters } = filtersFor(page.page, page.view, visual);
  return { page: page.page.name, visual: visual.id, filters, own: ownOf(page.view, visual) };
}
