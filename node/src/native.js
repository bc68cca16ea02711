// The C API of libhotso (include/hotso.h) by koffi. The other modules make JavaScript of it.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

const ABI_VERSION = 1;

// The functions that return a status, and their parameters. All end in a hotsoh_error **.
// Addresses are BigInt: where they point, a view of address() or memory of libhotso's.
const FUNCTIONS = {
  check: [],
  release: ['uint64'],
  settings_new: ['void *'],
  settings_set: ['uint64', 'str', 'str'],
  settings_provide: ['uint64', 'str', 'str', 'void *', 'uint64'],
  signals: ['void *'],
  inspect: ['str', 'uint64', 'void *'],
  library_open: ['str', 'uint64', 'int64', 'void *'],
  slot_new: ['str', 'uint64', 'void *'],
  slot_swap: ['uint64', 'str', 'int64', 'void *'],
  slot_rollback: ['uint64', 'int64', 'void *'],
  slot_canary: ['uint64', 'str', 'double', 'str', 'int64', 'void *'],
  slot_set_share: ['uint64', 'double', 'str'],
  slot_promote: ['uint64', 'int64', 'void *'],
  slot_abort: ['uint64', 'int64', 'void *'],
  slot_versions: ['uint64', 'void *'],
  slot_forgive: ['uint64'],
  describe: ['uint64', 'void *'],
  health: ['uint64'],
  close: ['uint64', 'int64', 'void *'],
  watch_start: ['uint64', 'str', 'void *'],
  event_next: ['uint64', 'int64', 'void *', 'void *'],
  event_fd: ['uint64', 'void *'],
  call_name: ['uint64', 'str', 'void *', 'uint32', 'void *', 'void *'],
  prepare: ['uint64', 'str', 'str', 'void *'],
  signature: ['uint64', 'void *'],
  call: ['uint64', 'void *', 'uint32', 'void *', 'void *'],
  invoke: ['uint64', 'void *', 'uint32', 'void *'],
  pointer: ['uint64', 'void *'],
  take_error: [],
  lend: ['str', 'void *', 'uint64', 'void *'],
  lent_word: ['uint64', 'void *'],
  stream_open: ['uint64', 'str', 'void *', 'uint32', 'void *', 'void *'],
  stream_read: ['uint64', 'void *', 'size_t', 'void *'],
};

const libc = koffi.load(null);
const memcpy = libc.func('memcpy', 'void *', ['void *', 'void *', 'size_t']);

/** Where a view of an ArrayBuffer lies, for as long as that is alive. */
export const address = koffi.address;

/** Copies memory into a new Buffer. */
export function read(from, length) {
  const to = Buffer.from(new ArrayBuffer(length));
  if (length > 0) memcpy(to, from, length);
  return to;
}

/** Copies a view to where there is room for it. */
export function write(to, view) {
  if (view.byteLength > 0) memcpy(to, view, view.byteLength);
}

/** The text at a const char *. */
export const text = koffi.decode.string;

/** A C prototype. koffi keeps each for ever. */
export const prototype = koffi.proto;

/** The C function at an address. */
export const callable = koffi.decode;

let opened;

/** libhotso, opened when it is first needed. */
export function library() {
  return (opened ??= open());
}

function open() {
  const path = find();
  let lib;
  try {
    lib = koffi.load(path);
  } catch (cause) {
    const advice = 'build it with make libhotso and say in HOTSO_LIBRARY where it is';
    throw new Error(`hotso: ${path} can't be opened: ${cause.message}; ${advice}`, { cause });
  }
  const abi = lib.func('hotsoh_abi_version', 'int32', [])();
  if (abi < ABI_VERSION) throw new Error(`hotso: ${path} is too old: ABI ${abi}, not ${ABI_VERSION}`);
  const functions = {
    version: lib.func('hotsoh_version', 'str', []),
    status_name: lib.func('hotsoh_status_name', 'str', ['int32']),
    free: lib.func('hotsoh_free', 'void', ['void *']),
    alloc: lib.func('hotsoh_alloc', 'void *', ['size_t']),
    // A word that changes, and not a function: see hotsoh_pending.
    pending: new Uint32Array(koffi.view(lib.func('hotsoh_pending', 'void *', [])(), 4)),
  };
  for (const [name, parameters] of Object.entries(FUNCTIONS)) {
    functions[name] = lib.func(`hotsoh_${name}`, 'int32', [...parameters, 'void *']);
  }
  return functions;
}

/** $HOTSO_LIBRARY; the file in this package, or where make libhotso puts it in the tree; or the linker's. */
function find() {
  if (process.env.HOTSO_LIBRARY) return process.env.HOTSO_LIBRARY;
  for (const near of ['../libhotso.so', '../../build/libhotso.so']) {
    const path = fileURLToPath(new URL(near, import.meta.url));
    if (existsSync(path)) return path;
  }
  return 'libhotso.so.1';
}
