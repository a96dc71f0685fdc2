/**
 * Asks for the answers of a page. One request for each set of filters; answers of older clicks are dropped.
 * What a visual already shows is not asked for again, unless its tables have new rows.
 */
import { filtersFor, ownOf } from "./filters.js";

export class Asker {
  /** @param {(body: object, signal: AbortSignal) => Promise<object>} ask the source's `data` */
  constructor(ask) {
    this.ask = ask;
    this.shown = new Map(); // "visual role" → key of the question that it answers
    this.kept = new Map(); // the same → the answer
    this.versions = {};
    this.asOf = null;
    this.aborter = null;
  }

  /**
   * @param {object} page
   * @param {object} view
   * @param {{onStart: (ids: string[]) => void, onAnswer: (id: string, answer: object, base: object|null) => void, onKept: (id: string) => void, onError: (ids: string[], error: Error) => void}} listeners
   */
  async update(page, view, listeners) {
    this.aborter?.abort();
    this.aborter = new AbortController();
    const { signal } = this.aborter;
    const wants = page.visuals.flatMap((visual) => wantsOf(page, view, visual));
    this.forget(wants);
    const missing = wants.filter((want) => this.shown.get(want.slot) !== want.key);
    listeners.onStart([...new Set(missing.map((want) => want.id))]);
    const settled = new Set(missing.map((want) => want.id));
    page.visuals.filter((visual) => !settled.has(visual.id)).forEach((visual) => listeners.onKept(visual.id));
    await Promise.all(groupsOf(missing).map((group) => this.askGroup(page, group, wants, signal, listeners)));
  }

  async askGroup(page, group, wants, signal, listeners) {
    const ids = group.map((want) => want.id);
    const own = Object.fromEntries(
      group.filter((want) => Object.keys(want.own).length).map((want) => [want.id, want.own]),
    );
    try {
      const answer = await this.ask({ page: page.name, visuals: ids, filters: group[0].filters, own }, signal);
      if (signal.aborted) return;
      Object.assign(this.versions, answer.versions);
      if (answer.as_of && (!this.asOf || answer.as_of > this.asOf)) this.asOf = answer.as_of;
      for (const want of group) this.take(want, answer.visuals[want.id]);
      for (const id of ids) if (this.isComplete(id, wants)) this.deliver(id, listeners);
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") return;
      listeners.onError(ids, error);
    }
  }

  take(want, answer) {
    if (!answer) return;
    this.kept.set(want.slot, answer);
    if (!answer.error) this.shown.set(want.slot, want.key);
    else this.shown.delete(want.slot);
  }

  isComplete(id, wants) {
    return wants
      .filter((want) => want.id === id)
      .every((want) => this.shown.get(want.slot) === want.key || this.kept.get(want.slot)?.error);
  }

  deliver(id, listeners) {
    const answer = this.kept.get(`data ${id}`);
    if (answer) listeners.onAnswer(id, answer, this.kept.get(`base ${id}`) ?? null);
  }

  // A base belongs to a highlight; when that is over it must not be drawn.
  forget(wants) {
    const slots = new Set(wants.map((want) => want.slot));
    for (const slot of [...this.kept.keys()]) {
      if (slots.has(slot)) continue;
      this.kept.delete(slot);
      this.shown.delete(slot);
    }
  }

  /**
   * Marks answers as old whose tables have a new version.
   * @param {Record<string, number>} versions
   * @returns {boolean} whether anything is to be asked again
   */
  expire(versions) {
    const changed = Object.keys(versions).filter(
      (table) => table in this.versions && this.versions[table] !== versions[table],
    );
    if (!changed.length) return false;
    for (const [slot, answer] of this.kept) {
      if (!answer.tables || answer.tables.some((table) => changed.includes(table))) this.shown.delete(slot);
    }
    changed.forEach((table) => (this.versions[table] = versions[table]));
    return true;
  }

  clear() {
    this.aborter?.abort();
    this.shown.clear();
    this.kept.clear();
  }
}

function wantsOf(page, view, visual) {
  const { filters, base } = filtersFor(page, view, visual);
  const own = ownOf(view, visual);
  const want = (role, list) => ({
    id: visual.id,
    slot: `${role} ${visual.id}`,
    filters: list,
    own,
    key: JSON.stringify([list, own]),
  });
  return base ? [want("data", filters), want("base", base)] : [want("data", filters)];
}

function groupsOf(wants) {
  const groups = new Map();
  for (const want of wants) {
    const key = JSON.stringify(want.filters);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(want);
  }
  return [...groups.values()];
}
