// Slots: names whose version is replaced while it is called.

import { library } from './native.js';
import { Out, json, jsonAsync, nanoseconds, run, word } from './invoke.js';
import { Owner } from './owner.js';
import { asSettings } from './settings.js';
import { cancel, readable } from './poller.js';
import { Watch } from './watch.js';

/** A name whose version can be replaced while it is called. See index.d.ts. */
export class Slot extends Owner {
  #fd = -1;
  #last = []; // the events that were there when the slot was closed

  constructor(name, settings) {
    const s = asSettings(settings);
    super(word(library().slot_new, name, s?.handle ?? 0n), s);
    this.name = name;
  }

  swap(path, { timeout } = {}) {
    return jsonAsync(library().slot_swap, this.handle, path, nanoseconds(timeout));
  }

  rollback({ timeout } = {}) {
    return jsonAsync(library().slot_rollback, this.handle, nanoseconds(timeout));
  }

  canary(path, percent, { keys, calls, after, errors, timeout } = {}) {
    const terms = { keys, calls, after: after === undefined ? undefined : Math.round(after * 1e6), errors };
    return jsonAsync(library().slot_canary, this.handle, path, percent, JSON.stringify(terms), nanoseconds(timeout));
  }

  setShare(percent, keys) {
    run(library().slot_set_share, this.handle, percent, keys === undefined ? null : JSON.stringify(keys));
  }

  promote({ timeout } = {}) {
    return jsonAsync(library().slot_promote, this.handle, nanoseconds(timeout));
  }

  abort({ timeout } = {}) {
    return jsonAsync(library().slot_abort, this.handle, nanoseconds(timeout));
  }

  versions() {
    return json(library().slot_versions, this.handle) ?? [];
  }

  forgive() {
    run(library().slot_forgive, this.handle);
  }

  watch(directory) {
    return new Watch(word(library().watch_start, this.handle, directory));
  }

  async event({ timeout = Infinity } = {}) {
    const until = performance.now() + timeout;
    for (;;) {
      const item = this.takeEvent();
      if (item !== undefined || !this.handle || performance.now() >= until) return item;
      await readable(this.#descriptor(), until);
    }
  }

  async *events() {
    let item;
    while ((item = await this.event()) !== undefined) yield item;
  }

  takeEvent() {
    if (!this.handle) return this.#last.shift();
    const out = new Out();
    if (!out.check(library().event_next(this.handle, 0n, out.first, out.second, out.error))) return undefined;
    const item = JSON.parse(out.takeText());
    if (out.words[1]) item.dropped = Number(out.words[1]);
    return item;
  }

  #descriptor() {
    if (this.#fd < 0) {
      const out = new Out();
      out.check(library().event_fd(this.handle, out.first, out.error));
      this.#fd = Number(BigInt.asIntN(32, out.words[0]));
    }
    return this.#fd;
  }

  beforeRelease() {
    let item;
    while ((item = this.takeEvent()) !== undefined) this.#last.push(item);
    if (this.#fd >= 0) cancel(this.#fd);
  }
}
