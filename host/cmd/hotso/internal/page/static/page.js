// What the page shows: it asks the server for figures each second while somebody looks, and hears of events as
// they happen. The server may end and come back meanwhile.

import { Chart, Lane, chartParts } from "./chart.js";
import { confirm, deploy, showEvent, showStack } from "./deploy.js";
import { $, age, clock, colour, count, duration, el, many, moment, percent, rows, say, tag, tone } from "./text.js";

const fewVersions = 8;
const fewEvents = 12;
const maxEvents = 2000;
const spans = { 300: "5 minutes", 3600: "hour", 86400: "24 hours" };
const longCall = 100e6; // nanoseconds; others are gone before one has read that they are there
const kept = { 1: 3600e3, 30: 86400e3 }; // milliseconds of samples, by their step in seconds

const state = {
  libraries: [], // of GET /libraries
  library: "", // whose page this is
  versions: { versions: [] },
  samples: { 1: [], 30: [] },
  serial: 0, // of the samples
  skew: 0, // of the server's clock, milliseconds
  range: 3600,
  inside: { total: 0, calls: [] },
  events: new Map(), // by what tells one from another, in their order
  told: 0, // events so far
  connection: 0, // the how-manieth stream of events
  all: { versions: false, events: false, steps: false },
};
const now = () => Date.now() + state.skew;

const path = (of) => `${of}/${encodeURIComponent(state.library)}`;

