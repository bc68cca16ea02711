// Prepared functions of numbers as C functions, where each argument goes by itself: hotsoh_pointer.

import { callable, library, prototype } from './native.js';
import { HotsoError } from './errors.js';
import { run, word } from './invoke.js';

const prototypes = new Map(); // of signatures, by their texts

/**
 * The function that calls by pointer, which it keeps in state.pointer until the function is released. What does not fit
 * goes to otherwise, which says what is wrong, or takes what was lent. undefined if there is no pointer.
 */
export function byPointer(state, signature, otherwise) {
  state.pointer = pointerOf(state.handle, signature);
  if (!state.pointer) return undefined;
  const fits = signature.parameters.map((type) => type.fits);
  const large = signature.result?.size === 8 && signature.result.name !== 'float64';
  const { pending, take_error: takeError } = library();

  return function () {
    const call = state.pointer;
    if (!call || arguments.length !== fits.length) return otherwise(...arguments);
    for (let i = 0; i < fits.length; i++) {
      if (!fits[i](arguments[i])) return otherwise(...arguments);
    }
    let value;
    switch (fits.length) { // as a spread costs a third of the call
      case 0: value = call(); break;
      case 1: value = call(arguments[0]); break;
      case 2: value = call(arguments[0], arguments[1]); break;
      case 3: value = call(arguments[0], arguments[1], arguments[2]); break;
      default: value = call(...arguments);
    }
    if (pending[0] !== 0) run(takeError);
    return large ? BigInt(value) : value; // koffi makes a number of what is a safe integer
  };
}

function pointerOf(handle, signature) {
  const { text, parameters, result } = signature;
  if (!parameters.every((type) => type.number) || (result && !result.number)) return undefined;
  let address;
  try {
    address = word(library().pointer, handle);
  } catch (error) {
    if (error instanceof HotsoError) return undefined; // another processor, too many arguments, or no place left
    throw error;
  }
  if (!prototypes.has(text)) prototypes.set(text, prototype(result?.name ?? 'void', parameters.map((type) => type.name)));
  return callable(address, prototypes.get(text));
}
