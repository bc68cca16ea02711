import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as hotso from 'hotso';
import { CALLBACK, GREETER_V1, GREETER_V2, opened } from './libs.js';

const settings = { allowDowngrade: true };

test('an empty slot, a swap, a rollback', async (t) => {
  const slot = await opened(t, new hotso.Slot('greeter', settings));
  assert.throws(() => slot.call('Greet'), hotso.Empty);
  await slot.swap(GREETER_V1);
  const greet = slot.function('GreetName', 'func(string) (string, error)');
  const first = greet('Ada');
  const swap = await slot.swap(GREETER_V2);
  assert.equal(swap.version, '2');
  assert.match(swap.old.state, /unloaded|quarantined/);
  assert.notEqual(greet('Ada'), first);
  await slot.rollback();
  assert.equal(greet('Ada'), first);
  assert.equal(slot.describe().version, '1');
  assert.ok(slot.versions().length >= 2);
  await slot.health();
});

test('a swap to what cannot be loaded leaves the old version', async (t) => {
  const slot = await opened(t, new hotso.Slot('greeter', settings));
  await slot.swap(GREETER_V1);
  await assert.rejects(slot.swap(CALLBACK), { name: 'Refused', code: 'name' });
  assert.equal(slot.call('Add', [1, 2]), 3);
});

test('a canary is promoted or ended', async (t) => {
  const slot = await opened(t, new hotso.Slot('greeter', settings));
  await slot.swap(GREETER_V1);
  const old = slot.call('Greet');
  await slot.canary(GREETER_V2, 0, { keys: ['Ada'] });
  await assert.rejects(slot.canary(GREETER_V2, 5), hotso.CanaryError);
  assert.equal(slot.call('Greet'), old);
  const canary = slot.call('Greet', [], { key: 'Ada' });
  assert.notEqual(canary, old);
  slot.setShare(100);
  assert.equal(slot.call('Greet'), canary);
  await slot.abort();
  assert.equal(slot.call('Greet'), old);
  await slot.canary(GREETER_V2, 1);
  await slot.promote();
  assert.equal(slot.call('Greet'), canary);
  await assert.rejects(slot.promote(), hotso.CanaryError);
});

test('swaps under the calls of threads lose none', async (t) => {
  const slot = await opened(t, new hotso.Slot('greeter', settings));
  await slot.swap(GREETER_V1);
  const over = new Int32Array(new SharedArrayBuffer(4));
  const program = new URL('caller.js', import.meta.url);
  const workers = Array.from({ length: 4 }, () => new Worker(program, { workerData: { handle: slot.handle, over } }));
  const message = (w) => new Promise((resolve, reject) => w.once('message', resolve).once('error', reject));
  await Promise.all(workers.map(message));
  for (let i = 0; i < 10; i++) await slot.swap(i % 2 ? GREETER_V1 : GREETER_V2);
  const counts = workers.map(message);
  Atomics.store(over, 0, 1);
  for (const { calls, failed } of await Promise.all(counts)) {
    assert.deepEqual(failed, []);
    assert.ok(calls > 0);
  }
});

test('a directory is watched', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hotso-'));
  const slot = await opened(t, new hotso.Slot('greeter'));
  copyFileSync(GREETER_V1, join(dir, basename(GREETER_V1)));
  const watch = slot.watch(dir);
  const seen = [];
  for await (const e of slot.events()) {
    if (e.kind !== 'watch') continue;
    seen.push(e.version);
    if (seen.length === 2) break;
    copyFileSync(GREETER_V2, join(dir, basename(GREETER_V2)));
  }
  assert.deepEqual(seen, ['1', '2']);
  assert.equal(slot.describe().version, '2');
  watch.release();
});

test('events come as they happen, the last ones after the slot is closed', async () => {
  const slot = new hotso.Slot('greeter');
  assert.equal(await slot.event({ timeout: 10 }), undefined);
  const states = [];
  const all = (async () => {
    for await (const e of slot.events()) if (e.kind === 'event') states.push(e.state);
  })();
  await slot.swap(GREETER_V1);
  await slot.close();
  await all;
  assert.equal(states[0], 'found');
  assert.ok(states.includes('serving'));
  assert.match(states.at(-1), /unloaded|quarantined/);
  assert.throws(() => slot.call('Greet'), hotso.Closed);
});

test('log records of a library are events', async (t) => {
  const slot = await opened(t, new hotso.Slot('callback', { logLevel: 'info' }));
  await slot.swap(CALLBACK);
  slot.call('Log');
  let item;
  do item = await slot.event({ timeout: 10_000 }); while (item && item.kind !== 'log');
  assert.equal(item?.message, 'hello');
  assert.equal(item.library, 'callback');
});

test('await using closes it', async () => {
  const slot = new hotso.Slot('greeter');
  await slot.swap(GREETER_V1);
  const add = slot.function('Add');
  await slot[Symbol.asyncDispose]();
  assert.throws(() => add(1, 2), hotso.Closed);
});

test('nobody has taken a signal', async (t) => {
  await opened(t, hotso.Library.open(GREETER_V1));
  hotso.signals();
  assert.deepEqual(hotso.signals(), []);
});
