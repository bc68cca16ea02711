// Numbers and times as people read them, and elements of the page. What libraries say of themselves gets into
// the page by here alone, as text.

const units = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

// duration of nanoseconds: three digits are enough.
export function duration(ns) {
  if (!ns) return "–";
  if (ns >= 60e9) return age(ns / 1e6);
  const [unit, size] = units.find(([, size]) => ns >= size) ?? units[3];
  const n = ns / size;
  return `${n >= 100 ? Math.round(n) : Number(n.toPrecision(n >= 10 ? 3 : 2))}\u00a0${unit}`;
}

// age of milliseconds, in its largest unit or two.
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s}\u00a0s`;
  if (s < 3600) return `${Math.floor(s / 60)}\u00a0min`;
  if (s < 86400) return `${Math.floor(s / 3600)}\u00a0h ${Math.floor((s % 3600) / 60)}\u00a0min`;
  return `${Math.floor(s / 86400)}\u00a0d ${Math.floor((s % 86400) / 3600)}\u00a0h`;
}

export function count(n) {
  if (n === undefined) return "–";
  if (n < 10 && n % 1) return n.toFixed(1);
  return Math.round(n).toLocaleString("en");
}

export const many = (n, what) => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

export function percent(share) {
  const p = share * 100;
  if (!p) return "0\u00a0%";
  if (p < 0.01) return "<\u00a00.01\u00a0%";
  return `${Number(p.toPrecision(p >= 10 ? 3 : 2))}\u00a0%`;
}

export function bytes(n) {
  if (!n) return "";
  const i = Math.min(3, Math.floor(Math.log2(n) / 10));
  return `${Number((n / 1024 ** i).toPrecision(3))}\u00a0${["B", "KiB", "MiB", "GiB"][i]}`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
export const clock = (time) => clockFormat.format(time);
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
// moment is the time of today, or the day as well.
export const moment = (time) => (new Date(time).toDateString() === new Date().toDateString() ? clock(time) : dayFormat.format(time));
export const shortClock = (time) => shortFormat.format(time);

export const $ = (id) => document.getElementById(id);

// el makes an element: properties, then children, which are elements or text.
export function el(tag, properties = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "scope") e.setAttribute(name, value);
    else e[name] = value;
  }
  e.append(...children.filter((c) => c !== undefined && c !== ""));
  return e;
}

// say sets a text, and leaves one alone that is the same: screen readers and layout have nothing to do.
export function say(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// rows has tbody show items, each in a row of its own that stays the same element while its key does. fill
// gets the row, new or not, and the item.
export function rows(tbody, items, key, make, fill) {
  const before = (tbody.rowsByKey ??= new Map());
  const now = new Map();
  let at = tbody.firstElementChild;
  for (const item of items) {
    const k = key(item);
    const row = before.get(k) ?? make(item);
    fill(row, item);
    if (row === at) at = at.nextElementSibling;
    else tbody.insertBefore(row, at);
    now.set(k, row);
  }
  for (const [k, row] of before) if (!now.has(k)) row.remove();
  tbody.rowsByKey = now;
}

// What states mean for who looks at them.
const tones = {
  serving: "good", canary: "note-state", warm: "note-state", restored: "note-state",
  refused: "bad", failed: "bad", crashed: "bad", quarantined: "warn", trouble: "warn", conflicting: "warn",
};
export const tone = (state) => tones[state] ?? "";
export const tag = (version) => (version ? `v${version}` : "");

// colour is one of six, in the order in which versions were first seen here. A version that is loaded again has
// the one that it had.
const colours = new Map();
export function colour(version) {
  let c = colours.get(version);
  if (c === undefined) colours.set(version, (c = colours.size % 6));
  return c;
}
