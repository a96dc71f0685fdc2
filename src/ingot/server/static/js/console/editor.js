/** The editor of queries: CodeMirror with Spark's SQL, completion from the catalog, and marks of what is wrong. */
import { element } from "../dom.js";
import { completions } from "./completion.js";

const FOLDER = new URL("../../vendor/codemirror/", import.meta.url);
const ADDONS = ["sql.js", "show-hint.js", "matchbrackets.js", "closebrackets.js"];
let loading = null;

function script(name) {
  return new Promise((resolve, reject) => {
    document.head.append(
      element("script", {
        src: new URL(name, FOLDER),
        onLoad: resolve,
        onError: () => reject(new Error("the editor's script did not load")),
      }),
    );
  });
}

function whenLoaded() {
  loading ??= (async () => {
    for (const name of ["codemirror.css", "show-hint.css"])
      document.head.prepend(element("link", { rel: "stylesheet", href: new URL(name, FOLDER) }));
    await script("codemirror.js");
    await Promise.all(ADDONS.map(script));
  })();
  return loading;
}

export class Editor {
  /**
   * @param {HTMLElement} place
   * @param {{value: string, catalogOf: () => object|null, onRun: () => void, onChange: (text: string) => void}} wish
   */
  static async open(place, wish) {
    await whenLoaded();
    return new Editor(place, wish);
  }

  constructor(place, { value, catalogOf, onRun, onChange }) {
    this.catalogOf = catalogOf;
    this.marks = [];
    this.missed = null;
    this.hintsPart = element("div", { role: "region", "aria-label": "Completions" });
    place.replaceChildren();
    const { CodeMirror } = globalThis;
    this.mirror = CodeMirror(place, {
      value,
      mode: "text/x-sparksql",
      theme: "ingot",
      lineNumbers: true,
      lineWrapping: true,
      indentUnit: 2,
      matchBrackets: true,
      autoCloseBrackets: true,
      inputStyle: matchMedia("(pointer: coarse)").matches ? "contenteditable" : "textarea",
      screenReaderLabel:
        "Query in Spark SQL. Control Enter runs it, Control Space completes, Escape and then Tab leaves.",
      extraKeys: {
        "Ctrl-Enter": onRun,
        "Cmd-Enter": onRun,
        "Ctrl-Space": () => this.complete(false),
        Tab: false,
        "Shift-Tab": false,
        "Ctrl-/": "toggleComment",
      },
    });
    const field = this.mirror.getInputField();
    if (field.isContentEditable) {
      field.setAttribute("role", "textbox");
      field.setAttribute("aria-multiline", "true");
    }
    this.mirror.on("change", () => {
      this.unmark();
      onChange(this.text);
    });
    this.mirror.on("keydown", (_, event) => this.onKey(event));
    this.mirror.on("inputRead", (_, change) => this.onInput(change));
  }

  get text() {
    return this.mirror.getValue();
  }

  set text(value) {
    this.mirror.setValue(value);
  }

  /** What is chosen, if anything is. */
  get chosen() {
    return this.mirror.getSelection();
  }

  onKey(event) {
    this.missed = null;
    // Hints follow what is written a frame later and take no keys until then: a quick Tab would leave the editor.
    const hints = this.mirror.state.completionActive;
    if (event.key === "Tab" && hints?.data && hints.data.to.ch !== this.mirror.getCursor().ch) hints.update();
  }

  onInput(change) {
    if (this.mirror.state.completionActive || change.origin !== "+input") return;
    const written = change.text[change.text.length - 1];
    const token = this.mirror.getTokenAt(this.mirror.getCursor());
    if (/string|comment|number/.test(token.type ?? "")) return;
    if (written === "." || (/^[\p{L}_]$/u.test(written) && token.string.trim().length > 1)) this.complete(true);
  }

  complete(isQuiet) {
    const catalog = this.catalogOf();
    if (!catalog) {
      this.missed = this.mirror.getCursor();
      return;
    }
    this.mirror.showHint({
      completeSingle: !isQuiet,
      hint: (mirror) => this.named(hintsOf(mirror, catalog)),
      customKeys: isQuiet ? quietKeys() : null,
      closeCharacters: /[\s()[\]{};:>,]/,
    });
  }

