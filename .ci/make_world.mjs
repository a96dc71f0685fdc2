// Makes src/ingot/server/static/vendor/world/world.json from the npm packages named in vendor/README.md.
// Run it in a folder where these are installed: node make_world.mjs OUT
//
// Shapes are Natural Earth's at 1:110m; what that scale leaves out comes from 1:50m, with the middle of its extent
// as a dot, because a country of a few pixels is not seen otherwise.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.cwd(), "package.json"));
const { feature } = require("topojson-client");
const iso = require("i18n-iso-countries");
const coarse = require("world-atlas/countries-110m.json");
const fine = require("world-atlas/countries-50m.json");

const WITHOUT = new Set(["Antarctica", "Indian Ocean Ter.", "Siachen Glacier", "Fr. S. Antarctic Lands"]);
const FULL_NAMES = { Kosovo: ["XK", "XKX", "Kosovo"] };

const shapes = feature(coarse, coarse.objects.countries).features;
const known = new Set(shapes.map((shape) => shape.id || shape.properties.name));
const small = feature(fine, fine.objects.countries).features.filter(
  (shape) => !known.has(shape.id || shape.properties.name) && shape.geometry,
);

const round = (value) => (Array.isArray(value) ? value.map(round) : Math.round(value * 100) / 100);

function pairs(value, found = []) {
  if (typeof value[0] === "number") found.push(value);
  else value.forEach((inner) => pairs(inner, found));
  return found;
}

// A ring that crosses the date line jumps from one edge of the map to the other. It is unrolled, and cut at the line.
function cutRing(ring) {
  const unrolled = [[...ring[0]]];
  for (const [x, y] of ring.slice(1)) {
    const turns = Math.round((unrolled.at(-1)[0] - x) / 360);
    unrolled.push([x + turns * 360, y]);
  }
  const xs = unrolled.map(([x]) => x);
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  if (least >= -180 && most <= 180) return [ring];
  const line = most > 180 ? 180 : -180;
  const inside = clipped(unrolled, line, line > 0 ? -1 : 1);
  const outside = clipped(unrolled, line, line > 0 ? 1 : -1).map(([x, y]) => [x - 2 * line, y]);
  return [inside, outside].filter((part) => part.length > 3);
}

function clipped(ring, line, side) {
  const isIn = ([x]) => (x - line) * side >= 0;
  const kept = [];
  ring.slice(0, -1).forEach((point, index) => {
    const next = ring[index + 1];
    if (isIn(point)) kept.push(point);
    if (isIn(point) !== isIn(next)) kept.push([line, point[1] + ((next[1] - point[1]) * (line - point[0])) / (next[0] - point[0])]);
  });
  return kept.length ? [...kept, kept[0]] : [];
}

function cut(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const parts = polygons.flatMap((rings) => {
    const outer = cutRing(rings[0]);
    return outer.length === 1 ? [[outer[0], ...rings.slice(1)]] : outer.map((ring) => [ring]);
  });
  return { type: "MultiPolygon", coordinates: parts };
}

function codes(shape) {
  const special = FULL_NAMES[shape.properties.name];
  if (special) return special;
  if (!shape.id) return [null, null, shape.properties.name];
  const alpha2 = iso.numericToAlpha2(shape.id);
  return [alpha2, iso.numericToAlpha3(shape.id), require("i18n-iso-countries/langs/en.json").countries[alpha2]].map(
    (value) => (Array.isArray(value) ? value[0] : (value ?? null)),
  );
}

function converted(shape, hasDot) {
  const [iso2, iso3, fullName] = codes(shape);
  const properties = { name: iso3 ?? shape.properties.name, label: fullName ?? shape.properties.name, iso2, iso3 };
  if (hasDot) {
    const points = pairs(shape.geometry.coordinates);
    const middle = (axis) => {
      const values = points.map((point) => point[axis]);
      return round((Math.min(...values) + Math.max(...values)) / 2);
    };
    properties.dot = [middle(0), middle(1)];
  }
  return { type: "Feature", properties, geometry: { type: "MultiPolygon", coordinates: round(cut(shape.geometry).coordinates) } };
}

const features = [...shapes.map((shape) => converted(shape, false)), ...small.map((shape) => converted(shape, true))];
const kept = features.filter((shape) => !WITHOUT.has(shape.properties.label) && shape.properties.iso3 !== "ATA" && shape.properties.iso3 !== "ATF");
fs.writeFileSync(process.argv[2], JSON.stringify({ type: "FeatureCollection", features: kept }));
