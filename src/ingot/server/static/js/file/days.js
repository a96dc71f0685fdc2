/** Days and clocks as text, `2024-01-31` and `2024-01-31T12:00:00.000000`, which sort as they follow each other. Pure. */

const DAY_MS = 86400000;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Whether a text is a day that there is. */
export function isDay(text) {
  return typeof text === "string" && DAY.test(text) && dayText(millisOf(text)) === text;
}

/** A point in time: its clock, and the zone that it names, if any; null for what is none. */
export function parsedTime(text) {
  if (isDay(text)) return { clock: `${text}T00:00:00.000000`, zone: null };
  const found = TIME.exec(String(text).trim());
  if (!found || !isDay(found[1]) || Number(found[2]) > 23 || Number(found[3]) > 59 || Number(found[4] ?? 0) > 59) return null;
  return { clock: `${found[1]}T${found[2]}:${found[3]}:${found[4] ?? "00"}.${(found[5] ?? "").padEnd(6, "0")}`, zone: found[6] ?? null };
}

/** The clock of UTC at a point in time that names its zone. */
export function utcClock({ clock, zone }) {
  if (zone === "Z") return clock;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(-2)].map(Number);
  return movedClock(clock, -(zone[0] === "-" ? -1 : 1) * (hours * 60 + minutes));
}

/** A clock so many minutes later. */
export function movedClock(clock, minutes) {
  return `${new Date(Date.parse(`${clock.slice(0, 19)}Z`) + minutes * 60000).toISOString().slice(0, 19)}${clock.slice(19)}`;
}

/** A day so many days later. */
export function nextDay(day, count = 1) {
  return dayText(millisOf(day) + count * DAY_MS);
}

/** The day so many units before; the last of the month where that month is shorter. */
export function back(day, count, unit) {
  if (unit === "day" || unit === "week") return before(day, count * (unit === "week" ? 7 : 1));
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 - count * { month: 1, quarter: 3, year: 12 }[unit];
  const [year, month] = [Math.floor(months / 12), (months % 12) + 1];
  if (year < 1) return FIRST;
  const last = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  const days = month === 2 && !isLeap(year) ? 28 : last;
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(Math.min(Number(day.slice(8, 10)), days)).padStart(2, "0")}`;
}

const FIRST = "0001-01-01";

function before(day, days) {
  const found = millisOf(day) - days * DAY_MS;
  return found < millisOf(FIRST) ? FIRST : dayText(found);
}

function isLeap(year) {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function millisOf(day) {
  return Date.parse(`${day}T00:00:00Z`);
}

function dayText(millis) {
  return Number.isNaN(millis) ? "" : new Date(millis).toISOString().slice(0, 10);
}
