// Prepared functions.

import { library } from './native.js';
import { ArgumentError } from './errors.js';
import { Out, inPool, run, word } from './invoke.js';
import { byPointer } from './pointer.js';
import { Room } from './room.js';
import { parse } from './signature.js';

const forgotten = new FinalizationRegistry((state) => release(state));

/**
 * Prepares a function of a target. What it returns is called like any other function. See index.d.ts.
 */
export function prepare(target, name, wanted) {
  const lib = library();
  const state = { handle: word(lib.prepare, target, name, wanted ?? null) };
  const out = new Out();
  out.check(lib.signature(state.handle, out.first, out.error));
  const signature = parse(out.takeText());
  const count = signature.parameters.length;
  const rooms = []; // those that no call uses: a call in a callback takes another one
  const { invoke } = lib;

  function enter(args) {
    if (args.length !== count) {
      throw new ArgumentError(`hotso: ${name} takes ${count} arguments, not ${args.length}`);
    }
    const room = rooms.pop() ?? new Room(signature);
    try {
      room.put(args);
    } catch (error) {
      room.keep = [];
      rooms.push(room);
      throw error;
    }
    return room;
  }

  function invoked(...args) {
    const room = enter(args);
    try {
      return room.take(invoke(state.handle, room.args, room.words, room.resultWord, room.error));
    } finally {
      rooms.push(room);
    }
  }

  async function callAsync(...args) {
    const room = enter(args);
    try {
      return room.take(await inPool(invoke, state.handle, room.args, room.words, room.resultWord, room.error));
    } finally {
      rooms.push(room);
    }
  }

  const hot = byPointer(state, signature, invoked) ?? invoked;
  Object.defineProperty(hot, 'name', { value: name });
  Object.assign(hot, { callAsync, signature: signature.text, release: () => release(state) });
  hot[Symbol.dispose] = hot.release;
  forgotten.register(hot, state);
  return hot;
}

function release(state) {
  const { handle } = state;
  state.handle = 0n;
  state.pointer = undefined; // libhotso may give it to another function
  if (handle) run(library().release, handle);
}
