/** Queries: the editor, what a query gives, saved queries and those of this session. */
import { cutText, getJson, locationText, request, saveBlob, sendJson } from "../api.js";
import { announce, element, icon, toast } from "../dom.js";
import { errorNode } from "../error_node.js";
import { openMenu } from "../menu.js";
import { Newest } from "../newest.js";
import { DataGrid } from "./data_grid.js";
import { asked, confirmed } from "./dialogs.js";
import { Editor } from "./editor.js";
import { button, emptyNode, headNode } from "./parts.js";
import { canDraw, ResultChart } from "./result_chart.js";
import { counted, durationText } from "./words.js";

const DRAFT = "ingot-query";
const PAST = "ingot-queries";
const PAST_MAX = 30;
const LIMITS = [100, 1000, 10000];

/** @param {HTMLElement} root @param {object} place @param {object} context */
export function open(root, place, context) {
  const view = new SqlView(root, place, context);
  return { close: () => view.close() };
}

class SqlView {
  constructor(root, place, context) {
    Object.assign(this, { context, limit: 1000, way: "table", saved: null, menus: new Newest(), texts: new Newest() });
    this.run = button("Run", () => this.start(), { kind: "button-primary", shape: "play", title: "Ctrl+Enter" });
    this.cancel = button("Cancel", () => this.abort?.abort(), { shape: "stop" });
    this.cancel.hidden = true;
    this.rowsMax = element(
      "select",
      {
        class: "input sql-limit",
        "aria-label": "Rows at most",
        onChange: (event) => (this.limit = Number(event.target.value)),
      },
      ...LIMITS.map((limit) =>
        element(
          "option",
          { value: String(limit), selected: limit === this.limit },
          `${limit.toLocaleString("en")} rows`,
        ),
      ),
    );
    this.savedButton = this.menuButton("Saved", () => this.savedEntries());
    this.pastButton = this.menuButton("History", () => this.pastEntries());
    this.name = element("span", {}, "Spark SQL over the tables of the lake; read only");
    this.place = element("div", { class: "sql-editor card" }, element("div", { class: "skeleton sql-editor-waiting" }));
    this.result = element("div", { class: "sql-result" });
    const tools = element(
      "div",
      { class: "sql-tools" },
      this.run,
      this.cancel,
      this.rowsMax,
      element("span", { class: "spacer" }),
      this.pastButton,
      this.savedButton,
    );
    root.append(headNode("SQL", { below: [this.name] }), this.place, tools, this.result);
    this.result.replaceChildren(
      emptyNode("Ask something", [
        "Write a query and press ",
        element("kbd", {}, "Ctrl"),
        "+",
        element("kbd", {}, "Enter"),
        ". Names complete as you type.",
      ]),
    );
    this.setReady(false);
    this.begin(place);
  }

  // Before the editor is there, there is no text to run, to save or to replace.
  setReady(isReady) {
    for (const node of [this.run, this.savedButton, this.pastButton]) node.disabled = !isReady;
  }

  menuButton(label, entriesOf) {
    const node = button(label, async () => {
      const isNewest = this.menus.begin();
      const entries = await entriesOf();
      if (isNewest()) openMenu(node, entries, label);
    });
    node.setAttribute("aria-haspopup", "menu");
    node.setAttribute("aria-expanded", "false");
    node.append(icon("chevron"));
    return node;
  }

  async begin({ params }) {
    getJson("/catalog").then(
      (catalog) => {
        this.catalog = catalog;
        this.editor?.completeLate();
      },
      () => {}, // then nothing completes
    );
    const given = params.get("sql");
    const name = params.get("query");
    try {
      const saved = name ? await getJson(`/queries/${encodeURIComponent(name)}`) : null;
      const value = saved?.sql ?? given ?? kept(sessionStorage, DRAFT) ?? "";
      const editor = await Editor.open(this.place, {
        value,
        catalogOf: () => this.catalog,
        onRun: () => this.start(),
        onChange: (text) => keep(DRAFT, text),
      });
      if (this.isClosed) return;
      this.editor = editor;
      this.setReady(true);
      if (saved) this.setName(name);
      this.editor.focus();
      if (given || saved) this.start();
    } catch (error) {
      if (!this.isClosed) this.place.replaceChildren(errorNode(error, () => location.reload()));
    }
  }

