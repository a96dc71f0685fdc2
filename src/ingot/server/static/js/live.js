/**
 * What changes while a page is open: one connection of server-sent events, which mends itself.
 * Says when it is lost and found again; never polls.
 */

const RETRY_MS = [1000, 2000, 5000, 10000];
const HIDDEN_MS = 20000; // a browser opens six connections to a server: pages that nobody looks at let go of theirs

export class Live {
  /** @param {{onTables?: (versions: Record<string, number>) => void, onUpdate?: (event: object) => void, onState?: (isConnected: boolean) => void, onHello?: (facts: object) => void}} listeners */
  constructor(listeners) {
    this.listeners = listeners;
    this.failures = 0;
    this.isStopped = false;
    this.connect();
    addEventListener("online", () => this.reconnect());
    document.addEventListener("visibilitychange", () => this.seen(!document.hidden));
  }

  connect() {
    if (this.isStopped) return;
    const stream = new EventSource("/api/v1/live");
    this.stream = stream;
    stream.addEventListener("hello", (event) => {
      this.failures = 0;
      this.listeners.onState?.(true);
      const facts = parse(event.data);
      const versions = facts?.versions;
      if (facts) this.listeners.onHello?.(facts);
      if (versions) this.listeners.onTables?.(versions);
    });
    stream.addEventListener("open", () => this.listeners.onState?.(true));
    stream.addEventListener("tables", (event) => this.listeners.onTables?.(parse(event.data)?.versions ?? {}));
    stream.addEventListener("update", (event) => this.listeners.onUpdate?.(parse(event.data)));
    stream.addEventListener("error", () => this.lost(stream));
  }

  seen(isVisible) {
    clearTimeout(this.hiding);
    if (!isVisible) this.hiding = setTimeout(() => this.stream?.close(), HIDDEN_MS);
    else if (this.failures > 0 || this.stream?.readyState === EventSource.CLOSED) this.reconnect();
  }

  lost(stream) {
    if (stream !== this.stream) return;
    stream.close();
    this.listeners.onState?.(false);
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  reconnect() {
    clearTimeout(this.timer);
    this.stream?.close();
    this.connect();
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.hiding);
    this.stream?.close();
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