async function ask(url) {
  const answer = await fetch(url, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

// --- whether the server is there

function link(to, text) {
  const e = $("link");
  if (e.dataset.state !== to) e.dataset.state = to;
  say($("link-text"), text);
}

// --- events

const seen = (e) => `${e.time} ${e.name} ${e.version} ${e.state} ${e.file ?? ""}`;

const loud = new Set(["serving", "canary", "refused", "failed", "crashed", "quarantined", "trouble", "conflicting"]);
const steps = new Set(["found", "verified", "loaded", "started", "healthy", "restored", "retiring", "drained"]);

// plain is what an event says, without the file, which its version stands for.
function plain(e) {
  const said = e.detail ?? "";
  return e.file && said.startsWith(`${e.file}: `) ? said.slice(e.file.length + 2) : said;
}

function kindOf(e) {
  if (e.state === "serving") return /^(back from|rolled back|fallback from)/.test(e.detail ?? "") ? "rollback" : "swap";
  return { crashed: "crash", refused: "refused", failed: "refused", canary: "canary" }[e.state] ?? "trouble";
}

function hear(e) {
  const key = seen(e);
  const known = state.events.get(key);
  if (known) {
    Object.assign(known, e, { connection: state.connection });
    return;
  }
  e.connection = state.connection;
  e.at = Date.parse(e.time);
  state.events.set(key, e);
  state.told++;
  if (state.events.size > maxEvents) state.events.delete(state.events.keys().next().value);
  if (heard && loud.has(e.state) && e.name === state.library) tell(e);
  later();
}

// tell has screen readers say it, when they have time.
function tell(e) {
  const live = $("live");
  live.append(el("p", {}, `${e.name} ${tag(e.version)} ${e.state}${e.detail ? `: ${plain(e)}` : ""}`));
  while (live.childElementCount > 5) live.firstElementChild.remove();
}

let heard = false; // what was before this page came is told
let tries = 0;

let source; // of events; undefined: there is none at the moment
let retry = 0;

// listen has a stream of events, as long as the page can be seen: a browser has few connections to a server, for
// all of its tabs.
function listen() {
  clearTimeout(retry);
  if (document.hidden || source) return;
  source = new EventSource("/events");
  state.connection++;
  const connection = state.connection;
  source.addEventListener("open", () => {
    tries = 0;
    link("on", "live");
    setTimeout(() => { heard = true; }, 500);
    again();
  });
  // The server names an event by its state.
  for (const s of [...loud, ...steps, "warm", "unloaded", "resident", "ignored", "removed"]) {
    source.addEventListener(s, (m) => { if (connection === state.connection) hear(JSON.parse(m.data)); });
  }
  // A browser would go on behind the last id, which a server that was started again does not know.
  source.addEventListener("error", () => {
    if (connection !== state.connection) return;
    hangUp();
    link("off", "connection lost, trying again");
    retry = setTimeout(listen, Math.min(5000, 300 * 2 ** tries++));
  });
}

function hangUp() {
  source?.close();
  source = undefined;
}

// --- figures

async function findLibrary() {
  state.libraries = await ask("/libraries");
  const names = state.libraries.map((l) => l.name);
  if (!names.includes(state.library) && (names.length || !state.library)) { // a server that has just begun may have none
    choose(names.find((n) => location.hash === `#${encodeURIComponent(n)}`) ?? names[0] ?? "");
  }
  const chooser = $("library");
  $("chooser").hidden = names.length < 2;
  const labels = state.libraries.map((l) => `${l.name} ${l.serving ? tag(l.serving) : "waits"}${l.canary ? ` · canary ${tag(l.canary)}` : ""}`);
  if (chooser.dataset.labels !== labels.join()) {
    chooser.dataset.labels = labels.join();
    chooser.replaceChildren(...names.map((n, i) => el("option", { value: n, selected: n === state.library }, labels[i])));
  }
}

function choose(name) {
  state.library = name;
  state.versions = { versions: [] };
  state.samples = { 1: [], 30: [] };
  state.inside = { total: 0, calls: [] };
  state.serial++;
}

// sample takes what has come since the last sample that is there.
async function sample(step) {
  const name = state.library;
  const have = state.samples[step];
  const h = await ask(`${path("/history")}?step=${step}&since=${have.length ? have[have.length - 1].t : 0}`);
  if (name !== state.library || h.name !== name) return;
  state.skew = h.now - Date.now();
  if (!h.samples.length) return;
  have.push(...h.samples.filter((s) => !have.length || s.t > have[have.length - 1].t));
  const old = have.findIndex((s) => s.t > h.now - kept[step]);
  if (old > 0) have.splice(0, old);
  state.serial++;
}

let round = 0;
let asking = false;

// look asks for what changes by itself.
async function look() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    if (round % 5 === 0 || !state.library) await findLibrary();
    if (state.library) {
      const name = state.library;
      const [versions, inside] = await Promise.all([ask(path("/versions")), ask(path("/inflight")), sample(1), round % 30 === 0 && sample(30)]);
      if (name === state.library) Object.assign(state, { versions, inside });
    }
    round++;
  } catch {
    // The stream of events tells whether the server is there.
  } finally {
    asking = false;
  }
  later();
}

// again asks for everything soon: something has happened.
function again() {
  round = 0;
  look();
}

// --- showing

let frame = 0;
function later() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    show();
  });
}

const [canvas, cursor, tip] = chartParts();
const chart = new Chart(canvas, cursor, tip);
const lane = new Lane($("lane"), chart, tip, (e) => open(e));
chart.ondraw = () => lane.place(marks());
const open = (e) => showEvent({ ...e, detail: plain(e) }, e.connection !== state.connection);

const ofLibrary = () => [...state.events.values()].filter((e) => e.name === state.library || !e.name);

// marks are what is shown on the axis of time. A version that has passed its probation has served before.
function marks() {
  const key = `${state.library} ${state.told}`;
  if (marks.key !== key) Object.assign(marks, { key, list: makeMarks() });
  return marks.list;
}

