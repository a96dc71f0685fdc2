/**
 * Asks for the answers of a page. One request for each set of filters; answers of older clicks are dropped.
 * What a visual already shows is not asked for again, unless its tables have new rows. Knows what each visual shows, so
 * that a view that is come back to before its successor was answered is shown as it was.
 */
import { filtersFor, ownOf } from "./filters.js";

export class Asker {
  /** @param {(body: object, signal: AbortSignal) => Promise<object>} ask the source's `data` */
  constructor(ask) {
    this.ask = ask;
    this.answers = new Map(); // "role visual" → {key of its question, answer, versions of the tables it was read from}
    this.drawn = new Map(); // visual → the questions whose answers it shows
    this.meanwhile = {}; // versions that came while a question was on its way
    this.isAsking = false;
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
    this.meanwhile = {};
    const wants = page.visuals.flatMap((visual) => wantsOf(page, view, visual));
    this.forget(wants);
    const missing = wants.filter((want) => !this.holds(want) || this.answers.get(want.slot).answer.error);
    const waiting = new Set(missing.map((want) => want.id));
    listeners.onStart([...waiting]);
    page.visuals.filter(({ id }) => !waiting.has(id)).forEach(({ id }) => this.deliver(id, wants, listeners));
    this.isAsking = missing.length > 0;
    await Promise.all(groupsOf(missing).map((group) => this.askGroup(page, group, wants, signal, listeners)));
    if (signal.aborted) return;
    this.isAsking = false;
    if (this.drop(this.meanwhile)) await this.update(page, view, listeners);
  }

  async askGroup(page, group, wants, signal, listeners) {
    const ids = group.map((want) => want.id);
    const own = Object.fromEntries(
      group.filter((want) => Object.keys(want.own).length).map((want) => [want.id, want.own]),
    );
    try {
      const answer = await this.ask({ page: page.name, visuals: ids, filters: group[0].filters, own }, signal);
      if (signal.aborted) return;
      if (answer.as_of && (!this.asOf || answer.as_of > this.asOf)) this.asOf = answer.as_of;
      for (const { id, slot, key } of group)
        this.answers.set(slot, { key, answer: answer.visuals[id], versions: answer.versions ?? {} });
      for (const id of ids) this.deliver(id, wants, listeners);
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") return;
      ids.forEach((id) => this.drawn.delete(id));
      listeners.onError(ids, error);
    }
  }

  holds(want) {
    return this.answers.get(want.slot)?.key === want.key;
  }

  // A highlight and what it is drawn over come in two answers: nothing is told before both are there.
  deliver(id, wants, listeners) {
    const own = wants.filter((want) => want.id === id);
    if (!own.every((want) => this.holds(want))) return;
    const found = own.map((want) => this.answers.get(want.slot));
    const shown = this.drawn.get(id);
    if (shown?.length === found.length && shown.every((entry, place) => entry === found[place]))
      return listeners.onKept(id);
    this.drawn.set(id, found);
    listeners.onAnswer(id, found[0].answer, found[1]?.answer ?? null);
  }

  // A base belongs to a highlight; when that is over it must not be drawn.
  forget(wants) {
    const slots = new Set(wants.map((want) => want.slot));
    for (const slot of [...this.answers.keys()]) if (!slots.has(slot)) this.answers.delete(slot);
  }

  /**
   * Forgets answers whose tables have a new version; what is on its way is looked at when it comes.
   * @param {Record<string, number>} versions
   * @returns {boolean} whether anything is to be asked again
   */
  expire(versions) {
    if (this.isAsking) Object.assign(this.meanwhile, versions);
    return this.drop(versions);
  }

  drop(versions) {
    const old = [...this.answers].filter(([, entry]) => isOlder(entry, versions));
    old.forEach(([slot]) => this.answers.delete(slot));
    return old.length > 0;
  }

  clear() {
    this.aborter?.abort();
    this.isAsking = false;
    this.answers.clear();
    this.drawn.clear();
  }
}

// Each answer has versions of its own: a click asks for some visuals only, and those may have seen newer tables.
function isOlder({ answer, versions }, current) {
  return Object.keys(versions).some(
    (table) =>
      table in current && current[table] !== versions[table] && (!answer.tables || answer.tables.includes(table)),
  );
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
