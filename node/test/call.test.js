import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as hotso from 'hotso';
import { ECHO } from './libs.js';

let echo;
before(async () => { echo = await hotso.Library.open(ECHO); });
after(() => echo.close());

const numbers = {
  Bool: [true, false],
  Int8: [-128, 127], Int16: [-32768, 32767], Int32: [-(2 ** 31), 2 ** 31 - 1],
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  Uint8: [0, 255], Uint16: [0, 65535], Uint32: [0, 2 ** 32 - 1], Uint64: [0n, 2n ** 64n - 1n],
  Float32: [-1.5, Infinity, NaN], Float64: [-0, 0.1, -Infinity, NaN],
};

for (const [name, values] of Object.entries(numbers)) {
  test(`${name} comes back, prepared and by name`, async () => {
    const f = echo.function(name);
    for (const value of values) {
      assert.deepStrictEqual(f(value), value);
      assert.deepStrictEqual(await f.callAsync(value), value);
      assert.deepStrictEqual(echo.call(name, [value]), value);
      assert.deepStrictEqual(await echo.callAsync(name, [value]), value);
    }
  });
}

const slices = [
  Int8Array.of(-1, 2), Int16Array.of(-1, 2), Int32Array.of(-1, 2), BigInt64Array.of(-1n, 2n),
  Uint16Array.of(1, 65535), Uint32Array.of(1, 2), BigUint64Array.of(1n, 2n ** 64n - 1n),
  Float32Array.of(0.5, -1), Float64Array.of(0.1, NaN),
];

for (const slice of slices) {
  const name = slice.constructor.name.replace('BigU', 'U').replace('BigI', 'I').replace('Array', 's');
  test(`${name}: a slice comes back`, async () => {
    const f = echo.function(name);
    for (const value of [slice, new slice.constructor(0), new slice.constructor(1000).fill(slice[0])]) {
      assert.deepStrictEqual(f(value), value);
      assert.deepStrictEqual(await f.callAsync(value), value);
      assert.deepStrictEqual(echo.call(name, [value]), value);
    }
    assert.deepStrictEqual(f([...slice]), slice, 'from an array');
  });
}

test('bytes and texts of all lengths come back', async () => {
  const bytes = echo.function('Bytes', 'func([]byte) ([]byte, error)');
  const text = echo.function('Text');
  for (const n of [0, 1, 511, 512, 513, 5000, 1 << 20]) {
    const p = new Uint8Array(n).fill(7);
    assert.ok(Buffer.from(p).equals(bytes(p)), `${n} bytes`);
    const s = 'ä\0€😀x'.repeat(Math.ceil(n / 5)).slice(0, n - (n % 6));
    assert.equal(text(s), s);
    assert.equal(await text.callAsync(s), s);
    assert.equal(echo.call('Text', [s]), s);
  }
});

test('arguments of every class, more than there are registers', () => {
  const many = echo.function('Many');
  const args = [-1, 1.5, 2, 'q', 2.25, true, 2n ** 40n, Uint8Array.of(0xab)];
  assert.equal(many(...args), '-1 1.5 2 "q" 2.25 true 1099511627776 ab');
  assert.equal(echo.call('Many', args), many(...args));
});

test('structs come back in their C layout', async () => {
  const struct = echo.function('Struct');
  const value = { A: -1, B: 2n ** 62n, C: 3, D: 0.5, E: true, F: -6, G: 2n ** 63n, H: 8, I: 9.5, J: -10, K: 11 };
  assert.deepStrictEqual(struct(value), value);
  assert.deepStrictEqual(await struct.callAsync(value), value);
  const turn = echo.function('Turn');
  const line = { From: { X: 1, Y: 2 }, To: { X: 3, Y: 4 }, Dashed: true };
  assert.deepStrictEqual(turn(line), { From: line.To, To: line.From, Dashed: true });
  assert.throws(() => turn({ From: { X: 1 }, To: line.To, Dashed: true }), hotso.ArgumentError);
});

test('a result that does not fit runs the function once', () => {
  const calls = echo.function('Calls');
  const before_ = calls();
  const big = echo.function('Big')(100_000n, 5);
  assert.equal(big.length, 100_000);
  assert.ok(big.every((b) => b === 5));
  assert.equal(calls(), before_ + 1n);
});

test('a function without arguments and result', () => {
  assert.equal(echo.function('Nothing')(), undefined);
  assert.equal(echo.call('Nothing'), undefined);
});

test('what is no value of the type is an ArgumentError before the library sees it', () => {
  for (const [name, value] of [
    ['Int8', 128], ['Int8', 1.5], ['Int8', '1'], ['Int64', 2 ** 53], ['Int64', 2n ** 63n], ['Uint64', -1n],
    ['Bool', 1], ['Float64', 1n], ['Text', 1], ['Bytes', 'text'], ['Bytes', [256]], ['Int32s', 3], ['Struct', null],
  ]) {
    assert.throws(() => echo.function(name)(value), hotso.ArgumentError, `${name} of ${typeof value}`);
  }
  assert.throws(() => echo.function('Int8')(), hotso.ArgumentError);
  assert.throws(() => echo.call('Text', [{}]), hotso.ArgumentError);
  assert.throws(() => echo.call('Int8', [1000]), hotso.ArgumentError);
});

test('a function calls itself in its own callback', () => {
  const each = echo.function('Each');
  let depth = 0;
  const visit = hotso.lend((i) => (depth++ < 3 ? each(2, visit) : BigInt(i) + 1n), 'func(int32) (int64, error)');
  assert.equal(each(2, visit), 9n, '1 + 2, and 2 more on each of three levels');
  visit.release();
});

test('many calls at the same time do not mix', async () => {
  const later = echo.function('Later');
  const texts = Array.from({ length: 100 }, (_, i) => `text ${i}`);
  assert.deepStrictEqual(await Promise.all(texts.map((s) => later.callAsync(s))), texts);
});
