/** What fields are called on the pages of a dashboard. Pure. */

/**
 * What pages know of a field, slicers before visuals, in the order of the pages.
 * @param {string} field
 * @param {object[]} pages
 * @returns {{label?: string, type?: string, format?: object}[]}
 */
export function knownAs(field, pages) {
  const wanted = field.toLowerCase();
  const members = pages.flatMap((page) => [...page.slicers, ...page.visuals.flatMap(membersOf)]);
  return members.filter((member) => (member?.field ?? member?.name)?.toLowerCase() === wanted);
}

function membersOf(visual) {
  return [...Object.values(visual.channels ?? {}).flat(), ...(visual.hierarchy ?? [])];
}

/** The label of a field; its name where no page has another. */
export function labelOf(field, pages) {
  return knownAs(field, pages).find((member) => member.label)?.label ?? field;
}