  setName(name) {
    this.saved = name;
    this.name.textContent = name ? `Saved as ${name}` : "Spark SQL over the tables of the lake; read only";
  }

  // ── running ──
  async start() {
    const sql = (this.editor?.chosen.trim() || this.editor?.text || "").trim().replace(/;\s*$/, "");
    if (!sql || this.abort) return;
    this.offsetLine = this.editor.chosen.trim()
      ? this.editor.mirror.getCursor("from").line
      : leadingLines(this.editor.text);
    this.abort = new AbortController();
    this.setBusy(true);
    this.editor.closeHints();
    this.editor.unmark();
    const started = performance.now();
    try {
      const data = await sendJson("/query", { sql, limit: this.limit }, { signal: this.abort.signal });
      if (this.isClosed) return;
      remember(sql);
      this.sql = sql;
      this.show(data, (performance.now() - started) / 1000);
    } catch (error) {
      if (!this.isClosed) this.fail(error);
    } finally {
      this.abort = null;
      this.setBusy(false);
    }
  }

  setBusy(isBusy) {
    this.run.hidden = isBusy;
    this.cancel.hidden = !isBusy;
    this.result.setAttribute("aria-busy", String(isBusy));
    clearTimeout(this.slow);
    if (isBusy) this.slow = setTimeout(() => this.result.classList.add("is-slow"), 250);
    else this.result.classList.remove("is-slow");
  }

  fail(error) {
    this.closeResult();
    if (error.name === "AbortError") {
      this.result.replaceChildren(element("div", { class: "notice" }, element("p", {}, "The query was cancelled.")));
      return;
    }
    this.result.replaceChildren(errorNode({ ...factsOf(error), location: this.markFault(error) }));
    announce(error.message);
  }

