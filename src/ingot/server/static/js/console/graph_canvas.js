/**
 * The drawing of the graph: pan, zoom, selection and keys. Owns the SVG and what part of it is seen.
 * What nodes mean, and how they stand, is told to it.
 */
import { element, svgElement } from "../dom.js";
import { layoutOf, linePath, reached, SIZE } from "./graph_layout.js";
import { pathOf } from "./icons.js";
import { kindText, shortCount, stateOf } from "./words.js";

const ZOOM = { least: 0.06, most: 2, step: 1.35 };
const EDGE = 28;
const READABLE = 0.92; // of letters of 12 pixels, the smallest here
const CLICK_PIXELS = 5;

const text = (() => {
  const context = document.createElement("canvas").getContext("2d");
  return {
    /** A text that fits: the middle of long names goes, for they differ at their ends. */
    fitted(value, width, font) {
      context.font = font;
      if (context.measureText(value).width <= width) return value;
      let keep = value.length;
      const cut = () =>
        `${value.slice(0, Math.ceil(keep * 0.55))}…${value.slice(value.length - Math.floor(keep * 0.45))}`;
      while (keep > 4 && context.measureText(cut()).width > width) keep -= 1;
      return cut();
    },
  };
})();

export class GraphCanvas {
  /** @param {{onSelect: (id: string|null) => void}} listeners */
  constructor(listeners) {
    this.listeners = listeners;
    this.drawing = svgElement("g");
    this.svg = svgElement(
      "svg",
      {
        class: "graph-svg",
        role: "group",
        "aria-label": "Graph of sources, tables and dashboards. Arrow keys go along the lines, Enter selects.",
      },
      this.drawing,
    );
    this.node = element("div", { class: "graph-canvas" });
    this.node.append(this.svg);
    this.seen = { x: 0, y: 0, scale: 1 };
    this.pointers = new Map();
    Object.assign(this, { isTouched: false, isAll: false });
    this.listen();
  }