function makeMarks() {
  const list = [];
  let serving = "";
  for (const e of ofLibrary()) {
    if (e.state === "crashed" && e.version === serving) serving = "";
    if (e.state === "serving") {
      const same = serving === e.version;
      serving = e.version;
      if (same) continue;
    }
    if (!loud.has(e.state)) continue;
    const text = { serving: kindOf(e) === "rollback" ? `back to ${tag(e.version)}` : `${tag(e.version)} serves`, canary: `${tag(e.version)} is a canary` }[e.state]
      ?? `${tag(e.version)} ${e.state}`;
    list.push({ key: seen(e), time: e.at, event: e, kind: kindOf(e), tone: kindOf(e) === "rollback" ? "warn" : tone(e.state), text: text.trim() + (plain(e) ? `: ${plain(e)}` : "") });
  }
  return list;
}

function show() {
  const v = state.versions;
  const name = state.library;
  say($("name"), name || "No library yet");
  document.title = name ? `${name} ${tag(v.serving)} · hotso` : "hotso";
  const serving = v.versions.findLast((x) => x.state === "serving");
  const canary = v.versions.findLast((x) => x.state === "canary");
  say($("serves"), serving
    ? `${tag(serving.version)} serves since ${moment(Date.parse(serving.since))}${serving.reason ? `, ${serving.reason}` : ""}`
    : name ? "No version serves." : "Waiting for a version in the directory.");
  $("deploy").disabled = !name;
  $("rollback").disabled = !serving || Boolean(canary);
  tiles();
  showVersions(); // first, for the order of colours
  showCanary(serving, canary);
  timeline();
  showInside();
  showEvents();
}

// sum adds up the last seconds, of one version or of all.
function sum(seconds, seq) {
  const total = { calls: 0, failed: 0, half: 0, timed: 0, p99: 0, waiting: 0 };
  const since = now() - seconds * 1000 - 500;
  for (let i = state.samples[1].length - 1; i >= 0 && state.samples[1][i].t > since; i--) {
    const s = state.samples[1][i];
    for (const v of s.versions) {
      if (seq !== undefined && v.seq !== seq) continue;
      total.calls += v.calls;
      total.failed += v.failed ?? 0;
      if (!v.p50) continue;
      total.timed += v.calls;
      total.half += v.p50 * v.calls;
      total.p99 = Math.max(total.p99, v.p99);
    }
  }
  return total;
}

function tiles() {
  const s = sum(10);
  say($("n-calls"), count(s.calls / 10));
  const share = s.calls ? s.failed / s.calls : 0;
  say($("n-failed"), percent(share));
  $("n-failed").classList.toggle("bad", share > 0.01);
  say($("n-failed-of"), s.failed ? `${count(s.failed)} in 10 s` : "in the last 10 s");
  say($("n-p50"), duration(s.timed && s.half / s.timed));
  say($("n-p99"), duration(s.p99));
  const inside = state.versions.versions.reduce((n, v) => n + v.in_flight, 0);
  say($("n-inside"), count(inside));
  const last = state.samples[1].at(-1);
  const waiting = last && now() - last.t < 3000 ? (last.waiting ?? 0) : 0;
  say($("n-waiting"), waiting ? `and ${count(waiting)} wait` : "calls");
}

