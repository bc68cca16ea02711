// A directory that is being watched.

import { library } from './native.js';
import { run } from './invoke.js';

/** Ends when it is released, or with its slot. */
export class Watch {
  constructor(handle) {
    this.handle = handle;
  }

  release() {
    const { handle } = this;
    this.handle = 0n;
    if (handle) run(library().release, handle);
  }

  [Symbol.dispose]() {
    this.release();
  }
}
