/**
 * Finds the country that a value means: ISO 3166 codes, names in English and in the dashboard's language, codes of the
 * Olympic committees where they differ, and the spellings that are met in data. What is not found is told, never guessed.
 */

const OLYMPIC = {
  AHO: "CUW",
  ALG: "DZA",
  ANG: "AGO",
  ANT: "ATG",
  ARU: "ABW",
  ASA: "ASM",
  BAH: "BHS",
  BAN: "BGD",
  BAR: "BRB",
  BER: "BMU",
  BHU: "BTN",
  BIZ: "BLZ",
  BOT: "BWA",
  BRU: "BRN",
  BUL: "BGR",
  BUR: "BFA",
  CAM: "KHM",
  CAY: "CYM",
  CHA: "TCD",
  CHI: "CHL",
  CGO: "COG",
  CRC: "CRI",
  CRO: "HRV",
  DEN: "DNK",
  ESA: "SLV",
  FIJ: "FJI",
  GAM: "GMB",
  GBS: "GNB",
  GEQ: "GNQ",
  GER: "DEU",
  GRE: "GRC",
  GRN: "GRD",
  GUA: "GTM",
  GUI: "GIN",
  HAI: "HTI",
  HON: "HND",
  INA: "IDN",
  IRI: "IRN",
  ISV: "VIR",
  IVB: "VGB",
  KSA: "SAU",
  KOS: "XKX",
  KUW: "KWT",
  LAT: "LVA",
  LBA: "LBY",
  LES: "LSO",
  LIB: "LBN",
  MAD: "MDG",
  MAS: "MYS",
  MAW: "MWI",
  MGL: "MNG",
  MON: "MCO",
  MRI: "MUS",
  MTN: "MRT",
  MYA: "MMR",
  NED: "NLD",
  NCA: "NIC",
  NEP: "NPL",
  NGR: "NGA",
  NIG: "NER",
  OMA: "OMN",
  PAR: "PRY",
  PHI: "PHL",
  PLE: "PSE",
  POR: "PRT",
  PUR: "PRI",
  ROC: "RUS",
  RSA: "ZAF",
  SAM: "WSM",
  SEY: "SYC",
  SIN: "SGP",
  SKN: "KNA",
  SLO: "SVN",
  SOL: "SLB",
  SRI: "LKA",
  SUD: "SDN",
  SUI: "CHE",
  TAN: "TZA",
  TGA: "TON",
  TOG: "TGO",
  TPE: "TWN",
  UAE: "ARE",
  URU: "URY",
  VAN: "VUT",
  VIE: "VNM",
  VIN: "VCT",
  ZAM: "ZMB",
  ZIM: "ZWE",
};

const SPELLINGS = {
  USA: ["us", "u s", "united states", "america"],
  GBR: ["uk", "great britain", "britain"],
  RUS: ["russia", "roc"],
  KOR: ["republic of korea", "korea", "korea south", "korea republic of"],
  PRK: ["democratic people s republic of korea", "dpr korea", "korea north"],
  CHN: ["china", "pr china", "mainland china"],
  IRN: ["iran", "islamic republic of iran"],
  VNM: ["viet nam"],
  SYR: ["syria"],
  LAO: ["laos", "lao pdr"],
  BOL: ["bolivia plurinational state of"],
  VEN: ["venezuela bolivarian republic of", "bolivarian republic of venezuela"],
  TZA: ["tanzania"],
  MDA: ["moldova", "republic of moldova"],
  MKD: ["north macedonia", "macedonia", "fyr macedonia"],
  CZE: ["czechia", "czech republic"],
  CIV: ["ivory coast", "cote d ivoire"],
  COD: ["dr congo", "congo kinshasa", "democratic republic of congo", "congo the democratic republic of the"],
  COG: ["congo", "congo brazzaville"],
  SWZ: ["swaziland"],
  MMR: ["burma"],
  CPV: ["cabo verde"],
  TLS: ["east timor", "democratic republic of timor leste"],
  TWN: ["taiwan", "chinese taipei"],
  HKG: ["hong kong china", "hong kong sar"],
  MAC: ["macau"],
  BRN: ["brunei"],
  PSE: ["palestine", "palestinian territories"],
  VAT: ["vatican", "vatican city"],
  TUR: ["turkey"],
  NLD: ["holland", "the netherlands"],
  ARE: ["emirates", "uae"],
  FSM: ["micronesia", "federated states of micronesia"],
  GMB: ["gambia"],
  BHS: ["the bahamas"],
  VIR: ["us virgin islands", "virgin islands us"],
  VGB: ["british virgin islands"],
  KGZ: ["kyrgyz republic"],
  SVK: ["slovak republic"],
  STP: ["sao tome principe"],
  KNA: ["st kitts and nevis"],
  LCA: ["st lucia"],
  VCT: ["st vincent and the grenadines"],
  CUW: ["curacao"],
};

/** A name without accents, case, punctuation and a leading article. */
function plainName(text) {
  return String(text)
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replaceAll("&", " and ")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .replace(/^the /, "");
}

/**
 * @param {{features: {properties: {name: string, label: string, iso2: string|null, iso3: string|null}}[]}} world
 * @param {string} locale
 * @returns {(value: unknown) => string|null} the shape's name that a value means
 */
export function countryFinder(world, locale) {
  const found = new Map();
  const add = (text, name) => text && !found.has(plainName(text)) && found.set(plainName(text), name);
  const known = new Set(world.features.map((shape) => shape.properties.name));
  for (const { properties } of world.features) {
    for (const text of [properties.name, properties.iso3, properties.iso2, properties.label])
      add(text, properties.name);
  }
  for (const [name, spellings] of Object.entries(SPELLINGS))
    if (known.has(name)) spellings.forEach((text) => add(text, name));
  for (const language of new Set(["en", locale])) addNames(world, language, add);
  for (const [code, name] of Object.entries(OLYMPIC)) if (known.has(name)) add(code, name);
  return (value) => (value === null || value === undefined ? null : (found.get(plainName(value)) ?? null));
}

function addNames(world, language, add) {
  if (typeof Intl === "undefined" || !Intl.DisplayNames) return;
  const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  for (const { properties } of world.features) if (properties.iso2) add(names.of(properties.iso2), properties.name);
}
