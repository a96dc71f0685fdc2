/**
 * The newest update as it is now, whoever started it, and what tables have changed; told to all views.
 * News come by server-sent events; what they mean is asked of the API, at most once in a while.
 */
import { getJson } from "../api.js";
import { Live } from "../live.js";
import { shortName } from "./words.js";

const PAUSE_MS = 350;

export class Now {
  constructor() {
    this.update = null;
    this.isConnected = null;
    this.listeners = new Set();
    this.live = new Live({
      onHello: ({ update }) => update && this.ask(),
      onUpdate: () => this.ask(),
      onTables: (versions) => this.tell({ versions }),
      onState: (isConnected) => {
        this.isConnected = isConnected;
        this.tell({});
      },
    });
    addEventListener("pagehide", () => this.live.stop());
  }

  /** @param {(news: {versions?: object}) => void} listener @returns {() => void} to listen no more */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get isRunning() {
    return this.update?.state === "RUNNING";
  }

  /** What the newest update did with a dataset or a source. @param {{id: string, name: string, kind: string}} node */
  runOf(node) {
    return this.runs?.get(node.kind === "source" ? `source:${node.name}` : node.id) ?? null;
  }

  /** Ask how the update stands, soon; many calls are one question. */
  ask() {
    this.isWanted = true;
    if (!this.asking) this.asking = this.answer().finally(() => (this.asking = null));
    return this.asking;
  }

  async answer() {
    while (this.isWanted) {
      this.isWanted = false;
      try {
        this.update = await getJson("/updates/current");
        const { sources, flows } = this.update;
        this.runs = new Map([
          ...sources.map((run) => [`source:${run.name}`, run]),
          ...flows.map((run) => [shortName(run.name), run]),
        ]);
      } catch {
        // the connection is lost, which the live stream tells; once it is back, it says so
      }
      this.tell({});
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  tell(news) {
    for (const listener of [...this.listeners]) listener(news);
  }
}
