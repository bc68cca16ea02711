// One version, loaded.

import { library } from './native.js';
import { json, nanoseconds, wordAsync } from './invoke.js';
import { asSettings } from './settings.js';
import { Owner } from './owner.js';

/** One version, read, verified, loaded and started. See index.d.ts. */
export class Library extends Owner {
  static async open(path, settings, { timeout } = {}) {
    const s = asSettings(settings);
    const handle = await wordAsync(library().library_open, path, s?.handle ?? 0n, nanoseconds(timeout));
    return new Library(handle, s);
  }
}

/** Describes the library at path, and runs none of its code. */
export function inspect(path, settings) {
  return json(library().inspect, path, asSettings(settings)?.handle ?? 0n);
}