// showCanary has canary and current side by side, with what decides between them.
function showCanary(serving, canary) {
  $("canary").hidden = !canary || !serving;
  if (!canary || !serving) return;
  say($("canary-title"), `Canary ${tag(canary.version)}`);
  const since = (now() - Date.parse(canary.since)) / 1000;
  const seconds = Math.min(600, Math.max(1, since));
  const [a, b] = [sum(seconds, serving.seq), sum(seconds, canary.seq)];
  const [fa, fb] = [a.calls ? a.failed / a.calls : 0, b.calls ? b.failed / b.calls : 0];
  const median = (x) => (x.timed ? x.half / x.timed : 0);
  say($("canary-sub"), `for ${age(since * 1000)}; figures of both since then${since > 600 ? ", of the last 10 min" : ""}` +
    (canary.keys?.length ? `; keys: ${canary.keys.join(", ")}` : ""));
  say($("versus-current"), `Current ${tag(serving.version)}`);
  say($("versus-canary"), `Canary ${tag(canary.version)}`);
  const relative = (x, y) => (x && y ? { text: `${y >= x ? "+" : "−"}${count(Math.abs(y / x - 1) * 100)} %`, worse: y > x * 1.25, better: y < x * 0.8 } : { text: "" });
  const points = (fb - fa) * 100;
  const lines = [
    ["Share", percent((serving.share ?? 0) / 100), percent((canary.share ?? 0) / 100), { text: "" }],
    ["Calls", count(a.calls), count(b.calls), { text: "" }],
    ["Failed", percent(fa), percent(fb), { text: a.calls && b.calls ? `${points >= 0 ? "+" : "−"}${Math.abs(points).toFixed(1)} points` : "", worse: points > 0.5, better: points < -0.5 }],
    ["Median", duration(median(a)), duration(median(b)), relative(median(a), median(b))],
    ["p99", duration(a.p99), duration(b.p99), relative(a.p99, b.p99)],
    ["Errors in all", count(serving.errors), count(canary.errors), { text: "" }],
  ];
  rows($("versus"), lines, (l) => l[0], (l) => el("tr", {}, el("th", { scope: "row" }, l[0]), el("td"), el("td"), el("td")), (row, [, x, y, d]) => {
    say(row.cells[1], x);
    say(row.cells[2], y);
    say(row.cells[3], d.text);
    row.cells[3].className = d.worse ? "worse" : d.better ? "better" : "";
  });
}

function timeline() {
  const fine = state.range <= 3600;
  let [samples, step] = [state.samples[fine ? 1 : 30], fine ? 1 : 30];
  if (!fine && !samples.length) samples = state.samples[1]; // of the first half minute
  const list = marks();
  chart.show(samples, step, state.range, now(), list.filter((m) => m.event.state !== "refused"), state.serial);
  lane.place(list);
  const since = now() - state.range * 1000;
  const total = { calls: 0, failed: 0, p99: 0 };
  const inView = new Set();
  for (const s of samples) {
    if (s.t < since) continue;
    for (const v of s.versions) {
      total.calls += v.calls;
      total.failed += v.failed ?? 0;
      total.p99 = Math.max(total.p99, v.p99 ?? 0);
      inView.add(v.version);
    }
  }
  const happened = list.filter((m) => m.time > since);
  const of = (kind, one, many) => {
    const n = happened.filter((m) => m.kind === kind).length;
    return n ? `${n} ${n > 1 ? many : one}` : "";
  };
  const what = [of("swap", "swap", "swaps"), of("rollback", "return to the version before", "returns to the version before"), of("crash", "crash", "crashes"), of("refused", "refused or failed version", "refused or failed versions"), of("canary", "canary", "canaries")].filter(Boolean);
  say($("chart-text"), `In the last ${spans[state.range]}: ` + (total.calls
    ? `${many(total.calls, "call")}, ${percent(total.failed / total.calls)} failed, p99 at most ${duration(total.p99)}` : "no calls") + (what.length ? `; ${what.join(", ")}.` : "; nothing happened."));
  rows($("legend"), [...inView].reverse().slice(0, 8), (v) => v, (v) => el("li", {}, el("span", { className: `dot c${colour(v)}` }), el("span", { className: "mono" }, tag(v))), () => {});
  if ($("as-table").open) overTime(samples, since);
}

// overTime is the chart in twelve rows.
function overTime(samples, since) {
  const size = (state.range * 1000) / 12;
  const parts = Array.from({ length: 12 }, (_, i) => ({ until: since + (i + 1) * size, calls: 0, failed: 0, half: 0, timed: 0, p99: 0, i }));
  for (const s of samples) {
    const p = parts[Math.floor((s.t - since) / size)];
    if (!p) continue;
    for (const v of s.versions) {
      p.calls += v.calls;
      p.failed += v.failed ?? 0;
      if (!v.p50) continue;
      p.timed += v.calls;
      p.half += v.p50 * v.calls;
      p.p99 = Math.max(p.p99, v.p99);
    }
  }
  rows($("over-time"), parts, (p) => p.i, () => el("tr", {}, el("th", { scope: "row" }), ...[1, 2, 3, 4].map(() => el("td", { className: "num" }))), (row, p) => {
    [clock(p.until), count(p.calls), percent(p.calls ? p.failed / p.calls : 0), duration(p.timed && p.half / p.timed), duration(p.p99)].forEach((text, i) => say(row.cells[i], text));
  });
}

