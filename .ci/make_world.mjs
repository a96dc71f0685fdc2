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
  return { type: "Feature", properties, geometry: { ...shape.geometry, coordinates: round(shape.geometry.coordinates) } };
}

const features = [...shapes.map((shape) => converted(shape, false)), ...small.map((shape) => converted(shape, true))];
const kept = features.filter((shape) => !WITHOUT.has(shape.properties.label) && shape.properties.iso3 !== "ATA" && shape.properties.iso3 !== "ATF");
fs.writeFileSync(process.argv[2], JSON.stringify({ type: "FeatureCollection", features: kept }));
