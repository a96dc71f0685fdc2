/**
 * What could stand at the cursor of a query: tables, columns, functions, words of SQL.
 * Pure: a text, a place in it, a catalog; nothing of the editor.
 */

const WORDS =
  "SELECT FROM WHERE GROUP BY ORDER LIMIT HAVING JOIN LEFT RIGHT FULL INNER CROSS ON USING AS AND OR NOT IN IS NULL LIKE BETWEEN EXISTS DISTINCT UNION ALL EXCEPT INTERSECT WITH CASE WHEN THEN ELSE END CAST OVER PARTITION ROWS DESC ASC NULLS FIRST LAST QUALIFY TABLESAMPLE VERSION TIMESTAMP OF DATE INTERVAL TRUE FALSE DESCRIBE SHOW TABLES HISTORY".split(
    " ",
  );
const MOST = 60;
const PART = "[\\p{L}_`][\\p{L}\\p{N}_`]*";
const NAMING = new RegExp(
  `(?:\\bfrom\\s+|\\bjoin\\s+|,\\s*)((?:${PART}\\.)*${PART})(?:\\s+(?:as\\s+)?(?!(?:${WORDS.join("|")})\\b)(${PART}))?`,
  "giu",
);
const AFTER_TABLE = new Set(["from", "join", "describe", "table", "history"]);

/**
 * @param {string} text the query
 * @param {number} offset where the cursor stands
 * @param {{schema: string, tables: object[], functions: {name: string, kind: string}[]}} catalog
 * @returns {{from: number, list: {text: string, label: string, kind: string, detail: string}[]}}
 */
export function completions(text, offset, catalog) {
  const before = text.slice(0, offset);
  const written = /(?:[\p{L}\p{N}_`]|\.)*$/u.exec(before)[0];
  const parts = written.split(".").map((part) => part.replaceAll("`", ""));
  const prefix = parts.pop().toLowerCase();
  const from = offset - (written.length - written.lastIndexOf(".") - 1);
  const known = tablesIn(text, catalog);
  const found = parts.length
    ? within(parts, known, catalog)
    : [...atStart(before.slice(0, before.length - written.length), known, catalog)];
  return { from, list: ranked(found, prefix) };
}

/** The tables that a query names, by every name that it gives them. */
function tablesIn(text, catalog) {
  const names = new Map();
  for (const [, name, alias] of text.matchAll(NAMING)) {
    const table = tableOf(name.replaceAll("`", ""), catalog);
    if (!table) continue;
    names.set(table.name.toLowerCase(), table);
    if (alias) names.set(alias.toLowerCase(), table);
  }
  return names;
}

function tableOf(name, catalog) {
  const parts = name.toLowerCase().split(".");
  const [schema, table] = parts.length > 1 ? parts.slice(-2) : [catalog.schema, parts[0]];
  return catalog.tables.find(
    (one) => one.name.toLowerCase() === table && one.schema.toLowerCase() === schema.toLowerCase(),
  );
}

function within(parts, known, catalog) {
  const owner = parts[parts.length - 1].toLowerCase();
  const table =
    (parts.length === 1 && known.get(owner)) || (parts.length > 1 && tableOf(parts.slice(-2).join("."), catalog));
  if (table) return table.columns.map(columnEntry);
  const tables = catalog.tables.filter((one) => one.schema.toLowerCase() === owner);
  if (tables.length)
    return tables.map((one) => ({ text: named(one.name), label: one.name, kind: "table", detail: one.comment ?? "" }));
  return owner === catalog.catalog?.toLowerCase() ? schemaEntries(catalog) : [];
}

function* atStart(before, known, catalog) {
  const lastWord = /([\p{L}_]+)\s*$/u.exec(before)?.[1].toLowerCase() ?? "";
  const tables = catalog.tables.map((one) => ({
    text: `${named(one.schema)}.${named(one.name)}`,
    label: `${one.schema}.${one.name}`,
    kind: "table",
    detail: one.comment ?? "",
  }));
  if (AFTER_TABLE.has(lastWord)) {
    yield* tables;
    yield* schemaEntries(catalog);
    return;
  }
  for (const table of new Set(known.values())) yield* table.columns.map(columnEntry);
  yield* catalog.functions.map((one) => ({
    text: `${one.name}(`,
    label: one.name,
    kind: "function",
    detail: one.kind,
  }));
  yield* WORDS.map((word) => ({ text: word, label: word, kind: "word", detail: "" }));
  yield* tables;
}

function schemaEntries(catalog) {
  return [...new Set(catalog.tables.map((one) => one.schema))].map((schema) => ({
    text: named(schema),
    label: schema,
    kind: "schema",
    detail: "schema",
  }));
}

function columnEntry(column) {
  return { text: named(column.name), label: column.name, kind: "column", detail: column.type };
}

/** A name as Spark SQL takes it. */
export function named(name) {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

// Beginnings before middles; of equals, in the order found. Each name once.
function ranked(entries, prefix) {
  const seen = new Set();
  const ranks = entries
    .map((entry, place) => ({ entry, place, rank: rankOf(entry.label.toLowerCase(), prefix) }))
    .filter(
      ({ entry, rank }) =>
        rank < 3 && !seen.has(`${entry.kind} ${entry.text}`) && seen.add(`${entry.kind} ${entry.text}`),
    );
  ranks.sort((one, other) => one.rank - other.rank || one.place - other.place);
  return ranks.slice(0, MOST).map(({ entry }) => entry);
}

function rankOf(label, prefix) {
  if (label.startsWith(prefix)) return 0;
  if (label.split(/[._]/).some((part) => part.startsWith(prefix))) return 1;
  return prefix.length > 1 && label.includes(prefix) ? 2 : 3;
}
