/** Sources: what each of them has landed, and the files of one. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import {
  backNode,
  emptyNode,
  headNode,
  pagerNode,
  placeNode,
  stateNode,
  tableNode,
  timeNode,
  waitingNode,
} from "./parts.js";
import { whenLetGo } from "./pressed.js";
import { counted, countText, sizeText } from "./words.js";

const PAGE = 100;
const STAMP = 12;

/** @param {HTMLElement} root @param {object} place @param {object} context */
export function open(root, place, context) {
  const view = place.parts.length ? new SourceView(root, place.parts[0], context) : new SourcesView(root, context);
  return { close: () => view.close() };
}

class SourcesView {
  constructor(root, { now }) {
    this.now = now;
    this.facts = element("span", {}, " ");
    this.body = element("div", {}, waitingNode(5));
    root.append(headNode("Sources", { below: [this.facts] }), this.body);
    this.stopListening = now.listen(() => this.onNews());
    this.load();
  }

  async load() {
    try {
      ({ sources: this.sources } = await getJson("/sources"));
      if (!this.isClosed) this.draw();
    } catch (error) {
      if (!this.isClosed) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  // While sources are landed their states come with the update; what has landed is asked when it ends.
  onNews() {
    if (!this.sources) return;
    if (this.wasRunning && !this.now.isRunning) this.load();
    this.wasRunning = this.now.isRunning;
    whenLetGo(this.body, () => this.draw());
  }

  draw() {
    const { sources } = this;
    if (!sources.length) {
      this.body.replaceChildren(
        emptyNode("This project has no sources", [
          "Name one under ",
          element("code", {}, "sources:"),
          " in ",
          element("code", {}, "ingot.yml"),
          ": a folder, a web address, an API or a database. Each update lands what is new there.",
        ]),
      );
      return;
    }
    this.facts.textContent = [
      counted(sources.length, "source"),
      counted(
        sources.reduce((sum, one) => sum + one.files, 0),
        "file",
      ),
      sizeText(sources.reduce((sum, one) => sum + one.size, 0)),
    ].join(" · ");
    this.body.replaceChildren(
      element("ul", { class: "source-cards" }, ...sources.map((source) => this.cardNode(source))),
    );
  }

  cardNode(source) {
    const run = this.now.runOf({ kind: "source", name: source.name });
    const error = run?.error ?? source.error;
    const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
    return element(
      "li",
      { class: "card source-card" },
      element(
        "div",
        { class: "source-head" },
        element("h2", {}, element("a", { href: `/console/sources/${encodeURIComponent(source.name)}` }, source.name)),
        element("span", { class: "badge" }, source.kind ?? "no longer defined"),
        element("span", { class: "spacer" }),
        stateNode(run?.status ?? source.status),
      ),
      element(
        "dl",
        { class: "facts facts-tiles" },
        fact("Files", countText(source.files)),
        fact("Size", sizeText(source.size)),
        fact("Last landed", timeNode(source.landed_at)),
      ),
      element(
        "p",
        { class: "muted small source-foot" },
        placeNode(source),
        source.depends_on.length > 0 && ` after ${source.depends_on.join(", ")}`,
      ),
      error && errorNode(error),
    );
  }

  close() {
    this.isClosed = true;
    this.stopListening();
  }
}

class SourceView {
  constructor(root, name, { now, project }) {
    Object.assign(this, { name, now, offset: 0, pages: new Newest() });
    this.facts = element("span", {}, " ");
    this.body = element("div", { class: "table-part" }, waitingNode());
    root.append(
      headNode(name, {
        above: backNode("/console/sources", "All sources"),
        below: [this.facts],
        actions: [
          element(
            "a",
            { class: "button", href: `/console/graph?node=${encodeURIComponent(`source:${name}`)}` },
            "Graph",
          ),
        ],
      }),
      this.body,
    );
    document.title = `${name} · ${project} · Ingot`;
    this.stopListening = now.listen(() => {
      if (this.wasRunning && !now.isRunning) this.load();
      this.wasRunning = now.isRunning;
    });
    this.load();
  }

  async load() {
    const isNewest = this.pages.begin();
    const { offset } = this;
    try {
      const { files, count } = await getJson(
        `/sources/${encodeURIComponent(this.name)}/files?limit=${PAGE}&offset=${offset}`,
      );
      if (!isNewest()) return;
      this.facts.textContent = counted(count, "landed file");
      const error = this.now.runOf({ kind: "source", name: this.name })?.error;
      if (!count) {
        this.body.replaceChildren(
          error ? errorNode(error) : "",
          emptyNode("Nothing has landed yet", "The next update lands what the source holds."),
        );
        return;
      }
      const hasResources = files.some((file) => file.resource);
      const columns = [
        { label: "File" },
        hasResources && { label: "Of" },
        { label: "Size", isNumber: true },
        { label: "Landed" },
        { label: "From" },
        { label: "Changed there" },
        { label: "SHA-256" },
      ].filter(Boolean);
      this.body.replaceChildren(
        error ? errorNode(error) : "",
        tableNode(
          "Landed files",
          columns,
          files.map((file) => fileRow(file, hasResources)),
        ),
        pagerNode(
          { offset, count: files.length, total: count, hasMore: offset + files.length < count },
          PAGE,
          (offset) => this.go(offset),
        ),
      );
    } catch (error) {
      if (isNewest()) this.body.replaceChildren(errorNode(error, () => this.load()));
    }
  }

  go(offset) {
    this.offset = offset;
    this.load();
  }

  close() {
    this.pages.end();
    this.stopListening();
  }
}

function fileRow(file, hasResources) {
  const changed =
    file.last_modified && !Number.isNaN(Date.parse(file.last_modified))
      ? timeNode(new Date(file.last_modified).toISOString())
      : "–";
  const more = [
    file.query && `query: ${file.query}`,
    file.cursor !== null && `up to ${file.cursor}`,
    file.page !== null && `page ${file.page}`,
  ]
    .filter(Boolean)
    .join("\n");
  return element(
    "tr",
    {},
    element(
      "th",
      { scope: "row", class: "mono", title: [file.name, more].filter(Boolean).join("\n") },
      file.name,
      !file.is_complete &&
        element(
          "span",
          { class: "badge badge-warn", title: "The reading broke off after this file; the next update goes on" },
          "goes on",
        ),
    ),
    hasResources && element("td", {}, file.resource ?? "–"),
    element("td", { class: "is-number" }, sizeText(file.bytes)),
    element("td", {}, timeNode(file.landed_at)),
    element("td", { class: "source-url", title: file.url }, file.url ?? "–"),
    element("td", {}, changed),
    element("td", { class: "mono muted", title: file.sha256 }, file.sha256 ? file.sha256.slice(0, STAMP) : "–"),
  );
}
