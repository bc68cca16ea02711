// JavaScript functions that libraries call.

import koffi from 'koffi';
import { library, read, write } from './native.js';
import { ArgumentError } from './errors.js';
import { run, word } from './invoke.js';
import { parse } from './signature.js';
import { BUFFER, CAPACITY, DATA, INTEGER, LENGTH, NUMBER, SIZE, get } from './values.js';
import { spanOf } from './types.js';

const PROTOTYPE = koffi.proto('int32 hotsoh_callback(uint64 user, void *args, uint32 count, void *result)');

// One C function does for all: user is the number of a JavaScript one. So a call that comes after its function was
// withdrawn finds none, and gets an error, where koffi would end the process.
const functions = new Map();
let last = 0;
let trampoline;

/** Has a number for a function, which libhotso gives back as user, until forget. */
export function remember(signature, f) {
  const parsed = parse(signature);
  trampoline ??= koffi.register(enter, koffi.pointer(PROTOTYPE));
  functions.set(++last, { f, parsed });
  return { trampoline, user: last };
}

export function forget(user) {
  functions.delete(user);
}

function enter(user, args, count, result) {
  try {
    const called = functions.get(Number(user));
    if (!called) throw new ArgumentError('the function was withdrawn');
    const view = new DataView(count > 0 ? read(args, count * SIZE).buffer : new ArrayBuffer(0));
    const values = called.parsed.parameters.map((type, i) => get(view, i * SIZE, type));
    const value = called.f(...values);
    if (called.parsed.result) give(result, called.parsed.result, value);
    return 0;
  } catch (error) { // nothing may pass through C
    try {
      giveData(result, Buffer.from(String(error?.message ?? error)));
    } catch {
      // No memory for the message: then it has none.
    }
    return 1;
  }
}

function give(result, type, value) {
  if (type.number) {
    const number = new DataView(new ArrayBuffer(8));
    type.set(number, 0, value);
    const float = type.name.startsWith('float');
    if (float) number.setFloat64(0, type.get(number, 0), true);
    else number.setBigInt64(0, BigInt(type.get(number, 0)), true);
    write(result + BigInt(float ? NUMBER : INTEGER), number);
  } else if (type.struct) {
    const view = new DataView(new ArrayBuffer(type.size));
    type.set(view, 0, value);
    giveData(result, view);
  } else {
    const span = spanOf(type, value);
    giveData(result, span, span.byteLength / type.size);
  }
}

/** Puts data where a result goes: its own buffer, or memory that libhotso frees. */
function giveData(result, data, length = data.byteLength) {
  const head = new DataView(read(result, SIZE).buffer);
  const fits = BigInt(length) <= head.getBigUint64(CAPACITY, true);
  const room = fits ? head.getBigUint64(BUFFER, true) : library().alloc(Math.max(1, data.byteLength));
  if (!room) throw new ArgumentError('hotso: no memory for the result of a callback');
  write(room, data);
  const words = new BigUint64Array([room, BigInt(length)]); // data and length lie beside each other
  write(result + BigInt(DATA), words);
}

/** A function lent to libraries, for a parameter that is a function. See index.d.ts. */
export class Lent {
  #user;

  constructor(f, signature) {
    const { trampoline: entry, user } = remember(signature, f);
    this.#user = user;
    this.handle = word(library().lend, signature, entry, user);
    this.word = word(library().lent_word, this.handle);
  }

  release() {
    forget(this.#user);
    const { handle } = this;
    this.handle = 0n;
    if (handle) run(library().release, handle);
  }

  [Symbol.dispose]() {
    this.release();
  }
}

/** Lends a function: lend(f, 'func(string, int64) bool'). */
export function lend(f, signature) {
  return new Lent(f, signature);
}
