/** The menus of a visual and of its marks: lists of what can be done, as entries for a menu. */
import { openMenu } from "../menu.js";
import { levelNames, placeOf } from "./drill.js";
import { saveRows, savePicture, showRows } from "./taken.js";
import { valueText } from "./wording.js";

/** @param {import("./frame.js").Frame} frame @param {object} page */
export function openVisualMenu(frame, page) {
  openMenu(frame.more, visualEntries(frame, page), frame.visual.title);
}

/**
 * @param {import("./frame.js").Frame} frame
 * @param {object} page
 * @param {object} place where the menu opens
 * @param {{point: object, label?: string, behind?: object}} mark `behind`: what the rows behind it have, where that is
 *   more than what it filters by
 */
export function openMarkMenu(frame, page, place, { point, label, behind = point }) {
  if (!Object.keys(point).length) return;
  const textOf = ([field, value]) => valueText(page, frame.visual, field, value);
  const text = label ?? Object.entries(point).map(textOf).join(", ");
  openMenu(place, markEntries(frame, { point, behind }, page, text), text);
}

/** @param {import("./frame.js").Frame} frame @param {object} page */
function visualEntries(frame, page) {
  const { visual } = frame;
  const entries = [];
  if (frame.data) {
    entries.push(
      {
        label: frame.isTable ? "Show as chart" : "Show as table",
        icon: frame.isTable ? "chart" : "table",
        action: () => frame.toggleTable(),
        isDisabled: visual.kind === "table",
      },
      ...(page.source.isFile
        ? []
        : [
            {
              label: "Show the rows behind this",
              icon: "rows",
              action: () => showRows(page, visual, {}, visual.title),
            },
          ]),
      {
        label: page.fullScreen.isOf(frame) ? "Leave full screen" : "Full screen",
        icon: "full",
        action: () => page.fullScreen.toggle(frame),
      },
    );
    if (!page.source.isFile) {
      entries.push(
        "line",
        { label: "Export as CSV", icon: "download", action: () => saveRows(page, visual, "csv") },
        { label: "Export as Excel", icon: "download", action: () => saveRows(page, visual, "xlsx") },
      );
    }
    if (frame.hasPicture) entries.push({ label: "Export as PNG", icon: "picture", action: () => savePicture(frame) });
    entries.push(...sortEntries(frame, page));
  }
  if (entries.length) return entries;
  return [{ label: "Try again", action: () => page.askAnew(), isDisabled: page.source.isFile }];
}

function sortEntries(frame, page) {
  const { visual, data } = frame;
  if (
    ["card", "gauge", "matrix", "sankey", "heatmap", "scatter", "map"].includes(visual.kind) ||
    data.columns.length < 2
  )
    return [];
  const chosen = page.sortOf(visual);
  const choices = data.columns.flatMap((column) => {
    const label = column.label ?? column.name;
    const [down, up] =
      column.type === "number"
        ? ["highest first", "lowest first"]
        : column.type === "text"
          ? ["Z to A", "A to Z"]
          : ["newest first", "oldest first"];
    const first = { label: `${label}, ${down}`, sort: `-${column.name}` };
    const second = { label: `${label}, ${up}`, sort: column.name };
    return column.type === "number" ? [first, second] : [second, first];
  });
  const entry = ({ label, sort }) => ({
    label,
    isChecked: chosen === sort,
    action: () => page.choices.sort(visual, chosen === sort ? undefined : sort),
  });
  return ["line", { group: "Sort by" }, ...choices.map(entry)];
}

/** @param {import("./frame.js").Frame} frame @param {{point: object, behind: object}} mark @param {object} page @param {string} label */
function markEntries(frame, { point, behind }, page, label) {
  const { visual } = frame;
  const names = levelNames(visual);
  const { level } = placeOf(page.view, visual);
  const entries = [{ group: label }];
  if (visual.interaction !== "none")
    entries.push({
      label: page.isSelected(visual, point) ? "Clear the selection" : "Filter by this",
      icon: "filter",
      action: () => page.choices.select(visual, point, false),
    });
  if (level + 1 < names.length)
    entries.push({
      label: `Drill down to ${names[level + 1]}`,
      icon: "down",
      action: () => page.choices.drillDown(visual, point),
    });
  if (level > 0) entries.push({ label: "Drill up", icon: "up", action: () => page.choices.drillUp(visual) });
  const target = page.throughPage(visual);
  if (target)
    entries.push({
      label: `Drill through to ${target.title}`,
      icon: "through",
      action: () => page.choices.drillThrough(visual, point),
    });
  if (!page.source.isFile)
    entries.push({
      label: "Show the rows behind this",
      icon: "rows",
      action: () => showRows(page, visual, behind, label),
    });
  return entries;
}
