/** Places visuals on the grid of twelve columns: where they are told to stand, else where they flow. */

/** @param {HTMLElement} grid @param {object[]} visuals @param {Map<string, import("./frame.js").Frame>} frames */
export function placeFrames(grid, visuals, frames) {
  for (const visual of visuals) {
    const { node } = frames.get(visual.id);
    const { column, row, width = 6, height = 4 } = visual.layout ?? {};
    node.style.setProperty("--width", String(width));
    node.style.setProperty("--half", String(Math.min(12, Math.max(6, Math.ceil((width * 2) / 6) * 6))));
    node.style.setProperty("--height", String(height));
    if (column) node.style.setProperty("--column", String(column));
    if (row) node.style.setProperty("--row", String(row));
    grid.append(node);
  }
}
