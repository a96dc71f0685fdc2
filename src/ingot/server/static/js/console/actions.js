/** What readers do to updates: start, stop, refresh, full refresh. Everything that cannot be taken back asks first. */
import { sendJson } from "../api.js";
import { element, toast } from "../dom.js";
import { confirmed } from "./dialogs.js";
import { counted } from "./words.js";

export class Actions {
  /** @param {string} role @param {import("./now.js").Now} now @param {string} project */
  constructor(role, now, project) {
    Object.assign(this, { now, project, isBeginning: false });
    this.canReset = role === "admin";
  }

  /** Bring everything up to date, or only these tables. @param {string[]} names */
  refresh(names = []) {
    return this.begin({ refresh: names }, names.length ? `Refreshing ${listText(names)}` : "The update has begun");
  }

  /** @param {{id: string, kind: string, rows?: number|null}[]} nodes */
  async fullRefresh(nodes) {
    const streaming = nodes.filter((node) => node.kind === "streaming_table");
    const rows = streaming.reduce((sum, node) => sum + (node.rows ?? 0), 0);
    const body = [
      element(
        "p",
        {},
        nodes.length === 1
          ? `All rows of ${nodes[0].id} are computed again from the beginning.`
          : `All rows of ${nodes.length} tables are computed again from the beginning:`,
      ),
      nodes.length > 1 &&
        element("ul", { class: "question-names" }, ...nodes.map((node) => element("li", { class: "mono" }, node.id))),
      streaming.length > 0 &&
        element(
          "div",
          { class: "notice notice-bad" },
          element("strong", {}, "This may lose rows"),
          element(
            "p",
            {},
            `${counted(rows, "row")} of ${streaming.length === 1 ? streaming[0].id : counted(streaming.length, "streaming table")}, and how far each source was read, are dropped. Only what the sources still hold comes back: rows of files that were deleted since are lost.`,
          ),
        ),
    ].filter(Boolean);
    const typed = nodes.length === 1 ? nodes[0].id : this.project;
    if (!(await confirmed({ title: "Full refresh", body, confirm: "Full refresh", isDangerous: true, typed })))
      return null;
    return this.begin(
      { full_refresh: nodes.map((node) => node.id) },
      `Full refresh of ${listText(nodes.map((node) => node.id))} has begun`,
    );
  }

  async fullRefreshAll() {
    const body = [
      element("p", {}, "Every table of the project is computed again from the beginning."),
      element(
        "div",
        { class: "notice notice-bad" },
        element("strong", {}, "This may lose rows"),
        element(
          "p",
          {},
          "All streaming tables are emptied, and forget how far their sources were read. Only what the sources still hold comes back: rows of files that were deleted since are lost.",
        ),
      ),
    ];
    if (
      !(await confirmed({
        title: "Full refresh of everything",
        body,
        confirm: "Full refresh of everything",
        isDangerous: true,
        typed: this.project,
      }))
    )
      return null;
    return this.begin({ full_refresh_all: true }, "The full refresh has begun");
  }

  async stop() {
    const body = [
      element(
        "p",
        {},
        "The update ends after what it is doing. Tables that are done stay as they are; the others keep their last state.",
      ),
    ];
    if (!(await confirmed({ title: "Stop the update?", body, confirm: "Stop", isDangerous: true }))) return;
    try {
      await sendJson("/updates/current/stop", {});
      toast("The update is stopping");
    } catch (error) {
      toast(error.message, true);
    }
    this.now.ask();
  }

  // One at a time: the second click of a double click asks for nothing.
  async begin(selection, said) {
    if (this.isBeginning) return null;
    this.isBeginning = true;
    try {
      const { update } = await sendJson("/updates", selection);
      toast(said);
      this.now.ask();
      return update;
    } catch (error) {
      toast([error.message, error.hint].filter(Boolean).join(": "), true);
      return null;
    } finally {
      this.isBeginning = false;
    }
  }
}

function listText(names) {
  return names.length > 2 ? `${names.length} tables` : names.join(" and ");
}
