/**
 * Where the nodes of a graph stand: in columns from left to right, so that every line goes to the right, with few
 * crossings and short ways. Pure: nodes and edges in, places out.
 *
 * Columns by the longest path; lines over several columns get a place in each; orders by the mean of the neighbours,
 * there and back; heights as near to the neighbours' as the order allows (least squares under order, exactly).
 */

export const SIZE = { width: 168, height: 48, gapX: 36, gapY: 14, wire: 10 };
const SWEEPS = 12;
const TALL = 1.9;

/**
 * @param {{id: string, kind: string}[]} nodes
 * @param {{from: string, to: string}[]} edges
 * @returns {{places: Map<string, {x: number, y: number}>, lines: {from: string, to: string, points: {x: number, y: number, isWire: boolean}[]}[], width: number, height: number}}
 */
export function layoutOf(nodes, edges) {
  const known = new Map(
    nodes.map((node) => [node.id, { id: node.id, kind: node.kind, ins: [], outs: [], rank: 0, isWire: false }]),
  );
  const ways = withoutCycles(known, edges);
  rank(known, ways);
  let { columns, chains } = withWires(known, ways);
  order(columns);
  if (divide(columns)) {
    ({ columns, chains } = withWires(known, ways));
    order(columns);
  }
  settle(columns);
  return drawn(known, columns, chains);
}

function withoutCycles(known, edges) {
  const outs = new Map([...known.keys()].map((id) => [id, []]));
  const seen = new Set();
  for (const edge of edges) {
    const key = `${edge.from}\n${edge.to}`;
    if (edge.from !== edge.to && known.has(edge.from) && known.has(edge.to) && !seen.has(key))
      outs.get(edge.from).push(edge.to);
    seen.add(key);
  }
  const state = new Map();
  const kept = [];
  for (const start of known.keys()) {
    if (state.has(start)) continue;
    const stack = [[start, 0]];
    state.set(start, "open");
    while (stack.length) {
      const top = stack[stack.length - 1];
      const next = outs.get(top[0])[top[1]];
      top[1] += 1;
      if (next === undefined) {
        state.set(top[0], "closed");
        stack.pop();
      } else if (state.get(next) !== "open") {
        kept.push({ from: top[0], to: next });
        if (!state.has(next)) {
          state.set(next, "open");
          stack.push([next, 0]);
        }
      }
    }
  }
  return kept;
}

function rank(known, ways) {
  for (const { from, to } of ways) {
    known.get(from).outs.push(known.get(to));
    known.get(to).ins.push(known.get(from));
  }
  const waiting = new Map([...known.values()].map((node) => [node, node.ins.length]));
  const ready = [...known.values()].filter((node) => node.ins.length === 0);
  const sorted = [];
  while (ready.length) {
    const node = ready.shift();
    sorted.push(node);
    for (const next of node.outs) {
      next.rank = Math.max(next.rank, node.rank + 1);
      waiting.set(next, waiting.get(next) - 1);
      if (waiting.get(next) === 0) ready.push(next);
    }
  }
  // What nothing leads to stands beside what it leads to; sources stay at the left.
  for (const node of sorted.reverse()) {
    if (node.ins.length === 0 && node.outs.length > 0 && node.kind !== "source")
      node.rank = Math.min(...node.outs.map((next) => next.rank)) - 1;
  }
}

// Columns that would be too high become several, side by side: no line goes between nodes of one column.
function divide(columns) {
  const count = columns.flat().filter((node) => !node.isWire).length;
  const most = Math.max(16, Math.ceil(TALL * Math.sqrt(count)));
  let moved = 0;
  for (const column of columns) {
    const nodes = column.filter((node) => !node.isWire);
    const parts = Math.max(1, Math.ceil(nodes.length / most));
    nodes.forEach((node, index) => (node.rank += moved + (index % parts)));
    moved += parts - 1;
  }
  return moved > 0;
}

// A line over several columns passes a place in each column between.
function withWires(known, ways) {
  const columns = [];
  const put = (node) => (columns[node.rank] ??= []).push(node);
  for (const node of known.values()) {
    node.ins = [];
    node.outs = [];
    put(node);
  }
  const join = (one, other) => {
    one.outs.push(other);
    other.ins.push(one);
  };
  const chains = ways.map(({ from, to }) => {
    const chain = [known.get(from)];
    for (let place = chain[0].rank + 1; place < known.get(to).rank; place += 1) {
      const wire = { id: `${from}>${to}@${place}`, ins: [], outs: [], rank: place, isWire: true };
      put(wire);
      join(chain[chain.length - 1], wire);
      chain.push(wire);
    }
    join(chain[chain.length - 1], known.get(to));
    chain.push(known.get(to));
    return chain;
  });
  for (let place = 0; place < columns.length; place += 1) columns[place] ??= [];
  return { columns, chains };
}

