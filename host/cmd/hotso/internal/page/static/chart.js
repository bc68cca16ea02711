// The timeline: calls, failures and latency of each version over one axis of time, and what happened above it.
// The canvas is drawn in an animation frame, and only if a column of it has changed.

import { $, age, clock, colour, count, duration, el, many, percent, say, shortClock, tag } from "./text.js";

const axisHeight = 22;
const left = 52; // for the numbers beside the panels
const right = 8;
const gap = 34; // above each panel, for its name
const panels = [
  { name: "Calls a second", share: 0.34 },
  { name: "Failed", share: 0.2 },
  { name: "Latency: p99, and the median thinner", share: 0.46 },
];

// buckets adds samples up to at most width columns that end now. A column spans whole steps, counted from
// 1970, so that what it has does not flicker while time goes on.
export function buckets(samples, stepSeconds, rangeSeconds, now, width) {
  const step = stepSeconds * 1000;
  const per = Math.max(1, Math.ceil(rangeSeconds / stepSeconds / width));
  const size = per * step;
  const last = Math.floor(now / size);
  const columns = Math.max(1, Math.round((rangeSeconds * 1000) / size));
  const first = last - columns + 1;
  const phase = samples.length ? samples[samples.length - 1].t % step : 0;
  const out = { size, first, last, columns: new Map(), versions: new Set() };
  for (let i = samples.length - 1; i >= 0; i--) {
    const s = samples[i];
    const at = Math.floor(Math.round((s.t - phase) / step) / per);
    if (at < first) break;
    if (at > last) continue;
    let column = out.columns.get(at);
    if (!column) out.columns.set(at, (column = { calls: 0, failed: 0, p99: 0, by: new Map() }));
    for (const v of s.versions) {
      let sum = column.by.get(v.version);
      if (!sum) column.by.set(v.version, (sum = { calls: 0, failed: 0, half: 0, timed: 0, p99: 0 }));
      const failed = v.failed ?? 0;
      sum.calls += v.calls;
      sum.failed += failed;
      column.calls += v.calls;
      column.failed += failed;
      if (v.p50) {
        sum.half += v.p50 * v.calls;
        sum.timed += v.calls;
        sum.p99 = Math.max(sum.p99, v.p99);
        column.p99 = Math.max(column.p99, v.p99);
      }
      out.versions.add(v.version);
    }
  }
  return out;
}

// nice is the next round number.
function nice(n) {
  if (n <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((m) => m * power >= n) * power;
}

// bar is as wide as its column, and whole pixels: neighbours neither overlap nor leave a gap.
function bar(c, from, to, top, height) {
  const x = Math.round(from);
  c.fillRect(x, top, Math.max(1, Math.round(to) - x), height);
}

const tickSteps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600];

export class Chart {
  constructor(canvas, cursor, tip) {
    Object.assign(this, { canvas, cursor, tip, range: 3600, now: Date.now(), frame: 0 });
    this.context = canvas.getContext("2d");
    new ResizeObserver(() => this.change()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.change());
    const figure = canvas.parentElement;
    canvas.addEventListener("pointermove", (e) => this.point(e.clientX - canvas.getBoundingClientRect().left));
    figure.addEventListener("pointerleave", () => this.point(undefined));
  }

  // show takes what to draw; serial tells one state of the samples from the next.
  show(samples, step, range, now, marks, serial) {
    Object.assign(this, { samples, step, range, now, marks });
    const per = Math.max(1, Math.ceil(range / step / this.width()));
    const key = `${serial} ${step} ${range} ${Math.floor(now / (per * step * 1000))} ${marks.length}`;
    if (key !== this.key) {
      this.key = key;
      this.change();
    }
  }

  width() {
    return Math.max(40, Math.floor(this.canvas.clientWidth - left - right));
  }

  // places is a function from times to their places. As long as it is used, nothing may change.
  places() {
    const [width, end, span] = [this.width(), this.end(), this.range * 1000];
    return (time) => left + width * (1 - (end - time) / span);
  }

  end() {
    return this.data ? (this.data.last + 1) * this.data.size : this.now;
  }

