// How a function of libhotso is called: its outputs, and its error as an exception.

import { address, library, text } from './native.js';
import { isOver, take } from './errors.js';

/** What the last parameters of a function fill: one or two words, and the error. */
export class Out {
  constructor() {
    this.words = new BigUint64Array(3);
    this.first = address(this.words);
    this.second = this.first + 8n;
    this.error = this.first + 16n;
  }

  /** Throws the error of a status. Returns whether there is something: false at a timeout or the end. */
  check(status) {
    if (status === 0) return true;
    if (isOver(status, this.words[2])) return false;
    throw take(status, this.words[2]);
  }

  /** The text that the first parameter has received, or undefined. Frees it. */
  takeText() {
    const at = this.words[0];
    if (!at) return undefined;
    this.words[0] = 0n;
    const found = text(at);
    library().free(at);
    return found;
  }

  /** The answer in JSON of a function with that status. It goes along with the error, if there are both. */
  takeJSON(status) {
    const found = this.takeText();
    const answer = found === undefined ? undefined : JSON.parse(found);
    try {
      this.check(status);
    } catch (error) {
      if (answer !== undefined) error.details.result = answer;
      throw error;
    }
    return answer;
  }
}

/** Calls a function that has no output. */
export function run(f, ...args) {
  const out = new Out();
  out.check(f(...args, out.error));
}

/** Calls a function whose output is one word, as a handle is. */
export function word(f, ...args) {
  const out = new Out();
  out.check(f(...args, out.first, out.error));
  return out.words[0];
}

/** Calls a function that answers in JSON. */
export function json(f, ...args) {
  const out = new Out();
  return out.takeJSON(f(...args, out.first, out.error));
}

/** Calls a function of koffi on a thread of Node's pool. Resolves to its status. */
export function inPool(f, ...args) {
  return new Promise((resolve, reject) => {
    f.async(...args, (error, status) => (error ? reject(error) : resolve(status)));
  });
}

/** json, on a thread of Node's pool. */
export async function jsonAsync(f, ...args) {
  const out = new Out();
  return out.takeJSON(await inPool(f, ...args, out.first, out.error));
}

/** word, on a thread of Node's pool. */
export async function wordAsync(f, ...args) {
  const out = new Out();
  out.check(await inPool(f, ...args, out.first, out.error));
  return out.words[0];
}

/** run, on a thread of Node's pool. */
export async function runAsync(f, ...args) {
  const out = new Out();
  out.check(await inPool(f, ...args, out.error));
}

/** A timeout_ns of hotso.h of milliseconds, where undefined is no limit. */
export function nanoseconds(timeout) {
  return timeout === undefined ? 0n : BigInt(Math.max(1, Math.round(timeout * 1e6)));
}
