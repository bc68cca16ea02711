import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as hotso from 'hotso';
import { CALLBACK, ECHO, opened } from './libs.js';

let greeted, library;

before(async () => {
  library = await hotso.Library.open(CALLBACK, {
    provide: {
      Greet: ['func(string, int32) (string, error)', (name, n) => {
        if (n < 0) throw new Error('no greeting today');
        greeted = name;
        return `${name}${'!'.repeat(n)}`;
      }],
      Void: ['func() error', () => {}],
      Mixed: ['func([]float64, struct{X float64; Y float64; Tag uint8}, bool) struct{X float64; Y float64; Tag uint8}',
        (xs, p, ok) => ({ X: xs.reduce((a, b) => a + b), Y: p.X + p.Y, Tag: ok ? p.Tag : 0 })],
      Big: ['func(int64) []byte', (n) => Buffer.alloc(Number(n), 'b')],
      Early: ['func(string) error', () => {}],
    },
  });
});
after(() => library.close());

test('functions that are provided by name', async () => {
  assert.equal(library.call('Greet', ['Ada', 2]), 'Ada!!');
  assert.equal(greeted, 'Ada');
  library.call('Void');
  assert.equal(library.call('Mixed'), 6.5 + 9 + 6);
  for (const n of [0n, 10n, 100_000n]) assert.equal(library.call('Big', [n]), n);
  assert.equal(await library.callAsync('GreetElsewhere', [1]), 'elsewhere!', 'from another thread');
});

test('an error of a callback comes back, the library lives on', async () => {
  assert.throws(() => library.call('Greet', ['Ada', -1]), { name: 'CallFailed', message: /no greeting today/ });
  await assert.rejects(library.callAsync('GreetElsewhere', [-1]), { message: /no greeting today/ });
  assert.throws(() => library.call('Wrong'), hotso.CallFailed, 'another signature');
});

test('functions that are lent for a call', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const each = echo.function('Each');
  const double = hotso.lend((i) => 2n * BigInt(i), 'func(int32) (int64, error)');
  assert.equal(each(5, double), 20n);
  assert.equal(await each.callAsync(5, double), 20n);
  assert.equal(echo.call('Each', [5, double]), 20n);
  assert.throws(() => echo.call('Each', [5, double], { timeout: 1000 }), hotso.ArgumentError);
  assert.equal(await echo.callAsync('Each', [5, double], { timeout: 60_000 }), 20n);
  const fails = hotso.lend((i) => { throw new Error(`no ${i}`); }, 'func(int32) (int64, error)');
  assert.throws(() => each(1, fails), { name: 'CallFailed', message: /no 0/ });
  const wrong = hotso.lend(() => 'text', 'func(int32) (int64, error)');
  assert.throws(() => each(1, wrong), { name: 'CallFailed', message: /is no int64/ });
  for (const lent of [double, fails, wrong]) lent.release();
  assert.throws(() => each(1, double), hotso.HotsoError);
});

test('a function that is kept and withdrawn gives an error', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const seen = [];
  const lent = hotso.lend((s) => { seen.push(s); }, 'func(string) error');
  echo.call('Keep', [lent]);
  echo.call('CallKept', ['once']);
  lent.release();
  assert.throws(() => echo.call('CallKept', ['twice']), hotso.CallFailed);
  assert.deepEqual(seen, ['once']);
});

test('callbacks of every form', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const line = '(struct{From struct{X float64; Y float64}; To struct{X float64; Y float64}; Dashed bool}, error)';
  const lent = [
    hotso.lend(() => 'Ada', 'func() (string, error)'),
    hotso.lend((p, xs) => ({ From: p, To: { X: xs[0], Y: xs[1] }, Dashed: true }),
      `func(struct{X float64; Y float64}, []float64) ${line}`),
    hotso.lend((c, data, ok) => [c, data[1], ok ? 1 : 0], 'func(float64, []byte, bool) ([]float64, error)'),
    hotso.lend(() => {}, 'func() error'),
  ];
  assert.equal(echo.call('Forms', lent), 'Ada {{1 2} {3 4} true} [1.5 255 1]');
  lent.forEach((l) => l.release());
});