  change() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.samples) this.draw();
      this.ondraw?.();
    });
  }

  draw() {
    const { canvas, context: c } = this;
    const ratio = devicePixelRatio || 1;
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    this.colours = Array.from({ length: 6 }, (_, i) => of(`--v${i}`));
    const theme = { line: of("--line"), muted: of("--muted"), bad: of("--bad"), good: of("--good") };
    this.data = buckets(this.samples, this.step, this.range, this.now, this.width());
    // The place of each version, the oldest one first.
    this.order = new Map([...this.data.versions].reverse().map((version, i) => [version, i]));
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, w, h);
    c.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    c.lineJoin = "round";
    const free = h - axisHeight - gap * panels.length;
    let top = 0;
    const boxes = panels.map((p) => {
      const box = { name: p.name, top: top + gap, height: free * p.share };
      top += gap + box.height;
      return box;
    });
    this.time(c, theme, boxes, h);
    this.marksOn(c, theme, boxes);
    this.calls(c, theme, boxes[0]);
    this.failed(c, theme, boxes[1]);
    this.latency(c, theme, boxes[2]);
  }

  // time draws the axis.
  time(c, theme, boxes, h) {
    const step = tickSteps.find((s) => this.range / s <= this.width() / 80) ?? 21600;
    const offset = new Date(this.end()).getTimezoneOffset() * 60;
    const bottom = h - axisHeight;
    c.strokeStyle = c.fillStyle = theme.line;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.globalAlpha = 1;
    const first = Math.ceil((this.end() / 1000 - this.range - offset) / step) * step + offset;
    const place = this.places();
    for (let t = first; t * 1000 <= this.end(); t += step) {
      const x = Math.round(place(t * 1000)) + 0.5;
      c.fillStyle = theme.line;
      c.fillRect(x - 0.5, bottom, 1, 4);
      c.fillStyle = theme.muted;
      if (x > left + 14 && x < left + this.width() - 12) c.fillText(shortClock(t * 1000), x, bottom + 13);
    }
    for (const box of boxes) {
      c.textAlign = "left";
      c.fillStyle = theme.muted;
      c.fillText(box.name, left, box.top - 16);
      c.fillStyle = theme.line;
      c.fillRect(left, Math.round(box.top + box.height), this.width(), 1);
    }
  }

  // marksOn draws a line through all panels where something happened that calls may show.
  marksOn(c, theme, boxes) {
    c.save();
    c.setLineDash([2, 3]);
    const place = this.places();
    let before = -Infinity;
    for (const m of this.marks) {
      const x = Math.round(place(m.time)) + 0.5;
      if (x < left || x - before < 10) continue; // more of them would be a pattern, and no lines
      before = x;
      c.strokeStyle = m.tone === "bad" ? theme.bad : theme.muted;
      c.globalAlpha = 0.6;
      c.beginPath();
      for (const box of boxes) {
        c.moveTo(x, box.top);
        c.lineTo(x, box.top + box.height);
      }
      c.stroke();
    }
    c.restore();
  }

  scale(c, theme, box, ticks, y, text) {
    c.textAlign = "right";
    for (const tick of ticks) {
      const at = Math.round(y(tick));
      c.fillStyle = theme.line;
      if (at < Math.round(box.top + box.height)) c.fillRect(left, at, this.width(), 1);
      c.fillStyle = theme.muted;
      c.fillText(text(tick), left - 8, at);
    }
  }

  // each goes through the columns, the empty ones as well, from edge to edge.
  each(f) {
    const { first, last, size, columns } = this.data;
    const place = this.places();
    for (let at = first; at <= last; at++) f(columns.get(at), place(at * size), place((at + 1) * size), at);
  }

  // ordered has what a column has of each version.
  ordered(column) {
    return [...column.by].sort(([a], [b]) => this.order.get(a) - this.order.get(b));
  }

  // calls are areas, one on the other.
  calls(c, theme, box) {
    const seconds = this.data.size / 1000;
    const partOf = (at) => (at === this.data.last ? Math.max(this.step, (this.now - at * this.data.size) / 1000) : seconds);
    let most = 0;
    this.each((column, from, to, at) => {
      if (column) most = Math.max(most, column.calls / partOf(at));
    });
    const max = nice(most);
    const bottom = box.top + box.height;
    this.scale(c, theme, box, [0, max], (n) => bottom - (n / max) * box.height, (n) => (n >= 1e6 ? `${n / 1e6}M` : n >= 10000 ? `${n / 1000}k` : count(n)));
    this.each((column, from, to, at) => {
      if (!column) return;
      let y = bottom;
      for (const [version, v] of this.ordered(column)) {
        const height = (v.calls / partOf(at) / max) * box.height;
        c.fillStyle = this.colours[colour(version)];
        bar(c, from, to, y - height, height);
        y -= height;
      }
    });
  }

  failed(c, theme, box) {
    let most = 0;
    this.each((column) => {
      if (column) most = Math.max(most, column.failed / Math.max(1, column.calls));
    });
    const max = Math.min(1, Math.max(0.01, nice(most)));
    const bottom = box.top + box.height;
    this.scale(c, theme, box, [0, max], (n) => bottom - (n / max) * box.height, percent);
    c.fillStyle = theme.bad;
    this.each((column, from, to) => {
      if (!column?.failed) return;
      const share = Math.min(1, column.failed / Math.max(1, column.calls));
      const height = Math.max(1.5, (share / max) * box.height);
      bar(c, from, to, bottom - height, height);
    });
  }

  latency(c, theme, box) {
    let [least, most] = [Infinity, 0];
    this.each((column) => {
      for (const v of column?.by.values() ?? []) {
        if (!v.timed) continue;
        least = Math.min(least, v.half / v.timed);
        most = Math.max(most, v.p99);
      }
    });
    if (!most) [least, most] = [1e5, 1e7];
    const low = Math.floor(Math.log10(least) + 0.001);
    const high = Math.max(low + 1, Math.ceil(Math.log10(most) - 0.001));
    const bottom = box.top + box.height;
    const y = (ns) => bottom - ((Math.log10(ns) - low) / (high - low)) * box.height;
    const every = Math.ceil((high - low) / 4);
    const ticks = [];
    for (let i = low; i <= high; i += every) ticks.push(10 ** i);
    this.scale(c, theme, box, ticks, y, duration);
    const lines = new Map(); // by version
    this.each((column, from, to, at) => {
      for (const [version, v] of column?.by ?? []) {
        if (!v.timed) continue;
        let line = lines.get(version);
        if (!line) lines.set(version, (line = { p99: new Path2D(), half: new Path2D(), before: -Infinity }));
        const [mid, upper, lower] = [(from + to) / 2, y(v.p99), y(v.half / v.timed)];
        // A column without a call is no gap, if there are calls on both sides soon.
        const gap = (at - line.before) * this.data.size > Math.max(3 * this.data.size, 15000);
        for (const [path, height] of [[line.p99, upper], [line.half, lower]]) {
          if (gap) path.moveTo(mid - 0.5, height);
          path.lineTo(mid, height);
        }
        line.before = at;
      }
    });
    for (const [version, line] of lines) {
      c.strokeStyle = this.colours[colour(version)];
      c.lineWidth = 1.6;
      c.stroke(line.p99);
      c.globalAlpha = 0.75;
      c.lineWidth = 1;
      c.stroke(line.half);
      c.globalAlpha = 1;
    }
    c.lineWidth = 1;
  }

  // point shows the figures at a place.
  point(x) {
    const outside = x === undefined || !this.data || x < left || x > left + this.width();
    this.cursor.hidden = outside;
    if (outside) {
      hideTip(this.tip);
      return;
    }
    this.cursor.style.transform = `translateX(${Math.round(x)}px)`;
    const time = this.end() - (1 - (x - left) / this.width()) * this.range * 1000;
    const at = Math.floor(time / this.data.size);
    const column = this.data.columns.get(at);
    const lines = [clock(at * this.data.size) + (this.data.size > 1000 ? `, ${age(this.data.size)}` : "")];
    if (!column) lines.push("no calls");
    for (const [version, v] of column?.by ?? []) {
      lines.push(`${tag(version)}: ${many(v.calls, "call")}, ${percent(v.failed / Math.max(1, v.calls))} failed` +
        (v.timed ? `, median ${duration(v.half / v.timed)}, p99 ${duration(v.p99)}` : ""));
    }
    showTip(this.tip, x, lines.join("\n"));
  }
}