  // The list of hints gets a name, and a part of the page that has one, which CodeMirror does not give it.
  named(hints) {
    const { CodeMirror } = globalThis;
    CodeMirror.on(hints, "shown", () => {
      const list = this.mirror.state.completionActive.widget.hints;
      list.setAttribute("aria-label", "Completions");
      this.hintsPart.replaceChildren(list);
      document.body.append(this.hintsPart);
    });
    CodeMirror.on(hints, "close", () => this.hintsPart.remove());
    return hints;
  }

  /** The catalog is there: who waits where something was to complete gets it now. */
  completeLate() {
    const here = this.mirror.getCursor();
    if (this.missed && this.missed.line === here.line && this.missed.ch === here.ch) this.complete(true);
    this.missed = null;
  }

  closeHints() {
    this.missed = null;
    this.mirror.closeHint?.();
  }

  /** Mark a place (lines and columns from 1) with a message. @param {number} line @param {number|null} column @param {string} message @returns {string|null} the place in words */
  mark(line, column, message) {
    this.unmark();
    const text = this.mirror.getLine(line - 1);
    if (text === undefined) return null;
    const [begin, end] = column ? wordAt(text, column - 1) : [text.length - text.trimStart().length, text.length];
    const from = { line: line - 1, ch: begin < end ? begin : 0 };
    const to = { line: line - 1, ch: begin < end ? end : text.length };
    this.marks = [this.mirror.markText(from, to, { className: "cm-fault", attributes: { title: message } })];
    this.fault = this.mirror.addLineClass(line - 1, "wrap", "cm-fault-line");
    return `line ${line}${column ? `, column ${begin + 1}` : ""}`;
  }

  /** Mark the first place where a word stands. */
  markWord(word, message) {
    const lines = this.text.split("\n");
    for (const [index, line] of lines.entries()) {
      const column = line
        .toLowerCase()
        .search(
          new RegExp(
            `(?<![\\p{L}\\p{N}_])${RegExp.escape?.(word.toLowerCase()) ?? word.toLowerCase().replace(/[^\p{L}\p{N}_]/gu, "\\$&")}(?![\\p{L}\\p{N}_])`,
            "u",
          ),
        );
      if (column >= 0) return this.mark(index + 1, column + 1, message);
    }
    return null;
  }

  unmark() {
    for (const mark of this.marks) mark.clear();
    this.marks = [];
    if (this.fault) this.mirror.removeLineClass(this.fault, "wrap", "cm-fault-line");
    this.fault = null;
  }

  focus() {
    this.mirror.focus();
  }

  refresh() {
    this.mirror.refresh();
  }
}

// The word that begins at a place, quoted or not, or the one character there.
function wordAt(text, place) {
  const [word] = /^(?:`[^`]*`|'[^']*'|[\p{L}\p{N}_]+)?/u.exec(text.slice(place));
  return [place, Math.min(text.length, place + Math.max(1, word.length))];
}

// While one types, Enter makes a new line, unless the arrows have chosen something.
function quietKeys() {
  let hasMoved = false;
  const move = (step) => (_, handle) => {
    hasMoved = true;
    handle.moveFocus(step);
  };
  return {
    Up: move(-1),
    Down: move(1),
    PageUp: move(-8),
    PageDown: move(8),
    Tab: (_, handle) => handle.pick(),
    Esc: (_, handle) => handle.close(),
    Enter: (mirror, handle) => {
      if (hasMoved) return handle.pick();
      handle.close();
      return mirror.execCommand("newlineAndIndent");
    },
  };
}

function hintsOf(mirror, catalog) {
  const cursor = mirror.getCursor();
  const { from, list } = completions(mirror.getValue(), mirror.indexFromPos(cursor), catalog);
  const render = (node, _, entry) =>
    node.append(
      element("span", { class: `hint-kind hint-${entry.kind}` }, entry.kind.slice(0, 1)),
      element("span", { class: "hint-name" }, entry.label),
      element("span", { class: "hint-detail" }, entry.detail),
    );
  return {
    from: mirror.posFromIndex(from),
    to: cursor,
    list: list.map((entry) => ({
      text: entry.text,
      label: entry.label,
      kind: entry.kind,
      detail: entry.detail,
      render,
    })),
  };
}
