// How a library or slot is to behave.

import { library } from './native.js';
import { forget, remember } from './callback.js';
import { run, word } from './invoke.js';

// The settings that are durations: numbers are milliseconds.
const TIMES = new Set(('blue_green call_timeout cancel_grace crash_window drain_timeout handover_timeout ' +
  'health_timeout max_calls_wait probation rule_health start_timeout stop_timeout takeover_timeout').split(' '));

const forgotten = new FinalizationRegistry((handle) => library().release(handle, null));

/** Settings of hotso.h by name, in camel case. See index.d.ts. */
export class Settings {
  #users = [];

  constructor({ provide = {}, ...settings } = {}) {
    const lib = library();
    this.handle = word(lib.settings_new);
    forgotten.register(this, this.handle, this);
    for (const [key, value] of Object.entries(settings)) {
      const name = key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
      for (const text of texts(name, value)) run(lib.settings_set, this.handle, name, text);
    }
    for (const [name, [signature, f]] of Object.entries(provide)) {
      const { trampoline, user } = remember(signature, f);
      this.#users.push(user);
      run(lib.settings_provide, this.handle, name, signature, trampoline, user);
    }
  }

  release() {
    this.#users.forEach(forget);
    const { handle } = this;
    this.handle = 0n;
    forgotten.unregister(this);
    if (handle) run(library().release, handle);
  }

  [Symbol.dispose]() {
    this.release();
  }
}

/** The settings that were given in either form. */
export function asSettings(settings) {
  return settings === undefined || settings instanceof Settings ? settings : new Settings(settings);
}

function texts(name, value) {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  return [typeof value === 'number' && TIMES.has(name) ? `${value}ms` : String(value)];
}
