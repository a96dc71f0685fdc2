/** How values and fields are called on the page that is shown. */
import { BLANK, formatterOf } from "../format.js";
import { labelOf } from "./labels.js";

/** A value of a visual's field, as it is written there. @param {object} dashboard @param {object|undefined} visual */
export function valueText(dashboard, visual, field, value) {
  const columns = [
    ...(dashboard.frames.get(visual?.id)?.data?.columns ?? []),
    ...Object.values(visual?.channels ?? {}).flat(),
    ...(visual?.hierarchy ?? []),
  ];
  const column = columns.find((candidate) => candidate?.name === field && candidate.type);
  return formatterOf({ ...column, role: "dimension" }, dashboard.setting, { blank: BLANK })(value);
}

// A field is called here what this page's slicers call it, else what visuals do: those of the page it came from first.
export function pagesByNearness({ spec, page, view }) {
  const from = spec.pages.find((candidate) => candidate.name === view.r);
  return [page, ...(from ? [from] : []), ...spec.pages];
}

export function fieldLabel(dashboard, field) {
  return labelOf(field, pagesByNearness(dashboard));
}
