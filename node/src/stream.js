// Results that are read piece by piece.

import { Readable } from 'node:stream';
import { address, library } from './native.js';
import { Out, inPool, run } from './invoke.js';

/** A stream of a library. While it is open its version stays loaded. */
export class Stream extends Readable {
  #handle;

  constructor(handle) {
    super({ highWaterMark: 64 << 10 });
    this.#handle = handle;
  }

  async _read(size) {
    const out = new Out();
    const buffer = Buffer.from(new ArrayBuffer(size));
    try {
      const { stream_read } = library();
      const status = await inPool(stream_read, this.#handle, address(buffer), size, out.first, out.error);
      this.push(out.check(status) ? buffer.subarray(0, Number(out.words[0])) : null);
    } catch (error) {
      this.destroy(error);
    }
  }

  _destroy(error, callback) {
    const handle = this.#handle;
    this.#handle = 0n;
    try {
      if (handle) run(library().release, handle);
      callback(error);
    } catch (failed) {
      callback(error ?? failed);
    }
  }
}
