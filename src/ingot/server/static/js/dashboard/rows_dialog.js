/** The rows behind a visual or behind one of its marks: pages of rows, and files of all of them. */
import { element, iconButton } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Newest } from "../newest.js";
import { TableView } from "./table_view.js";

const PAGE_ROWS = 100;
const FILE_ROWS = 5000; // as many as the API gives at once

export class RowsDialog {
  /**
   * @param {object} question {page, visual, filters, point} of the API
   * @param {string} title
   * @param {{rows: Function, save: Function}} source
   * @param {() => object} lookOf
   */
  constructor(question, title, source, lookOf) {
    Object.assign(this, { question, source, lookOf, offset: 0, pages: new Newest() });
    this.body = element("div", { class: "dialog-body dialog-rows", "aria-live": "polite" });
    this.count = element("span", { class: "muted small number" });
    this.said = element("span", { class: "small", role: "status" }); // of files: the page behind is not looked at
    const turner = (label, step) =>
      element(
        "button",
        { type: "button", class: "button", disabled: true, onClick: () => this.load(this.offset + step) },
        label,
      );
    this.previous = turner("Previous", -PAGE_ROWS);
    this.next = turner("Next", PAGE_ROWS);
    const save = (format, label) =>
      element("button", { type: "button", class: "button", onClick: () => this.save(format) }, label);
    this.node = element(
      "dialog",
      { class: "dialog", "aria-label": title, onClose: () => this.onClose() },
      element(
        "div",
        { class: "dialog-head" },
        element("h2", {}, title),
        iconButton("close", "Close", () => this.node.close()),
      ),
      this.body,
      element(
        "div",
        { class: "dialog-foot" },
        this.count,
        this.said,
        element("span", { class: "spacer" }),
        save("csv", "CSV"),
        save("xlsx", "Excel"),
        this.previous,
        this.next,
      ),
    );
  }

  open() {
    document.body.append(this.node);
    this.node.showModal();
    this.load(0);
  }

  onClose() {
    this.pages.end();
    this.table?.dispose();
    this.node.remove();
  }

  // From the page that is shown, whatever is on its way: a double click goes one page, and the newest wish counts.
  async load(offset) {
    const isNewest = this.pages.begin();
    if (!this.table)
      this.body.replaceChildren(...Array.from({ length: 9 }, () => element("div", { class: "skeleton skeleton-row" })));
    try {
      const data = await this.source.rows({ ...this.question, limit: PAGE_ROWS, offset, format: "json" });
      if (!isNewest()) return;
      if (data.error) throw data.error;
      this.offset = offset;
      this.show(data);
    } catch (error) {
      if (!isNewest()) return;
      this.table?.dispose();
      this.table = null;
      this.body.replaceChildren(errorNode(error));
    }
  }

  show(data) {
    this.table?.dispose();
    this.table = new TableView({ title: "Rows", rules: {} }, {});
    this.body.replaceChildren(this.table.node);
    this.table.show({ ...data, totals: null }, this.lookOf);
    this.table.node.scrollTop = 0;
    const last = this.offset + data.rows.length;
    const more = data.is_truncated || data.has_more || (data.row_count ?? 0) > last;
    const total =
      data.row_count !== undefined &&
      data.row_count !== null &&
      data.row_count >= last &&
      data.row_count !== data.rows.length
        ? ` of ${data.row_count.toLocaleString()}`
        : "";
    this.count.textContent = data.rows.length
      ? `Rows ${(this.offset + 1).toLocaleString()} to ${last.toLocaleString()}${total}`
      : "No rows";
    this.previous.disabled = this.offset === 0;
    this.next.disabled = !more;
  }

  async save(format) {
    const asked = { ...this.question, format, limit: FILE_ROWS };
    try {
      this.said.textContent = await this.source.save("rows", asked, `${this.question.visual}-rows.${format}`);
    } catch (error) {
      this.said.textContent = error.message;
    }
  }
}
