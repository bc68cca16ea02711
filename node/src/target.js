// What slots and libraries have in common: they are called and described.

import { library } from './native.js';
import { Out, inPool, json, runAsync, wordAsync } from './invoke.js';
import { ArgumentError } from './errors.js';
import { prepare } from './function.js';
import { Stream } from './stream.js';
import { SIZE, options, putAll, takeResult } from './values.js';
import { Lent, lend } from './callback.js';

/** A place where calls go. See index.d.ts. */
export class Target {
  constructor(handle) {
    this.handle = handle;
  }

  function(name, signature) {
    return prepare(this.handle, name, signature);
  }

  call(name, args = [], how = undefined) {
    if (how?.timeout !== undefined && args.some((arg) => arg instanceof Lent)) {
      throw new ArgumentError('hotso: a call with a timeout runs on another thread, which could not call a JavaScript ' +
        'function while this one waits: use callAsync');
    }
    const c = new NamedCall(this.handle, name, args, how);
    return c.take(library().call_name(...c.args));
  }

  async callAsync(name, args = [], how = undefined) {
    const c = new NamedCall(this.handle, name, args, how);
    return c.take(await inPool(library().call_name, ...c.args));
  }

  async openStream(name, args = [], how = undefined) {
    const memory = { keep: [] };
    memory.values = putAll(args, memory.keep);
    memory.options = options(how, memory.keep);
    const handle = await wordAsync(library().stream_open, this.handle, name, memory.values, args.length,
      memory.options ?? null);
    return new Stream(handle);
  }

  lend(f, signature) {
    return lend(f, signature);
  }

  describe() {
    return json(library().describe, this.handle);
  }

  health() {
    return runAsync(library().health, this.handle);
  }
}

/** The memory of one call by name. */
class NamedCall {
  constructor(handle, name, args, how) {
    this.keep = [];
    this.values = putAll(args, this.keep);
    this.options = options(how, this.keep);
    this.result = new DataView(new ArrayBuffer(SIZE));
    this.out = new Out();
    this.args = [handle, name, this.values, args.length, this.result, this.options ?? null,
      this.out.error];
  }

  take(status) {
    this.out.check(status);
    return takeResult(this.result);
  }
}
