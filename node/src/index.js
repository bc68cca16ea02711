// Hot code: Go libraries that are swapped, unloaded and survived inside a running Node process.

import { json } from './invoke.js';
import { library } from './native.js';

export {
  ArgumentError, Busy, CallFailed, CanaryError, Closed, CrashLoop, Crashed, Empty, Forked, HotsoError, Hung, Left,
  LoadFailed, NotFound, Panicked, Paused, Refused, SecondCopy, StateError, Timeout, TooManyCalls, Unhealthy,
  Unsupported,
} from './errors.js';
export { Lent, lend } from './callback.js';
export { Library, inspect } from './library.js';
export { Settings } from './settings.js';
export { Slot } from './slot.js';
export { Stream } from './stream.js';
export { Target } from './target.js';
export { Watch } from './watch.js';

/** The version of libhotso. */
export function version() {
  return library().version();
}

/** Takes back the signals that libraries need. See index.d.ts. */
export function signals() {
  return json(library().signals);
}