function order(columns) {
  const number = () => columns.forEach((column) => column.forEach((node, index) => (node.index = index)));
  number();
  let best = null;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isForth = sweep % 2 === 0;
    for (const column of isForth ? columns : [...columns].reverse()) {
      for (const node of column) {
        const near = isForth ? node.ins : node.outs;
        node.wish = near.length ? near.reduce((sum, other) => sum + other.index, 0) / near.length : node.index;
      }
      column.sort((one, other) => one.wish - other.wish || one.index - other.index);
      column.forEach((node, index) => (node.index = index));
    }
    const count = crossings(columns);
    if (best === null || count < best.count) best = { count, orders: columns.map((column) => [...column]) };
  }
  if (best) columns.forEach((column, place) => column.splice(0, column.length, ...best.orders[place]));
  number();
}

// Inversions between neighbouring columns, counted by merging (each pair of lines that cross is one).
function crossings(columns) {
  let count = 0;
  for (const column of columns) {
    const ends = column.flatMap((node) => node.outs.map((other) => other.index).sort((a, b) => a - b));
    count += inversions(ends)[1];
  }
  return count;
}

function inversions(list) {
  if (list.length < 2) return [list, 0];
  const middle = list.length >> 1;
  const [left, first] = inversions(list.slice(0, middle));
  const [right, second] = inversions(list.slice(middle));
  const merged = [];
  let count = first + second;
  let at = 0;
  for (const value of right) {
    while (at < left.length && left[at] <= value) merged.push(left[at++]);
    count += left.length - at;
    merged.push(value);
  }
  return [merged.concat(left.slice(at)), count];
}

function settle(columns) {
  const room = (node) => (node.isWire ? SIZE.wire : SIZE.height + SIZE.gapY);
  for (const column of columns) {
    let y = 0;
    for (const node of column) {
      node.y = y + room(node) / 2;
      y += room(node);
    }
    for (const node of column) node.y -= y / 2;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isForth = sweep % 2 === 0;
    for (const column of isForth ? columns : [...columns].reverse()) {
      const near = (node) => (sweep > SWEEPS - 3 ? [...node.ins, ...node.outs] : isForth ? node.ins : node.outs);
      const wishes = column.map((node) => (near(node).length ? mean(near(node).map((other) => other.y)) : node.y));
      const gaps = column.map((node, index) => (index ? (room(node) + room(column[index - 1])) / 2 : 0));
      spread(
        wishes,
        gaps,
        column.map((node) => (node.isWire ? 2 : 1)),
      ).forEach((y, index) => (column[index].y = y));
    }
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// The heights nearest to the wishes that keep the order and the gaps: pools of neighbours that push each other.
function spread(wishes, gaps, weights) {
  let moved = 0;
  const offsets = gaps.map((gap) => (moved += gap));
  const pools = [];
  wishes.forEach((wish, index) => {
    let pool = { sum: (wish - offsets[index]) * weights[index], weight: weights[index], count: 1 };
    while (pools.length && pools[pools.length - 1].sum / pools[pools.length - 1].weight > pool.sum / pool.weight) {
      const before = pools.pop();
      pool = { sum: pool.sum + before.sum, weight: pool.weight + before.weight, count: pool.count + before.count };
    }
    pools.push(pool);
  });
  return pools.flatMap((pool) => Array(pool.count).fill(pool.sum / pool.weight)).map((y, index) => y + offsets[index]);
}

function drawn(known, columns, chains) {
  const all = columns.flat();
  const top = Math.min(0, ...all.map((node) => node.y - SIZE.height / 2));
  const bottom = Math.max(0, ...all.map((node) => node.y + SIZE.height / 2));
  const xOf = (node) => node.rank * (SIZE.width + SIZE.gapX);
  const places = new Map(
    [...known.values()].map((node) => [node.id, { x: xOf(node), y: node.y - SIZE.height / 2 - top }]),
  );
  const lines = chains.map((chain) => ({
    from: chain[0].id,
    to: chain[chain.length - 1].id,
    points: chain.map((node) => ({ x: xOf(node), y: node.y - top, isWire: node.isWire })),
  }));
  return {
    places,
    lines,
    width: Math.max(1, columns.length) * (SIZE.width + SIZE.gapX) - SIZE.gapX,
    height: bottom - top,
  };
}

/** The outline of a line. @param {{x: number, y: number, isWire: boolean}[]} points */
export function linePath(points) {
  const round = (value) => Math.round(value * 10) / 10;
  let path = `M${round(points[0].x + SIZE.width)} ${round(points[0].y)}`;
  let from = { x: points[0].x + SIZE.width, y: points[0].y };
  for (const point of points.slice(1)) {
    const bend = (point.x - from.x) / 2;
    path += `C${round(from.x + bend)} ${round(from.y)} ${round(point.x - bend)} ${round(point.y)} ${round(point.x)} ${round(point.y)}`;
    if (point.isWire) path += `H${round(point.x + SIZE.width)}`;
    from = { x: point.x + SIZE.width, y: point.y };
  }
  return path;
}

/** Everything that can be reached from a node along the edges, or against them. */
export function reached(start, edges, isDown) {
  const next = new Map();
  for (const { from, to } of edges) {
    const [one, other] = isDown ? [from, to] : [to, from];
    if (!next.has(one)) next.set(one, []);
    next.get(one).push(other);
  }
  const found = new Set();
  const waiting = [start];
  while (waiting.length) {
    for (const id of next.get(waiting.pop()) ?? []) {
      if (!found.has(id)) {
        found.add(id);
        waiting.push(id);
      }
    }
  }
  return found;
}
