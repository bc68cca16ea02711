import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as hotso from 'hotso';
import { ECHO, GREETER_V1, GREETER_V2, SLOW, opened } from './libs.js';

test('an error of a function is CallFailed, and says what the function said', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const divide = echo.function('Divide');
  assert.equal(divide(1, 2), 0.5);
  const failed = { name: 'CallFailed', code: 'call', message: /division by zero/ };
  assert.throws(() => divide(1, 0), failed);
  assert.throws(() => echo.call('Divide', [1, 0]), failed);
  await assert.rejects(divide.callAsync(1, 0), failed);
  await assert.rejects(echo.callAsync('Divide', [1, 0]), failed);
  assert.equal(divide(1, 2), 0.5, 'no error of the call before');
});

test('a panic is Panicked, and the library lives on', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  assert.throws(() => echo.call('Panics', ['at the disco']), { name: 'Panicked', message: /at the disco/ });
  assert.equal(echo.call('Text', ['still here']), 'still here');
});

test('files that are no libraries are refused, each with its reason', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hotso-'));
  const text = join(dir, 'libtext.v1.so');
  writeFileSync(text, 'no library');
  await assert.rejects(hotso.Library.open(text), { name: 'Refused', code: 'not_elf' });
  await assert.rejects(hotso.Library.open(join(dir, 'none.so')), hotso.NotFound);
  assert.throws(() => hotso.inspect(text), { name: 'Refused', code: 'not_elf' });
});

test('inspect runs nothing and knows the functions', () => {
  const { name, version } = hotso.inspect(GREETER_V2);
  assert.deepEqual([name, version], ['greeter', '2']);
});

test('a wrong signature and an unknown function', async (t) => {
  const greeter = await opened(t, hotso.Library.open(GREETER_V1));
  assert.throws(() => greeter.function('Add', 'func(string) string'), { name: 'Refused', code: 'signature' });
  assert.throws(() => greeter.function('Sub'), { name: 'Refused', code: 'function' });
  assert.throws(() => greeter.call('Sub'), { code: 'function' });
  assert.throws(() => greeter.call('Add', [1]), hotso.ArgumentError);
});

test('unknown settings and values', () => {
  assert.throws(() => new hotso.Settings({ nonsense: 1 }), hotso.ArgumentError);
  assert.throws(() => new hotso.Settings({ drainTimeout: 'soon' }), hotso.ArgumentError);
});

test('released handles and closed targets are Closed', async () => {
  const greeter = await hotso.Library.open(GREETER_V1);
  const add = greeter.function('Add');
  const other = greeter.function('Add');
  other.release();
  other.release();
  assert.throws(() => other(1, 2), hotso.Closed);
  const [report, again] = await Promise.all([greeter.close(), greeter.close()]);
  assert.match(report.state, /unloaded|quarantined/);
  assert.deepEqual(again, report);
  assert.throws(() => add(1, 2), hotso.Closed);
  assert.throws(() => greeter.call('Add', [1, 2]), hotso.Closed);
  await assert.rejects(greeter.openStream('Add'), hotso.Closed);
});

test('a call that does not return in time is Hung', async (t) => {
  const slow = await opened(t, hotso.Library.open(SLOW));
  const hung = { name: 'Hung', code: 'hung' };
  assert.throws(() => slow.call('Sleep', [200], { timeout: 20 }), hung);
  await assert.rejects(slow.callAsync('Sleep', [200], { timeout: 20 }), hung);
  assert.equal(await slow.callAsync('Sleep', [1], { timeout: 60_000 }), 1n);
});

for (const kind of ['panic', 'goroutine', 'nil', 'throw', 'exit']) {
  test(`a crash is contained: ${kind}`, async (t) => {
    const greeter = await opened(t, hotso.Library.open(GREETER_V1));
    await assert.rejects(greeter.callAsync('hotso_drill', [kind]), { name: 'Crashed', code: 'crashed' });
    assert.throws(() => greeter.call('Add', [1, 2]), hotso.Crashed);
    assert.throws(() => null.member, TypeError, "the engine's own traps work");
  });
}

test('a slot serves on after a crash', async (t) => {
  const slot = await opened(t, new hotso.Slot('greeter'));
  await slot.swap(GREETER_V1);
  const add = slot.function('Add');
  assert.throws(() => slot.call('hotso_drill', ['panic']), hotso.Crashed);
  await slot.swap(GREETER_V2);
  assert.equal(add(1, 2), 3);
});
