// The memory of one call by hotsoh_invoke: words of 8 bytes for its arguments, its result and its error.

import { address, library, read } from './native.js';
import { take } from './errors.js';
import { STRING, spanFrom, spanOf } from './types.js';

const ERROR = 0; // where the hotsoh_error * comes
const RESULT = 8; // two words
const ARGUMENTS = 24;
const SPAN = 512; // bytes of a string or slice as result that need no memory of libhotso's
const SCRATCH = 1024; // bytes of strings and structs as arguments that need no memory of their own

/** What a call needs, and the next one can use again: it is of one call at a time. */
export class Room {
  constructor({ parameters, result }) {
    this.parameters = parameters;
    this.result = result;
    this.words = parameters.reduce((n, t) => n + (t.code === STRING || t.slice ? 2 : 1), 0);
    this.resultAt = ARGUMENTS + 8 * this.words;
    this.scratchAt = this.resultAt + (result?.struct ? Math.ceil(result.size / 8) * 8 : SPAN);
    const memory = new ArrayBuffer(this.scratchAt + SCRATCH);
    this.view = new DataView(memory);
    this.bytes = Buffer.from(memory);
    this.error = address(memory);
    this.resultWord = this.error + BigInt(RESULT);
    this.args = this.error + BigInt(ARGUMENTS);
    this.resultAddress = this.error + BigInt(this.resultAt);
    this.keep = []; // what the call's words point to
  }

  /** Writes the words of the arguments, and of the room for the result. */
  put(args) {
    this.free = this.scratchAt;
    let at = ARGUMENTS;
    for (let i = 0; i < args.length; i++) {
      const type = this.parameters[i];
      if (type.number) {
        type.set(this.view, at, args[i]?.word ?? args[i]);
        at += 8;
      } else if (type.struct) {
        this.#putStruct(at, type, args[i]);
        at += 8;
      } else {
        this.#putSpan(at, type, args[i]);
        at += 16;
      }
    }
    const { result } = this;
    if (result && !result.number) {
      this.view.setBigUint64(RESULT, this.resultAddress, true);
      if (!result.struct) this.view.setBigUint64(RESULT + 8, BigInt(Math.floor(SPAN / result.size)), true);
    }
  }

  #putStruct(at, type, value) {
    const start = Math.ceil(this.free / 8) * 8;
    let view = this.view, place = start, from = this.error + BigInt(start);
    if (start + type.size > this.bytes.length) {
      view = new DataView(new ArrayBuffer(type.size));
      place = 0;
      from = address(view);
      this.keep.push(view);
    } else {
      this.free = start + type.size;
    }
    type.set(view, place, value);
    this.view.setBigUint64(at, from, true);
  }

  #putSpan(at, type, value) {
    // A character of JavaScript's has at most three bytes in UTF-8.
    if (type.code === STRING && typeof value === 'string' && 3 * value.length <= this.bytes.length - this.free) {
      const length = this.bytes.write(value, this.free);
      this.view.setBigUint64(at, this.error + BigInt(this.free), true);
      this.view.setBigUint64(at + 8, BigInt(length), true);
      this.free += length;
      return;
    }
    const span = spanOf(type, value);
    this.keep.push(span);
    const n = span.byteLength / type.size;
    this.view.setBigUint64(at, n > 0 ? address(span) : 0n, true);
    this.view.setBigUint64(at + 8, BigInt(n), true);
  }

  /** The result of a call with that status, or its error as an exception. */
  take(status) {
    if (this.keep.length > 0) this.keep = [];
    if (status !== 0) {
      const error = this.view.getBigUint64(ERROR, true);
      this.view.setBigUint64(ERROR, 0n, true);
      throw take(status, error);
    }
    const { result } = this;
    if (!result) return undefined;
    if (result.number) return result.get(this.view, RESULT);
    if (result.struct) return result.get(this.view, this.resultAt);
    return this.#takeSpan(result);
  }

  #takeSpan(type) {
    const at = this.view.getBigUint64(RESULT, true);
    const size = Number(this.view.getBigUint64(RESULT + 8, true)) * type.size;
    if (at === this.resultAddress && type.code === STRING) {
      return this.bytes.toString('utf8', this.resultAt, this.resultAt + size);
    }
    const bytes = read(at, size);
    if (at !== 0n && at !== this.resultAddress) library().free(at);
    return spanFrom(type, bytes);
  }
}
