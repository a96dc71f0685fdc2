/**
 * Shows a chart: owns one instance of ECharts, its size, its tooltips and its keys.
 * What is drawn comes from charts/; what a click means is told to whoever listens.
 */
import { chartOf } from "../charts/index.js";
import { announce, element } from "../dom.js";
import { formatterOf } from "../format.js";

const DOUBLE_CLICK_MS = 320;
let loading = null;

/** ECharts once its script is there; after a failure it is loaded again. */
function whenEcharts() {
  if (globalThis.echarts) return Promise.resolve(globalThis.echarts);
  loading ??= new Promise((resolve, reject) => {
    const script = scriptOnItsWay() ?? freshScript();
    script.addEventListener("load", () => resolve(globalThis.echarts));
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error("the charts' script did not load"));
    });
  });
  return loading;
}

// Pages of dashboards ask for it at once; when a document is complete, that has come or failed.
function scriptOnItsWay() {
  return document.readyState === "complete" ? null : document.querySelector('script[src*="echarts"]');
}

function freshScript() {
  const src = new URL("../../vendor/echarts/echarts.min.js", import.meta.url);
  const script = element("script", { src, async: true });
  document.head.append(script);
  return script;
}

let world = null;

/** The shapes of countries, loaded when the first map is shown. */
function whenWorld() {
  world ??= (async () => {
    const there = (await whenEcharts()).getMap("world"); // an exported file brings it along
    if (there) return there.geoJSON ?? there.geoJson;
    const [echarts, response] = await Promise.all([
      whenEcharts(),
      fetch(new URL("../../vendor/world/world.json", import.meta.url)),
    ]);
    const shapes = await response.json();
    echarts.registerMap("world", shapes);
    return shapes;
  })();
  world.catch(() => (world = null)); // the next map tries again
  return world;
}

export class ChartHost {
  /**
   * @param {object} visual
   * @param {{onSelect: (mark: object, isAdding: boolean) => void, onDrill: (mark: object) => void, onMenu: (mark: object|null, place: object) => void, onClear: () => void}} listeners
   */
  constructor(visual, listeners) {
    this.visual = visual;
    this.listeners = listeners;
    this.marks = [];
    this.current = -1;
    this.lastClick = { mark: null, time: 0 };
    this.canvas = element("div", { class: "chart-canvas" });
    this.node = element(
      "div",
      {
        class: "chart",
        tabindex: "0",
        role: "application",
        "aria-roledescription": "chart",
        onKeydown: (event) => this.onKey(event),
      },
      this.canvas,
    );
    this.node.addEventListener("blur", () => this.leaveMark());
    this.sizes = new ResizeObserver(() => this.onSize());
    this.sizes.observe(this.canvas);
  }

  /** @param {object} data @param {() => object} lookOf a look for the size of now */
  async show(data, lookOf) {
    this.data = data;
    this.lookOf = lookOf;
    const [echarts, shapes] = await Promise.all([whenEcharts(), this.visual.kind === "map" ? whenWorld() : null]);
    if (this.isGone || data !== this.data) return;
    this.shapes = shapes;
    this.chart ??= this.begin(echarts);
    this.draw();
  }

  begin(echarts) {
    const chart = echarts.init(this.canvas, null, { renderer: "canvas" });
    chart.on("click", (params) => this.onClick(params));
    chart.on("contextmenu", (params) => this.onContext(params));
    chart.getZr().on("click", (event) => !event.target && this.listeners.onClear());
    return chart;
  }

  draw() {
    if (!this.chart || !this.data) return;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.drawnSize = [width, height];
    const look = this.lookOf({ width, height, world: this.shapes });
    const { option, marks, tip } = chartOf(this.visual, this.data, look);
    this.marks = marks;
    this.categories = [option.xAxis, option.yAxis].flat().find((axis) => axis?.type === "category")?.data;
    option.tooltip = { ...option.tooltip, formatter: (params) => tipNode(tip(params)) };
    this.chart.setOption(option, {
      replaceMerge: ["series", "xAxis", "yAxis", "grid", "legend", "dataZoom", "visualMap", "title", "graphic"],
    });
    const text = formatterOf(marks[0]?.column, look.setting);
    this.textOf = (mark) => `${mark.label}: ${text(mark.value)}`;
    this.node.setAttribute("aria-label", summaryOf(this.visual, marks, this.textOf));
  }