function more(button, all, few, total, what) {
  button.hidden = total <= few;
  say(button, all ? "Show fewer" : `Show all ${count(total)} ${what}`);
}

function showVersions() {
  for (const v of state.versions.versions) if (v.seq && v.version) colour(v.version);
  const list = state.versions.versions.toReversed();
  const order = (v) => (v.state === "serving" ? 0 : v.state === "canary" ? 1 : 2);
  list.sort((a, b) => order(a) - order(b));
  more($("versions-more"), state.all.versions, fewVersions, list.length, "versions");
  rows($("versions"), state.all.versions ? list : list.slice(0, fewVersions), (v) => `${v.seq} ${v.file}`, versionRow, (row, v) => {
    row.version = v;
    const shown = [v.version, v.state, v.since, v.calls, v.errors, v.in_flight, v.share, v.reason, JSON.stringify(v.conflicts)].join();
    if (row.shown === shown) return;
    row.shown = shown;
    const why = row.cells[1].lastChild;
    const badge = row.cells[1].firstChild;
    row.cells[0].firstChild.className = v.seq && v.version ? `dot c${colour(v.version)}` : "dot";
    say(row.cells[0].lastChild, tag(v.version) || "?");
    say(badge, v.state);
    const look = `state ${tone(v.state)}`;
    if (badge.className !== look) badge.className = look;
    const conflicts = (v.conflicts ?? []).map((c) => `${c.path} is open in ${c.name} ${tag(c.version)}, too`);
    say(why, [v.reason && plain({ file: v.file, detail: v.reason }), ...conflicts].filter(Boolean).join("; "));
    say(row.cells[2], moment(Date.parse(v.since)));
    row.cells[2].title = v.since;
    const ran = v.calls > 0 || v.seq > 0;
    say(row.cells[3], ran ? count(v.calls) : "");
    say(row.cells[4], ran ? count(v.errors) : "");
    say(row.cells[5], v.in_flight ? count(v.in_flight) : ran ? "0" : "");
    say(row.cells[6], v.share ? percent(v.share / 100) : "");
    const button = row.cells[7].firstChild;
    button.hidden = ["serving", "canary", "crashed", "retiring", "refused"].includes(v.state) || !v.version;
    if (button.hidden !== (button.ariaLabel === null)) button.ariaLabel = button.hidden ? null : `Deploy ${tag(v.version)}`;
  });
}

function versionRow(v) {
  const button = el("button", { type: "button", className: "small" }, "Deploy");
  const row = el("tr", {},
    el("th", { scope: "row" }, el("span"), el("span")),
    el("td", {}, el("span", { className: "state" }), el("span", { className: "why" })),
    el("td", { className: "wide" }), el("td", { className: "num wide" }), el("td", { className: "num" }), el("td", { className: "num wide" }), el("td", { className: "num wide" }),
    el("td", { className: "end" }, button));
  button.addEventListener("click", () => askDeploy(row.version.version));
  return row;
}

function showInside() {
  const { total } = state.inside;
  const calls = state.inside.calls.filter((c) => c.took >= longCall);
  $("inside-box").hidden = !calls.length;
  say($("inside-sub"), calls.length ? `${count(calls.length)} of ${count(total)} for longer than ${duration(longCall)}` :
    total ? `${count(total)} over HTTP, none for longer than ${duration(longCall)}` : "None over HTTP at the moment");
  rows($("inside"), calls, (c) => `${c.since} ${c.function}`, (c) => {
    const button = el("button", { type: "button", className: "small", "aria-label": `Stack of ${c.function}` }, "Stack");
    const row = el("tr", {}, el("th", { scope: "row" }, el("code", {}, c.function)), el("td"), el("td", { className: "num" }), el("td", { className: "end" }, button));
    button.addEventListener("click", () => showStack(state.library, row.call.version, row.call.function));
    return row;
  }, (row, c) => {
    row.call = c;
    say(row.cells[1], tag(c.version) || "not known");
    say(row.cells[2], duration(c.took));
  });
}

