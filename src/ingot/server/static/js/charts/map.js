/** Countries of the world coloured by a number. Small states get a dot, or nobody would see them. */
import { countryFinder } from "./countries.js";
import { formatterOf } from "../format.js";
import { FONT } from "./look.js";
import { fullText, optionBase } from "./parts.js";
import { rampLegend } from "./points.js";
import { categoryText, columnsOf, dimensionsOf, measuresOf, numberOf } from "./shape.js";

/**
 * Needs `look.world`, the shapes, which whoever draws has also registered with ECharts as "world".
 * @param {object} visual @param {object} data @param {import("./look.js").Look} look
 */
export function mapChart(visual, data, look) {
  const country = columnsOf(visual, data, "country")[0] ?? dimensionsOf(data)[0];
  const measure = columnsOf(visual, data, "value")[0] ?? measuresOf(data)[0];
  const { places, unknown } = placesOf(data, country, measure, look);
  const numbers = places.map((place) => place.value).filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const short = formatterOf(measure, look.setting, { isShort: true });
  const dots = new Map(
    look.world.features
      .filter((shape) => shape.properties.dot)
      .map((shape) => [shape.properties.name, shape.properties.dot]),
  );
  const dotted = places.filter((place) => dots.has(place.name));
  const option = optionBase(look);
  option.geo = geoOf(look);
  option.visualMap = {
    ...rampLegend(look, low, high, short),
    inRange: { color: look.colors.ramp.slice(look.theme === "dark" ? 1 : 1) },
    seriesIndex: [0, 1],
  };
  option.series = [
    {
      id: "map",
      type: "map",
      geoIndex: 0,
      data: places.map((place) => ({
        name: place.name,
        value: place.value,
        label: {
          show: visual.options?.labels === true,
          formatter: () => place.text,
          fontFamily: FONT,
          fontSize: 11,
          color: look.colors.text,
          textBorderColor: look.colors.surface,
          textBorderWidth: 2,
        },
        ...(look.isDimmed({ point: place.point }) ? { itemStyle: { opacity: 0.3 } } : {}),
      })),
    },
    {
      id: "dots",
      type: "scatter",
      coordinateSystem: "geo",
      symbolSize: 8,
      itemStyle: { borderColor: look.colors.surface, borderWidth: 1 },
      data: dotted.map((place) => ({
        name: place.name,
        value: [...dots.get(place.name), place.value],
        itemStyle: { opacity: look.isDimmed({ point: place.point }) ? 0.3 : 1 },
      })),
    },
  ];
  if (unknown.length) option.title = noteOf(unknown, look);
  option.tooltip.trigger = "item";
  const mark = (series) => (place, index) => ({
    series,
    index,
    name: place.name,
    label: place.text,
    value: place.value,
    column: measure,
    point: place.point,
    isTwin: series === 1,
  });
  const byName = new Map(places.map((place) => [place.name, place]));
  const labels = new Map(look.world.features.map((shape) => [shape.properties.name, shape.properties.label]));
  const tip = (params) => {
    const place = byName.get(params.name);
    const row = {
      color: null,
      label: measure.label ?? measure.name,
      value: place ? fullText(measure, look)(place.value) : "–",
    };
    return { title: place?.text ?? labels.get(params.name) ?? params.name, rows: [row] };
  };
  return { option, marks: [...places.map(mark(0)), ...dotted.map(mark(1))], tip };
}

function placesOf(data, country, measure, look) {
  const find = countryFinder(look.world, look.setting.locale);
  const text = categoryText(country, look.setting);
  const places = [];
  const unknown = [];
  for (const row of data.rows) {
    const value = row[country.index];
    const name = find(value);
    if (name)
      places.push({ name, text: text(value), value: numberOf(row[measure.index]), point: { [country.name]: value } });
    else unknown.push(text(value));
  }
  return { places, unknown };
}

function geoOf(look) {
  return {
    map: "world",
    roam: !look.isStill,
    scaleLimit: { min: 1, max: 12 },
    left: 0,
    right: 0,
    top: 4,
    bottom: 26,
    projection: { project: projected, unproject: unprojected },
    itemStyle: { areaColor: look.colors["surface-3"], borderColor: look.colors.surface, borderWidth: 0.6 },
    emphasis: {
      label: { show: false },
      itemStyle: { areaColor: null, borderColor: look.colors.text, borderWidth: 1.2 },
    },
    select: { disabled: true },
    label: { show: false },
  };
}

function noteOf(unknown, look) {
  const shown = unknown.slice(0, 3).join(", ") + (unknown.length > 3 ? ` and ${unknown.length - 3} more` : "");
  return {
    text: `Not on the map: ${shown}`,
    right: 4,
    bottom: 2,
    textStyle: {
      fontFamily: FONT,
      fontSize: 11,
      fontWeight: 400,
      color: look.colors["text-3"],
      width: Math.max(80, look.width - 210),
      overflow: "truncate",
    },
  };
}

// The projection "Natural Earth" by Tom Patterson, as a polynomial (Šavrič, Jenny, Patterson et al., 2011). South is down.
function projected([longitude, latitude]) {
  const phi = (latitude * Math.PI) / 180;
  const phi2 = phi * phi;
  const phi4 = phi2 * phi2;
  const stretch = 0.8707 - 0.131979 * phi2 + phi4 * (-0.013791 + phi4 * (0.003971 * phi2 - 0.001529 * phi4));
  return [((longitude * Math.PI) / 180) * stretch, -heightOf(phi)];
}

function heightOf(phi) {
  const phi2 = phi * phi;
  const phi4 = phi2 * phi2;
  return phi * (1.007226 + phi2 * (0.015085 + phi4 * (-0.044475 + 0.028874 * phi2 - 0.005916 * phi4)));
}

function unprojected([x, y]) {
  let phi = -y;
  for (let step = 0; step < 12; step += 1) {
    const slope = (heightOf(phi + 1e-6) - heightOf(phi - 1e-6)) / 2e-6;
    const change = (heightOf(phi) + y) / slope;
    phi -= change;
    if (Math.abs(change) < 1e-9) break;
  }
  const stretch = projected([180, (phi * 180) / Math.PI])[0] / Math.PI;
  return [(x / stretch) * (180 / Math.PI), (phi * 180) / Math.PI];
}
