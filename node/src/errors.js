// Errors. Each status of hotso.h that a program may want to handle has a class.

import { library, read, text } from './native.js';

const TIMEOUT = 101;
const END = 102;

/**
 * Base of all errors of hotso. Its message says what, where, why, and what to do. status is one of hotso.h's
 * HOTSOH_*, code its name there: "crash_loop". details is what else is known, as hotsoh_error.json documents it.
 */
export class HotsoError extends Error {
  constructor(message, status, details = {}) {
    super(message);
    this.name = new.target.name;
    this.status = status;
    this.details = details;
  }

  get code() {
    return library().status_name(this.status);
  }
}

/** There is no such file, or it can't be read. */
export class NotFound extends HotsoError {}
/** The file was judged before any of its code ran, and is not loaded; code and message say why. */
export class Refused extends HotsoError {}
/** The library can't be loaded or started now; the message says why. */
export class LoadFailed extends HotsoError {}
/** A health hook says so. */
export class Unhealthy extends HotsoError {}
/** Something else has to end first; or calls are still inside, and the version stays until they return. */
export class Busy extends HotsoError {}
/** The library has ended, and something of it is left in the process; the report says what. */
export class Left extends HotsoError {}
/** The library, slot, function or stream was closed. */
export class Closed extends HotsoError {}
/** The slot has no version yet. */
export class Empty extends HotsoError {}
/** This platform or library can't do that. */
export class Unsupported extends HotsoError {}
/** The function returned an error; details.message is what it said. */
export class CallFailed extends HotsoError {}
/** The function panicked; the library lives on. details.message has the stack. */
export class Panicked extends CallFailed {}
/** An argument is not acceptable. */
export class ArgumentError extends HotsoError {
  constructor(message, status = 32, details = {}) {
    super(message, status, details);
  }
}
/** The call did not return in time, and may still be inside. */
export class Hung extends HotsoError {}
/** As many calls are inside as may be; this one was not begun. */
export class TooManyCalls extends HotsoError {}
/** The library's runtime has ended, and with it this call. The process goes on. */
export class Crashed extends HotsoError {}
/** The version crashed too often, and is not loaded again until Slot.forgive. */
export class CrashLoop extends Crashed {}
/** The state could not be handed over; the old version goes on with it. */
export class StateError extends HotsoError {}
/** One version took over from another for too long; the call was not begun. */
export class Paused extends HotsoError {}
/** There is a canary where none may be, or none where one is wanted. */
export class CanaryError extends HotsoError {}
/** The time that was given is over. */
export class Timeout extends HotsoError {}
/** This process was forked after libhotso was loaded. */
export class Forked extends HotsoError {}
/** Another copy of libhotso is in this process. */
export class SecondCopy extends HotsoError {}

const CLASSES = new Map([
  [1, NotFound], [20, LoadFailed], [21, LoadFailed], [22, Unhealthy], [23, LoadFailed], [24, Busy], [25, Left],
  [26, Closed], [27, Empty], [28, Unsupported], [30, CallFailed], [31, Panicked], [32, ArgumentError], [33, Hung],
  [34, TooManyCalls], [35, Crashed], [36, CrashLoop], [37, LoadFailed], [40, StateError], [42, Paused],
  [43, CanaryError], [45, CanaryError], [46, CanaryError], [100, Closed], [TIMEOUT, Timeout], [103, Forked],
  [104, SecondCopy],
]);
for (let refused = 2; refused < 20; refused++) CLASSES.set(refused, Refused);

/** Whether a status without an error says that there is nothing, or nothing more. */
export function isOver(status, error) {
  return !error && (status === TIMEOUT || status === END);
}

/** The error of a status. error is the address that hotso.h gave, or 0n; what is there is freed. */
export function take(status, error) {
  const Class = CLASSES.get(status) ?? HotsoError;
  if (!error) return new Class(`hotso: status ${status}`, status);
  const found = new BigUint64Array(read(error, 24).buffer); // status and code, text, json
  const message = text(found[1]);
  const details = JSON.parse(text(found[2]));
  library().free(error);
  return new Class(message, status, details);
}