function showEvents() {
  const list = ofLibrary().filter((e) => state.all.steps || !steps.has(e.state)).reverse();
  $("events-none").hidden = list.length > 0;
  more($("events-more"), state.all.events, fewEvents, list.length, "events");
  rows($("events"), state.all.events ? list : list.slice(0, fewEvents), seen, (e) => {
    const button = el("button", { type: "button", className: "small", "aria-label": `Details: ${tag(e.version)} ${e.state}` }, "Details");
    button.hidden = !e.more;
    button.addEventListener("click", () => open(e));
    return el("li", {}, el("time", { dateTime: e.time }, moment(e.at)), el("span", { className: "mono" }, tag(e.version) || "–"),
      el("span", {}, el("span", { className: `state ${tone(e.state)}` }, e.state)), el("span", { className: "text" }, plain(e) || (e.took ? `in ${duration(e.took)}` : "")), button);
  }, () => {});
}

// --- what is done by hand

function note(text) {
  say($("note"), text);
  $("note").hidden = false;
  clearTimeout(note.timer);
  note.timer = setTimeout(() => { $("note").hidden = true; }, 15000);
  again();
}

const swapped = (s) => note(`${tag(s.version)} serves${s.load ? `, loaded in ${duration(s.load)}` : ""}${s.old ? `; ${tag(s.old.version)} ${s.old.state}` : ""}${s.warm ? `; ${tag(s.warm)} is kept to go back to` : ""}.`);

function askDeploy(version) {
  const v = state.versions;
  const known = [...new Set(v.versions.map((x) => x.version).filter(Boolean))].reverse();
  deploy(state.library, version, known, Boolean(v.serving && !v.canary), { swap: path("/swap"), canary: path("/canary") }, (done, canary) => {
    if (canary) note(`${tag(done.version)} is a canary: it gets ${percent((done.share ?? 0) / 100)} of the calls.`);
    else swapped(done);
  });
}

$("deploy").addEventListener("click", () => askDeploy(""));
$("rollback").addEventListener("click", () => confirm(`Roll ${state.library} back?`,
  `${tag(state.versions.serving)} is left, and the version before it serves again.`, "Roll back", path("/rollback"), swapped));
$("promote").addEventListener("click", () => confirm(`Promote ${tag(state.versions.canary)}?`,
  `It gets all calls of ${state.library}, in place of ${tag(state.versions.serving)}.`, "Promote", path("/promote"), swapped));
$("abort").addEventListener("click", () => confirm(`Abort ${tag(state.versions.canary)}?`,
  `It gets no calls any more and is unloaded; ${tag(state.versions.serving)} serves on.`, "Abort", path("/abort"), (r) => note(`${tag(r.version)} ${r.state}.`)));
$("library").addEventListener("change", (e) => {
  choose(e.target.value);
  history.replaceState(null, "", `#${encodeURIComponent(e.target.value)}`);
  again();
});
$("range").addEventListener("change", (e) => {
  state.range = Number(e.target.value);
  later();
});
for (const what of ["versions", "events"]) {
  $(`${what}-more`).addEventListener("click", () => {
    state.all[what] = !state.all[what];
    later();
  });
}
$("steps").addEventListener("change", (e) => {
  state.all.steps = e.target.checked;
  later();
});
$("as-table").addEventListener("toggle", later);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    hangUp();
    return;
  }
  listen();
  look();
});

listen();
setInterval(look, 1000);