  listen() {
    const { svg } = this;
    svg.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.onDown(event));
    svg.addEventListener("pointermove", (event) => this.onMove(event));
    for (const kind of ["pointerup", "pointercancel"]) svg.addEventListener(kind, (event) => this.onUp(event));
    svg.addEventListener("keydown", (event) => this.onKey(event));
    svg.addEventListener("focusin", (event) => this.onFocus(event));
    this.sizes = new ResizeObserver(() => (this.isTouched ? this.place() : this.fit(!this.isAll)));
    this.sizes.observe(this.node);
  }

  /** Draw these nodes and edges. */
  show(nodes, edges) {
    this.nodes = new Map(nodes.map((node) => [node.id, node]));
    this.edges = edges;
    this.layout = layoutOf(nodes, edges);
    this.marks = new Map();
    this.lines = this.layout.lines.map((line) => ({
      ...line,
      mark: svgElement("path", { class: "graph-line", d: linePath(line.points) }),
    }));
    const marks = nodes.map((node) => this.mark(node));
    this.drawing.replaceChildren(
      svgElement("g", { "aria-hidden": "true" }, ...this.lines.map((line) => line.mark)),
      svgElement("g", {}, ...marks),
    );
    this.current = nodes[0]?.id ?? null;
    this.rove();
    if (!this.isTouched) this.fit(true);
  }

  mark(node) {
    const { x, y } = this.layout.places.get(node.id);
    const name = text.fitted(node.name, SIZE.width - 28, "600 13px Inter, system-ui, sans-serif");
    const below = svgElement("text", { class: "graph-below", x: 16, y: 36 });
    const state = svgElement("g", { class: "graph-state", transform: `translate(${SIZE.width - 25} 24)` });
    const label = svgElement("text", { class: "graph-name", x: 16, y: 20 });
    label.textContent = name;
    const title = svgElement("title");
    title.textContent = node.id;
    const box = svgElement("rect", { class: "graph-box", width: SIZE.width, height: SIZE.height, rx: 8 });
    const stripe = svgElement("path", {
      class: "graph-stripe",
      d: `M8 0.5H5V${SIZE.height - 0.5}H8A7.5 7.5 0 0 1 0.5 ${SIZE.height - 8}V8A7.5 7.5 0 0 1 8 0.5`,
    });
    const mark = svgElement(
      "g",
      {
        class: `graph-node kind-${node.kind}`,
        transform: `translate(${Math.round(x)} ${Math.round(y)})`,
        role: "button",
        tabindex: "-1",
      },
      title,
      box,
      stripe,
      label,
      below,
      state,
    );
    mark.dataset.id = node.id;
    this.marks.set(node.id, { mark, below, state });
    return mark;
  }

  /**
   * How the nodes stand: those that were drawn, as they are known now.
   * @param {Iterable<object>} nodes
   * @param {(node: object) => {status: string|null, technique?: string|null, rows?: number|null, note?: string}} standOf
   */
  stand(nodes, standOf) {
    for (const node of nodes) {
      const { mark, below, state } = this.marks.get(node.id);
      const now = standOf(node);
      const { name, label } = stateOf(now.status, now.technique);
      const line = [
        node.schema ?? kindText(node.kind),
        now.rows === null || now.rows === undefined ? "" : `${shortCount(now.rows)} rows`,
        now.note,
      ]
        .filter(Boolean)
        .join(" · ");
      const key = `${name} ${line}`;
      if (mark.dataset.stand === key) continue;
      mark.dataset.stand = key;
      mark.dataset.state = name;
      below.textContent = text.fitted(line, SIZE.width - 44, "400 12px Inter, system-ui, sans-serif");
      mark.setAttribute(
        "aria-label",
        `${node.id}, ${kindText(node.kind)}, ${label}${now.rows === null || now.rows === undefined ? "" : `, ${now.rows} rows`}`,
      );
      const shape = {
        done: "done",
        failed: "failed",
        skipped: "skipped",
        unchanged: "unchanged",
        running: "running",
        queued: "queued",
        stopped: "stop",
      }[name];
      state.replaceChildren(...(shape ? [svgElement("path", { d: pathOf(shape) })] : []));
    }
  }

  /** @param {string|null} id what is up and down of it stays in light */
  select(id) {
    this.selected = id && this.nodes.has(id) ? id : null;
    const up = this.selected ? reached(id, this.edges, false) : null;
    const down = this.selected ? reached(id, this.edges, true) : null;
    const isLit = (one) => !this.selected || one === id || up.has(one) || down.has(one);
    for (const [one, { mark }] of this.marks) {
      mark.classList.toggle("is-selected", one === this.selected);
      mark.classList.toggle("is-dim", !isLit(one));
      mark.setAttribute("aria-pressed", String(one === this.selected));
    }
    for (const { from, to, mark } of this.lines) {
      const isUp = this.selected && (to === id || up.has(to)) && (up.has(from) || from === id);
      const isDown = this.selected && (from === id || down.has(from)) && (down.has(to) || to === id);
      mark.classList.toggle("is-lit", Boolean(isUp || isDown));
      mark.classList.toggle("is-dim", Boolean(this.selected && !isUp && !isDown));
    }
    if (this.selected) {
      this.current = id;
      this.rove();
    }
  }

  /** Nodes that are searched for stand out. @param {Set<string>|null} ids */
  find(ids) {
    for (const [id, { mark }] of this.marks) mark.classList.toggle("is-missed", Boolean(ids && !ids.has(id)));
  }

  // ── what is seen ──
  /** Show all. At first rather a part than letters that cannot be read: what is chosen, or the beginning. */
  fit(isFirst = false) {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!this.layout || !width) return;
    const all = Math.min((width - 2 * EDGE) / this.layout.width, (height - 2 * EDGE) / this.layout.height, 1.1);
    const scale = Math.max(isFirst ? READABLE : ZOOM.least, all);
    const middle = this.middle();
    this.seen = {
      scale,
      x: within(width, this.layout.width * scale, middle.x * scale),
      y: within(height, this.layout.height * scale, middle.y * scale),
    };
    Object.assign(this, { isTouched: false, isAll: !isFirst });
    this.place();
  }

  /** The middle of what is looked at first: of the node that is chosen, or of the first column. */
  middle() {
    const all = [...this.layout.places.values()];
    const column = this.selected ? [this.layout.places.get(this.selected)] : all.filter((place) => place.x === 0);
    const top = column.reduce((sum, place) => sum + place.y, 0) / Math.max(1, column.length);
    return { x: (column[0]?.x ?? 0) + SIZE.width / 2, y: top + SIZE.height / 2 };
  }

  /** Bring a node into sight, at a size that can be read. @param {string} id @param {number} [covered] pixels at the right */
  reveal(id, covered = 0) {
    const at = this.layout?.places.get(id);
    const { clientHeight: height } = this.node;
    const width = this.node.clientWidth - covered;
    if (!at || !width) return;
    const scale = Math.max(this.seen.scale, READABLE);
    const left = at.x * scale + this.seen.x;
    const top = at.y * scale + this.seen.y;
    const isSeen =
      scale === this.seen.scale &&
      left > 0 &&
      top > 0 &&
      left + SIZE.width * scale < width &&
      top + SIZE.height * scale < height;
    if (isSeen) return;
    this.seen = {
      scale,
      x: width / 2 - (at.x + SIZE.width / 2) * scale,
      y: height / 2 - (at.y + SIZE.height / 2) * scale,
    };
    this.isTouched = true;
    this.place();
  }

  zoom(factor, at = { x: this.node.clientWidth / 2, y: this.node.clientHeight / 2 }) {
    const scale = Math.min(ZOOM.most, Math.max(ZOOM.least, this.seen.scale * factor));
    const real = scale / this.seen.scale;
    this.seen = { scale, x: at.x - (at.x - this.seen.x) * real, y: at.y - (at.y - this.seen.y) * real };
    this.isTouched = true;
    this.place();
  }

  place() {
    const { x, y, scale } = this.seen;
    this.drawing.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    this.svg.classList.toggle("is-far", scale < 0.4);
  }

  // ── pointers ──
  at(event) {
    const box = this.svg.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  onWheel(event) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || Math.abs(event.deltaY) >= Math.abs(event.deltaX))
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), this.at(event));
    else {
      this.seen.x -= event.deltaX;
      this.isTouched = true;
      this.place();
    }
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, this.at(event));
    this.moved = 0;
    this.pressed = event.target.closest(".graph-node")?.dataset.id ?? null;
    this.svg.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.moved += Math.hypot(now.x - before.x, now.y - before.y);
    if (others.length === 1)
      this.zoom(distance(now, others[0]) / Math.max(1, distance(before, others[0])), {
        x: (now.x + others[0].x) / 2,
        y: (now.y + others[0].y) / 2,
      });
    else if (this.moved > CLICK_PIXELS) {
      this.seen.x += now.x - before.x;
      this.seen.y += now.y - before.y;
      this.isTouched = true;
      this.place();
    }
    this.pointers.set(event.pointerId, now);
  }

  onUp(event) {
    const isClick = event.type === "pointerup" && this.pointers.size === 1 && this.moved <= CLICK_PIXELS;
    if (this.pointers.delete(event.pointerId) && isClick)
      this.listeners.onSelect(this.pressed === this.selected ? null : this.pressed);
  }

  // ── keys: along the lines, and up and down within a column ──
  onKey(event) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.listeners.onSelect(this.current === this.selected ? null : this.current);
    } else if (event.key === "Escape") this.listeners.onSelect(null);
    else if (event.key === "+") this.zoom(ZOOM.step);
    else if (event.key === "-") this.zoom(1 / ZOOM.step);
    else {
      const next = this.beside(event.key);
      if (next === undefined) return;
      event.preventDefault();
      if (next) this.focus(next);
    }
  }

  beside(key) {
    const { places } = this.layout;
    const here = places.get(this.current);
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(key)) return undefined;
    const nearest = (ids) =>
      ids.sort((one, other) => Math.abs(places.get(one).y - here.y) - Math.abs(places.get(other).y - here.y))[0];
    if (key === "ArrowRight")
      return nearest(this.edges.filter((edge) => edge.from === this.current).map((edge) => edge.to)) ?? null;
    if (key === "ArrowLeft")
      return nearest(this.edges.filter((edge) => edge.to === this.current).map((edge) => edge.from)) ?? null;
    const isDown = key === "ArrowDown";
    return (
      nearest(
        [...places.keys()].filter(
          (id) => places.get(id).x === here.x && (isDown ? places.get(id).y > here.y : places.get(id).y < here.y),
        ),
      ) ?? null
    );
  }

  focus(id) {
    this.current = id;
    this.rove();
    this.marks.get(id).mark.focus({ preventScroll: true });
  }

  onFocus(event) {
    const id = event.target.closest(".graph-node")?.dataset.id;
    if (!id) return;
    this.current = id;
    if (event.target.matches(":focus-visible")) this.reveal(id);
  }

  rove() {
    for (const [id, { mark }] of this.marks) mark.setAttribute("tabindex", id === this.current ? "0" : "-1");
  }

  close() {
    this.sizes.disconnect();
  }
}

// Where a drawing begins that has this point in its sight and nothing empty beside it; in the centre if it has room.
function within(room, drawn, point) {
  if (drawn + 2 * EDGE <= room) return (room - drawn) / 2;
  return Math.min(EDGE, Math.max(room - EDGE - drawn, room / 2 - point));
}

function distance(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

export { ZOOM };
