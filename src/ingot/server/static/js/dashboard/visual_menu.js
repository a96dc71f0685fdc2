/** The menus of a visual and of its marks: lists of what can be done, as entries for a menu. */
import { levelNames, placeOf } from "./drill.js";
import { saveRows, savePicture, showRows } from "./taken.js";

/** @param {import("./frame.js").Frame} frame @param {object} page */
export function visualEntries(frame, page) {
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
        label: page.isFull(frame) ? "Leave full screen" : "Full screen",
        icon: "full",
        action: () => page.onFull(frame),
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
  return entries.length ? entries : [{ label: "Try again", action: () => page.onRetry() }];
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
    action: () => page.onSort(visual, chosen === sort ? undefined : sort),
  });
  return ["line", { group: "Sort by" }, ...choices.map(entry)];
}

/** @param {import("./frame.js").Frame} frame @param {{point: object, behind: object}} mark @param {object} page @param {string} label */
export function markEntries(frame, { point, behind }, page, label) {
  const { visual } = frame;
  const names = levelNames(visual);
  const { level } = placeOf(page.view, visual);
  const entries = [{ group: label }];
  if (visual.interaction !== "none")
    entries.push({
      label: page.isSelected(visual, point) ? "Clear the selection" : "Filter by this",
      icon: "filter",
      action: () => page.onSelect(visual, point, false),
    });
  if (level + 1 < names.length)
    entries.push({
      label: `Drill down to ${names[level + 1]}`,
      icon: "down",
      action: () => page.onDrillDown(visual, point),
    });
  if (level > 0) entries.push({ label: "Drill up", icon: "up", action: () => page.onDrillUp(visual) });
  const target = page.throughPage(visual);
  if (target)
    entries.push({
      label: `Drill through to ${target.title}`,
      icon: "through",
      action: () => page.onDrillThrough(visual, point),
    });
  if (!page.source.isFile)
    entries.push({
      label: "Show the rows behind this",
      icon: "rows",
      action: () => showRows(page, visual, behind, label),
    });
  return entries;
}
