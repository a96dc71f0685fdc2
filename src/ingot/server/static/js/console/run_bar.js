/** In the top bar: how the update stands that runs, with the button that stops it; else the button that starts one. */
import { element, icon, iconButton } from "../dom.js";
import { openMenu } from "../menu.js";
import { button } from "./parts.js";
import { durationText, secondsBetween } from "./words.js";

const TICK_MS = 1000;

export class RunBar {
  /** @param {object} context of the console */
  constructor(context) {
    Object.assign(this, context);
    this.node = element("div", { class: "run-bar" });
    this.start = button("Run", () => this.run(), { kind: "button-primary", shape: "play" });
    this.more = iconButton("chevron", "More ways to run", () => openMenu(this.more, this.entries(), "Run"), {
      class: "button button-primary run-more",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    });
    this.stopButton = button("Stop", () => this.actions.stop(), { shape: "stop" });
    this.text = element("a", { class: "run-state", href: "/console/updates" });
    this.starters = element("span", { class: "run-start" }, this.start, this.more);
    this.lost = element(
      "span",
      { class: "badge badge-bad", hidden: true },
      icon("warning"),
      element("span", {}, "No connection"),
    );
    this.now.listen(() => this.draw());
    setInterval(() => this.now.isRunning && this.draw(), TICK_MS);
    this.draw();
  }

  entries() {
    const entries = [{ label: "Bring all tables up to date", action: () => this.run() }];
    if (this.actions.canReset)
      entries.push("line", {
        label: "Full refresh of everything…",
        action: () => this.goToUpdate(this.actions.fullRefreshAll()),
      });
    return entries;
  }

  run() {
    this.start.disabled = true;
    this.goToUpdate(this.actions.refresh()).finally(() => (this.start.disabled = false));
  }

  draw() {
    const { update, isRunning, isConnected } = this.now;
    this.lost.hidden = isConnected !== false;
    this.show(isRunning ? [this.lost, this.text, this.stopButton] : [this.lost, this.starters], isRunning);
    if (!isRunning) return;
    const ended = update.flows.filter((flow) => !["QUEUED", "STARTING", "RUNNING"].includes(flow.status)).length;
    this.text.href = `/console/updates/${encodeURIComponent(update.id)}`;
    this.text.setAttribute("aria-label", "The update that runs");
    this.text.replaceChildren(
      element("span", { class: "spinner", "aria-hidden": "true" }),
      element(
        "span",
        { class: "number" },
        `${ended ? `${ended} done · ` : ""}${durationText(secondsBetween(update.started))}`,
      ),
    );
  }

  show(nodes, isRunning) {
    if (this.wasRunning === isRunning) return;
    this.wasRunning = isRunning;
    this.node.replaceChildren(...nodes);
  }
}
