/** Where visuals of a page stand on its grid: the same places that the style sheet of a page gives them. Pure. */

const COLUMNS = 12;

/**
 * @param {{layout: {column: number|null, row: number|null, width: number, height: number}}[]} visuals
 * @returns {{column: number, row: number, width: number, height: number}[]} cells, from 1
 */
export function placesOf(visuals) {
  const taken = new Set();
  const places = new Map();
  const put = (visual, column, row) => {
    const { width, height } = visual.layout;
    places.set(visual, { column, row, width, height });
    for (let x = column; x < column + width; x += 1) for (let y = row; y < row + height; y += 1) taken.add(`${x} ${y}`);
  };
  const fits = ({ layout: { width, height } }, column, row) => {
    if (column + width - 1 > COLUMNS) return false;
    for (let x = column; x < column + width; x += 1) for (let y = row; y < row + height; y += 1) if (taken.has(`${x} ${y}`)) return false;
    return true;
  };
  for (const visual of visuals) if (visual.layout.column && visual.layout.row) put(visual, visual.layout.column, visual.layout.row);
  for (const visual of visuals) if (visual.layout.row && !visual.layout.column) put(visual, firstColumn(visual, fits), visual.layout.row);
  let [column, row] = [1, 1];
  for (const visual of visuals) {
    if (places.has(visual)) continue;
    const wanted = visual.layout.column;
    if (wanted && wanted < column) row += 1;
    if (wanted) column = wanted;
    while (!fits(visual, column, row)) {
      column += wanted ? 0 : 1;
      if (wanted || column + visual.layout.width - 1 > COLUMNS) [column, row] = [wanted || 1, row + 1];
    }
    put(visual, column, row);
  }
  return visuals.map((visual) => places.get(visual));
}

function firstColumn(visual, fits) {
  for (let column = 1; column <= COLUMNS; column += 1) if (fits(visual, column, visual.layout.row)) return column;
  return 1;
}
