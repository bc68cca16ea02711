// What slots and libraries have in common as those who close them.

import { library } from './native.js';
import { jsonAsync, nanoseconds, run } from './invoke.js';
import { Target } from './target.js';

/** A target that is closed by who made it. */
export class Owner extends Target {
  #settings; // kept: libraries call functions of theirs
  #closing;

  constructor(handle, settings) {
    super(handle);
    this.#settings = settings;
  }

  close({ timeout } = {}) {
    return (this.#closing ??= this.#close(timeout));
  }

  async #close(timeout) {
    try {
      return await jsonAsync(library().close, this.handle, nanoseconds(timeout));
    } finally {
      try {
        this.beforeRelease();
        run(library().release, this.handle);
        this.handle = 0n;
        this.#settings = undefined;
      } catch (error) {
        if (error.code !== 'busy') throw error;
        this.#closing = undefined; // something else has to end first: close may be called again
      }
    }
  }

  /** What has to be done while the handle is still good. */
  beforeRelease() {}

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}