export function showTip(tip, x, text) {
  say(tip, text);
  tip.hidden = false;
  const room = tip.parentElement.clientWidth - tip.offsetWidth;
  const beside = x + 14 + tip.offsetWidth <= tip.parentElement.clientWidth ? x + 14 : x - 14 - tip.offsetWidth;
  tip.style.transform = `translateX(${Math.max(0, Math.min(room, beside))}px)`;
}

export function hideTip(tip) {
  tip.hidden = true;
}

// The shapes of marks: what happened can be told without its colour.
const shapes = {
  swap: "M2 6h8M7 3l3 3-3 3", rollback: "M10 6H2M5 3 2 6l3 3", crash: "M3 3l6 6M9 3l-6 6",
  refused: "M2.5 6h7", canary: "M6 2l4 4-4 4-4-4z", trouble: "M6 2.5v4.5M6 9.5v.01",
};

// gravity is in which order marks stand for those beside them.
const gravity = ["crash", "rollback", "refused", "trouble", "canary", "swap"];

export function shape(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", shapes[kind] ?? shapes.trouble);
  svg.append(path);
  return svg;
}

// A Lane has a button for each of what happened, at its time. One of them is in the order of Tab; arrow keys go
// to the others.
export class Lane {
  constructor(box, chart, tip, open) {
    Object.assign(this, { box, chart, tip, open, marks: [], buttons: new Map(), current: undefined });
    box.addEventListener("keydown", (e) => {
      const to = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[e.key];
      if (to === undefined || !this.shown.length) return;
      e.preventDefault();
      const at = this.shown.indexOf(this.current);
      this.focus(this.shown[Math.max(0, Math.min(this.shown.length - 1, at + to))]);
    });
    this.shown = [];
  }

