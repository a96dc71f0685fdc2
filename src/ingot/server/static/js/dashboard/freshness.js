/** How old the data is, and whether the page still hears of changes. */
import { element } from "../dom.js";
import { ageText } from "../format.js";

const TICK_MS = 20000;

export class Freshness {
  /** @param {string} locale */
  constructor(locale) {
    this.locale = locale;
    this.dot = element("span", { class: "dot" });
    this.text = element("span", { class: "freshness-text" });
    this.node = element("span", { class: "freshness small", role: "status" }, this.dot, this.text);
    this.isConnected = null;
    this.asOf = null;
    setInterval(() => this.draw(), TICK_MS);
  }

  /** @param {{asOf?: string|null, isConnected?: boolean}} facts */
  set(facts) {
    Object.assign(this, facts);
    this.draw();
  }

  draw() {
    const age = this.asOf ? ageText(this.asOf, Date.now()) : "";
    const isLost = this.isConnected === false;
    const parts = isLost
      ? ["Connection lost", age && " · ", age && "data as of ", age]
      : ["", "", age && "Data as of ", age];
    const text = parts.join("");
    this.dot.className = `dot ${isLost ? "dot-bad" : this.isConnected ? "dot-good" : ""}`;
    this.dot.hidden = !text;
    if (this.text.textContent === text) return;
    const [lost, between, lead, told] = parts; // the lead is not seen on a phone
    this.text.replaceChildren(lost, between, element("span", { class: "freshness-lead" }, lead), told);
    this.node.title = this.asOf ? new Date(this.asOf).toLocaleString(this.locale) : "";
  }
}
