// Values as hotsoh_call_name and callbacks take and give them: hotsoh_value, which says its type.

import { address, library, read } from './native.js';
import { ArgumentError } from './errors.js';
import { LENT, NUMBERS, STRING, STRUCT, TEXT, show, sliceOf, spanFrom, spanOf } from './types.js';

export const SIZE = 56;

// The members of hotsoh_value.
export const TYPE = 0, INTEGER = 8, NUMBER = 16, DATA = 24, LENGTH = 32, BUFFER = 40, CAPACITY = 48;

const SLICES = [...NUMBERS.values()].filter((t) => t.array).map(sliceOf);
const BY_CODE = new Map([...NUMBERS.values(), ...SLICES, TEXT].map((t) => [t.code, t]));

/** An array of hotsoh_value, which must live as long as the call, as what it is given in keep. */
export function putAll(values, keep) {
  const view = new DataView(new ArrayBuffer(Math.max(1, values.length) * SIZE));
  values.forEach((value, i) => put(view, i * SIZE, value, keep));
  return view;
}

function put(view, at, value, keep) {
  if (typeof value === 'boolean') {
    putInteger(view, at, 1, value ? 1n : 0n);
  } else if (typeof value === 'bigint') {
    if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new ArgumentError(`hotso: ${value} is too large for a number`);
    putInteger(view, at, value < 2n ** 63n ? 5 : 9, BigInt.asIntN(64, value));
  } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    putInteger(view, at, 5, BigInt(value));
  } else if (typeof value === 'number') {
    view.setInt32(at + TYPE, 11, true);
    view.setFloat64(at + NUMBER, value, true);
  } else if (typeof value?.word === 'bigint') {
    putInteger(view, at, LENT, value.handle);
  } else {
    const type = typeof value === 'string' ? TEXT : SLICES.find((t) => value instanceof t.element.array);
    if (!type) throw new ArgumentError(`hotso: ${show(value)} can't be passed to a library without a prepared function`);
    const span = spanOf(type, value);
    keep.push(span);
    view.setInt32(at + TYPE, type.code, true);
    view.setBigUint64(at + DATA, span.byteLength > 0 ? address(span) : 0n, true);
    view.setBigUint64(at + LENGTH, BigInt(span.byteLength / type.size), true);
  }
}

function putInteger(view, at, code, value) {
  view.setInt32(at + TYPE, code, true);
  view.setBigInt64(at + INTEGER, value, true);
}

/** The JavaScript value of a hotsoh_value. type is that of a struct; without it a struct is its bytes. */
export function get(view, at, type) {
  const code = view.getInt32(at + TYPE, true);
  if (code === 0) return undefined;
  if (code === 10 || code === 11) return view.getFloat64(at + NUMBER, true);
  if (code < STRING) return BY_CODE.get(code).get(view, at + INTEGER);
  const found = code === STRUCT ? undefined : BY_CODE.get(code);
  const size = Number(view.getBigUint64(at + LENGTH, true)) * (found?.size ?? 1);
  const bytes = read(view.getBigUint64(at + DATA, true), size);
  if (found) return spanFrom(found, bytes);
  return type ? type.get(new DataView(bytes.buffer), 0) : bytes;
}

/** The JavaScript value of a result. Frees what libhotso gave. */
export function takeResult(view) {
  try {
    return get(view, 0);
  } finally {
    const data = view.getBigUint64(DATA, true);
    if (data) library().free(data);
  }
}

/** A hotsoh_call_options, or undefined. */
export function options({ timeout, key } = {}, keep) {
  if (timeout === undefined && key === undefined) return undefined;
  const view = new DataView(new ArrayBuffer(32));
  view.setBigUint64(0, 32n, true);
  if (timeout !== undefined) view.setBigInt64(8, BigInt(Math.max(1, Math.round(timeout * 1e6))), true);
  if (key !== undefined) {
    const bytes = Buffer.from(key);
    keep.push(bytes);
    view.setBigUint64(16, address(bytes), true);
    view.setBigUint64(24, BigInt(bytes.length), true);
  }
  return view;
}