  focus(key) {
    this.current = key;
    for (const [k, b] of this.buttons) b.tabIndex = k === key ? 0 : -1;
    this.buttons.get(key)?.focus();
  }

  // place has the newest ones in front; those that would lie on another are told by that one.
  place(marks) {
    const near = 22;
    const shown = [];
    const place = this.chart.places();
    for (let i = marks.length - 1; i >= 0; i--) {
      const m = marks[i];
      const x = place(m.time);
      if (x < left - 2) continue;
      const over = shown[shown.length - 1];
      if (over && over.x - x < near) over.marks.unshift(m);
      else shown.push({ key: m.key, x, marks: [m] });
    }
    shown.reverse();
    const now = new Map();
    for (const s of shown) {
      const worst = s.marks.reduce((a, b) => (gravity.indexOf(b.kind) <= gravity.indexOf(a.kind) ? b : a));
      const text = s.marks.map((m) => `${clock(m.time)} ${m.text}`).join("\n");
      const b = this.buttons.get(s.key) ?? this.make(s.key);
      b.what = { x: s.x, text, marks: s.marks, worst };
      if (b.kind !== worst.kind) {
        b.replaceChildren(shape(worst.kind));
        b.kind = worst.kind;
      }
      const look = `mark ${worst.tone}`;
      if (b.className !== look) b.className = look;
      if (b.getAttribute("aria-label") !== text) b.setAttribute("aria-label", text);
      const place = `translateX(${Math.round(s.x)}px)`;
      if (b.style.transform !== place) b.style.transform = place;
      now.set(s.key, b);
    }
    const had = this.box.contains(document.activeElement);
    for (const [key, b] of this.buttons) if (!now.has(key)) b.remove();
    let at = this.box.firstElementChild;
    for (const b of now.values()) {
      if (b === at) at = at.nextElementSibling;
      else this.box.insertBefore(b, at);
    }
    this.buttons = now;
    this.shown = [...now.keys()];
    if (!now.has(this.current)) {
      this.current = this.shown.at(-1);
      if (had) this.focus(this.current);
    }
    for (const [k, b] of now) b.tabIndex = k === this.current ? 0 : -1;
  }

  make(key) {
    const b = el("button", { type: "button", tabIndex: -1 });
    const show = () => showTip(this.tip, b.what.x, b.what.text);
    b.addEventListener("pointerenter", show);
    b.addEventListener("focus", () => { this.current = key; show(); });
    b.addEventListener("pointerleave", () => hideTip(this.tip));
    b.addEventListener("blur", () => hideTip(this.tip));
    b.addEventListener("click", () => this.open(b.what.worst.event));
    return b;
  }
}

export const chartParts = () => [$("canvas"), $("cursor"), $("tip")];