  // Where the server tells no place, the first word that the message names is marked.
  markFault(error) {
    const place = /:(\d+)(?::(\d+))?$/.exec(locationText(error.location));
    if (place)
      return this.editor.mark(Number(place[1]) + this.offsetLine, place[2] ? Number(place[2]) : null, error.message);
    const word = /'([^']+)'/.exec(error.message)?.[1];
    return word ? this.editor.markWord(word, error.message) : null;
  }

  show(data, seconds) {
    this.closeResult();
    this.data = data;
    const canChart = canDraw(data);
    if (!canChart) this.way = "table";
    const choose = (way, label) =>
      element(
        "button",
        { type: "button", "aria-pressed": String(this.way === way), onClick: () => this.switchTo(way) },
        label,
      );
    this.ways = element(
      "div",
      { class: "segmented", role: "group", "aria-label": "Show as", hidden: !canChart },
      choose("table", "Table"),
      choose("chart", "Chart"),
    );
    const more = { rows: ", and more", bytes: ", and more than 64 MiB hold" }[data.truncated_by] ?? "";
    const text = `${counted(data.rows.length, "row")}${more} in ${durationText(seconds)}`;
    const tools = element(
      "div",
      { class: "sql-result-head" },
      element("p", { class: "number" }, text),
      element("span", { class: "spacer" }),
      this.ways,
      button("CSV", () => this.export(), { title: "All rows that the server gives, as a file" }),
    );
    this.stage = element("div", { class: "sql-stage" });
    this.result.replaceChildren(
      element("section", { class: "card sql-card", "aria-label": "Result" }, tools, this.stage),
    );
    announce(text);
    this.draw();
  }

  switchTo(way) {
    this.way = way;
    this.draw();
  }

  draw() {
    this.chart?.close();
    this.grid?.close();
    this.chart = this.grid = null;
    [...this.ways.children].forEach((node, place) =>
      node.setAttribute("aria-pressed", String((place === 1) === (this.way === "chart"))),
    );
    if (this.way === "chart") {
      this.chart = new ResultChart(this.data, this.choice);
      this.choice = this.chart.choice;
      this.stage.replaceChildren(this.chart.node);
    } else if (!this.data.rows.length) {
      this.stage.replaceChildren(element("p", { class: "sql-none muted" }, "No rows"));
    } else {
      this.grid = new DataGrid("Rows of the query");
      this.stage.replaceChildren(this.grid.node);
      this.grid.show(this.data);
    }
  }

  async export() {
    try {
      const response = await request("/query", {
        method: "POST",
        body: { sql: this.sql, limit: 10_000_000, formulas: "escape" },
        accept: "text/csv",
      });
      saveBlob(await response.blob(), `${this.saved ?? "query"}.csv`);
      const cut = cutText(response.headers);
      if (cut) toast(cut);
    } catch (error) {
      toast(error.message, true);
    }
  }

  closeResult() {
    this.chart?.close();
    this.grid?.close();
    this.chart = this.grid = null;
  }

  // ── saved queries, and those of this session ──
  async savedEntries() {
    const entries = [{ label: this.saved ? `Save ${this.saved}` : "Save…", action: () => this.save(this.saved) }];
    if (this.saved)
      entries.push(
        { label: "Save under another name…", action: () => this.save(null) },
        { label: `Delete ${this.saved}…`, action: () => this.remove() },
      );
    try {
      const { queries } = await getJson("/queries");
      if (queries.length)
        entries.push(
          "line",
          { group: "Saved queries" },
          ...queries.map((query) => ({
            label: query.name,
            isChecked: query.name === this.saved,
            action: () => this.load(query),
          })),
        );
    } catch (error) {
      toast(error.message, true);
    }
    return entries;
  }

  load(query) {
    this.texts.begin();
    this.editor.text = query.sql;
    this.setName(query.name);
    this.editor.focus();
  }

  async save(name) {
    const wanted =
      name ?? (await asked({ title: "Save the query", label: "Name", value: this.saved ?? "", confirm: "Save" }));
    if (!wanted) return;
    const isSame = this.texts.begin(); // another query may be loaded before this one is saved
    try {
      const { path } = await sendJson(
        `/queries/${encodeURIComponent(wanted)}`,
        { sql: this.editor.text },
        { method: "PUT" },
      );
      if (isSame()) this.setName(wanted);
      toast(`Saved as ${path}`);
    } catch (error) {
      toast([error.message, error.hint].filter(Boolean).join(": "), true);
    }
  }

  async remove() {
    const { saved } = this;
    if (
      !(await confirmed({
        title: "Delete the query?",
        body: [element("p", {}, "The file of ", element("strong", {}, saved), " is removed from the project.")],
        confirm: "Delete",
        isDangerous: true,
      }))
    )
      return;
    try {
      await request(`/queries/${encodeURIComponent(saved)}`, { method: "DELETE" });
      toast(`${saved} is deleted`);
      if (this.saved === saved) this.setName(null);
    } catch (error) {
      toast(error.message, true);
    }
  }

  pastEntries() {
    const past = pastQueries();
    if (!past.length) return [{ label: "Nothing yet", isDisabled: true, action: () => {} }];
    return past.map((sql) => ({
      label: sql.replace(/\s+/g, " ").slice(0, 70),
      action: () => this.load({ sql, name: null }),
    }));
  }

  close() {
    this.isClosed = true;
    this.menus.end();
    this.abort?.abort();
    clearTimeout(this.slow);
    this.closeResult();
  }
}

function factsOf(error) {
  return { code: error.code, message: error.message, location: error.location, hint: error.hint };
}

function leadingLines(text) {
  return text.slice(0, text.length - text.trimStart().length).split("\n").length - 1;
}

// Storage may be forbidden; then nothing is remembered.
function kept(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // then the draft lasts as long as the page
  }
}

function pastQueries() {
  try {
    return JSON.parse(kept(sessionStorage, PAST) ?? "[]");
  } catch {
    return [];
  }
}

function remember(sql) {
  keep(PAST, JSON.stringify([sql, ...pastQueries().filter((one) => one !== sql)].slice(0, PAST_MAX)));
}
