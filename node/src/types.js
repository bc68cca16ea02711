// The types that cross the border: how each lies in memory, and as what in JavaScript.

import { ArgumentError } from './errors.js';

// Numbers of HOTSOH_TYPE_*.
export const NONE = 0, STRING = 12, STRUCT = 13, LENT = 14, SLICE = 32;

function fail(value, type) {
  throw new ArgumentError(`hotso: ${show(value)} is no ${type}`);
}

/** A value for a message. */
export function show(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null ? value.constructor?.name ?? 'object' : String(value);
}

function integer(name, code, size, min, max, get, set, array) {
  const fits = (value) => Number.isInteger(value) && value >= min && value <= max;
  return {
    name, code, size, array, fits,
    get: (view, at) => view[get](at, true),
    set(view, at, value) {
      if (typeof value === 'bigint' && value >= min && value <= max) value = Number(value);
      if (!fits(value)) fail(value, name);
      view[set](at, value, true);
    },
  };
}

function large(name, code, min, max, get, set, array) {
  const fits = (value) =>
    typeof value === 'bigint' ? value >= min && value <= max : Number.isSafeInteger(value) && (value >= 0 || min < 0n);
  return {
    name, code, size: 8, array, fits,
    get: (view, at) => view[get](at, true),
    set(view, at, value) {
      if (!fits(value)) fail(value, name);
      view[set](at, BigInt(value), true);
    },
  };
}

function float(name, code, size, get, set, array) {
  const fits = (value) => typeof value === 'number';
  return {
    name, code, size, array, fits,
    get: (view, at) => view[get](at, true),
    set(view, at, value) {
      if (!fits(value)) fail(value, name);
      view[set](at, value, true);
    },
  };
}

const BOOL = {
  name: 'bool', code: 1, size: 1,
  fits: (value) => typeof value === 'boolean',
  get: (view, at) => view.getUint8(at) !== 0,
  set(view, at, value) {
    if (!BOOL.fits(value)) fail(value, 'bool');
    view.setUint8(at, value ? 1 : 0);
  },
};

/** The numbers, by their names in Go. get and set work on a DataView; what fits is passed to C as it is. */
export const NUMBERS = new Map([
  BOOL,
  integer('int8', 2, 1, -128, 127, 'getInt8', 'setInt8', Int8Array),
  integer('int16', 3, 2, -32768, 32767, 'getInt16', 'setInt16', Int16Array),
  integer('int32', 4, 4, -(2 ** 31), 2 ** 31 - 1, 'getInt32', 'setInt32', Int32Array),
  large('int64', 5, -(2n ** 63n), 2n ** 63n - 1n, 'getBigInt64', 'setBigInt64', BigInt64Array),
  integer('uint8', 6, 1, 0, 255, 'getUint8', 'setUint8', Uint8Array),
  integer('uint16', 7, 2, 0, 65535, 'getUint16', 'setUint16', Uint16Array),
  integer('uint32', 8, 4, 0, 2 ** 32 - 1, 'getUint32', 'setUint32', Uint32Array),
  large('uint64', 9, 0n, 2n ** 64n - 1n, 'getBigUint64', 'setBigUint64', BigUint64Array),
  float('float32', 10, 4, 'getFloat32', 'setFloat32', Float32Array),
  float('float64', 11, 8, 'getFloat64', 'setFloat64', Float64Array),
].map((t) => [t.name, { ...t, align: t.size, number: true }]));

/** A struct in its C layout; a plain object in JavaScript. fields are [name, type]. */
export function structOf(fields) {
  let size = 0, align = 1;
  const placed = fields.map(([name, type]) => {
    const at = Math.ceil(size / type.align) * type.align;
    size = at + type.size;
    align = Math.max(align, type.align);
    return { name, type, at };
  });
  const text = `struct{${fields.map(([name, type]) => `${name} ${type.name}`).join('; ')}}`;
  return {
    name: text, code: STRUCT, size: Math.ceil(size / align) * align, align, struct: true,
    get: (view, at) => Object.fromEntries(placed.map((f) => [f.name, f.type.get(view, at + f.at)])),
    set(view, at, value) {
      if (typeof value !== 'object' || value === null) fail(value, text);
      for (const f of placed) {
        if (!(f.name in value)) throw new ArgumentError(`hotso: field ${f.name} of ${text} is missing`);
        f.type.set(view, at + f.at, value[f.name]);
      }
    },
  };
}

/** A slice; a typed array in JavaScript. */
export function sliceOf(element) {
  return { name: `[]${element.name}`, code: SLICE + element.code, element, slice: true, size: element.size };
}

/** A text; a string in JavaScript. */
export const TEXT = { name: 'string', code: STRING, size: 1 };

/** A result that is read as a stream. */
export const STREAM = { name: 'stream', code: NONE, stream: true };

/** The view of what is passed for a string or slice: its bytes, where they lie or copied. */
export function spanOf(type, value) {
  if (type.code === STRING) {
    if (typeof value !== 'string') fail(value, 'string');
    return Buffer.from(value);
  }
  const { array } = type.element;
  if (value instanceof array) return value;
  if (type.element.name === 'uint8' && value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value === 'string' || typeof value?.[Symbol.iterator] !== 'function') fail(value, type.name);
  const values = Array.from(value);
  const view = new DataView(new ArrayBuffer(values.length * type.size));
  values.forEach((v, i) => type.element.set(view, i * type.size, v));
  return new array(view.buffer);
}

/** The string or typed array of a copy of its bytes, which is alone in its ArrayBuffer. */
export function spanFrom(type, bytes) {
  if (type.code === STRING) return bytes.toString('utf8');
  if (type.element.name === 'uint8') return bytes;
  return new type.element.array(bytes.buffer);
}