  onSize() {
    if (!this.chart) return;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || (this.drawnSize?.[0] === width && this.drawnSize?.[1] === height)) return;
    this.chart.resize({ animation: { duration: 0 } });
    this.draw();
  }

  markOf(params) {
    const series = params.seriesIndex ?? 0;
    return this.marks.find(
      (mark) =>
        mark.series === series &&
        (!mark.part || mark.part === params.dataType) &&
        (mark.name === undefined ? mark.index === params.dataIndex : mark.name === params.name),
    );
  }

  // The name of a category on its axis stands for all of it, so that the smallest bar can be clicked too.
  categoryMark(params) {
    const index = params.dataIndex ?? this.categories?.indexOf(params.value);
    const mark = this.marks.find((candidate) => candidate.index === index);
    const [field] = Object.keys(mark?.point ?? {});
    return field ? { ...mark, point: { [field]: mark.point[field] } } : null;
  }

  onClick(params) {
    const mark = params.componentType?.endsWith("Axis") ? this.categoryMark(params) : this.markOf(params);
    if (!mark) return;
    const event = params.event?.event ?? {};
    if (this.isSecond(mark, event) && this.visual.hierarchy?.length) this.listeners.onDrill(mark);
    else this.listeners.onSelect(mark, event.ctrlKey || event.metaKey || event.shiftKey);
  }

  // The browser counts the clicks of a mouse, however long the first of them took; of touches their times are compared.
  isSecond(mark, event) {
    const { mark: before, time } = this.lastClick;
    const now = event.timeStamp ?? 0; // when it was clicked, not when there was time to hear of it
    this.lastClick = { mark: JSON.stringify(mark.point), time: now };
    if (before !== this.lastClick.mark) return false;
    return event.detail ? event.detail % 2 === 0 : now - time < DOUBLE_CLICK_MS;
  }

  onContext(params) {
    const event = params.event?.event;
    event?.preventDefault();
    event?.stopPropagation();
    this.listeners.onMenu(this.markOf(params) ?? null, { x: event?.clientX ?? 0, y: event?.clientY ?? 0 });
  }

  onKey(event) {
    const own = this.marks.filter((mark) => !mark.isTwin);
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key in steps) this.goTo(own, Math.min(own.length - 1, Math.max(0, this.current + steps[event.key])));
    else if (event.key === "Home") this.goTo(own, 0);
    else if (event.key === "End") this.goTo(own, own.length - 1);
    else if ((event.key === "Enter" || event.key === " ") && own[this.current]) {
      if (event.shiftKey && this.visual.hierarchy?.length) this.listeners.onDrill(own[this.current]);
      else this.listeners.onSelect(own[this.current], event.ctrlKey || event.metaKey);
    } else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && own[this.current]) {
      const box = this.node.getBoundingClientRect();
      this.listeners.onMenu(own[this.current], { x: box.left + 24, y: box.top + 24 });
    } else return;
    event.preventDefault();
  }

  goTo(own, place) {
    const mark = own[place];
    if (!mark || !this.chart) return;
    this.leaveMark();
    this.current = place;
    const at = {
      seriesIndex: mark.series,
      dataType: mark.part,
      ...(mark.name === undefined ? { dataIndex: mark.index } : { name: mark.name }),
    };
    this.chart.dispatchAction({ type: "highlight", ...at });
    this.chart.dispatchAction({ type: "showTip", ...at });
    announce(`${this.textOf(mark)}, ${place + 1} of ${own.length}`);
  }

  leaveMark() {
    if (!this.chart) return;
    this.chart.dispatchAction({ type: "downplay" });
    this.chart.dispatchAction({ type: "hideTip" });
  }

  /** Draws at once what would be drawn with the next frame. */
  flush() {
    this.chart?.getZr().flush();
  }

  /** The chart as a picture, twice as dense as the screen. */
  picture(background) {
    return this.chart?.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: background }) ?? null;
  }

  dispose() {
    this.isGone = true;
    this.sizes.disconnect();
    this.chart?.dispose();
  }
}

const KIND_NAMES = {
  bar: "Bar chart",
  column: "Column chart",
  line: "Line chart",
  area: "Area chart",
  combo: "Combined chart",
  donut: "Donut chart",
  treemap: "Treemap",
  funnel: "Funnel",
  scatter: "Scatter chart",
  heatmap: "Heat map",
  map: "Map",
  gauge: "Gauge",
  sankey: "Flow chart",
};

function summaryOf(visual, marks, textOf) {
  const own = marks.filter((mark) => !mark.isTwin && typeof mark.value === "number");
  const name = `${KIND_NAMES[visual.kind] ?? "Chart"}: ${visual.title}.`;
  if (!own.length) return name;
  const top = own.reduce((best, mark) => (mark.value > best.value ? mark : best));
  const values = own.length === 1 ? textOf(own[0]) : `${own.length} values, the highest ${textOf(top)}`;
  return `${name} ${values}. Arrow keys go through the values, Enter selects.`;
}

function tipNode({ title, rows }) {
  if (!title && !rows.length) return "";
  const lines = rows.map((row) =>
    element(
      "div",
      { class: "tip-row" },
      element(
        "span",
        { class: "tip-key" },
        row.color && element("span", { class: "tip-swatch", style: { background: row.color } }),
        row.label,
      ),
      element("span", { class: "tip-value" }, row.value),
    ),
  );
  return element("div", { class: "tip" }, element("div", { class: "tip-title" }, title), ...lines);
}
