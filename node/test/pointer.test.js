// Functions of numbers, which are called by pointer: see src/pointer.js. That all values come back is in call.test.js.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import koffi from 'koffi';
import * as hotso from 'hotso';
import { byPointer } from '../src/pointer.js';
import { library } from '../src/native.js';
import { word } from '../src/invoke.js';
import { parse } from '../src/signature.js';
import { CRASH, ECHO, GREETER_V1, GREETER_V2, opened } from './libs.js';

/** A function that is only called by pointer: what goes the other way throws. */
function pointed(target, name) {
  const state = { handle: word(library().prepare, target.handle, name, null) };
  const signature = parse(target.function(name).signature);
  return byPointer(state, signature, () => { throw new Error('not by pointer'); });
}

test('numbers and nothing else have a pointer', { skip: process.arch !== 'x64' && 'only on x64' }, async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  assert.equal(pointed(echo, 'Int64')(-1n), -1n);
  assert.equal(pointed(echo, 'Int64')(2 ** 40), 2n ** 40n, 'int64 stays a bigint');
  assert.equal(pointed(echo, 'Uint64')(1), 1n);
  assert.equal(pointed(echo, 'Weigh')(1, 2, 3, 4), 4321);
  assert.equal(pointed(echo, 'Floats')(1, 2, 3, 4, 5, 6, 7, 8), 12345678);
  assert.equal(pointed(echo, 'Nothing')(), undefined);
  for (const name of ['Text', 'Struct', 'Bytes', 'Many', 'Digits']) {
    assert.equal(pointed(echo, name), undefined, name);
  }
  assert.throws(() => pointed(echo, 'Int8')(128), /not by pointer/);
  assert.throws(() => pointed(echo, 'Int8')(), /not by pointer/);
});

test('more arguments than there are registers', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  assert.equal(echo.function('Digits')(1n, 2n, 3, 4, 5, 6, 7, 8n, 9, 1n), 1234567891n);
});

test('a bigint does for a small integer, and a number for a large one', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  assert.equal(echo.function('Int8')(5n), 5);
  assert.equal(echo.function('Uint64')(5), 5n);
  for (const [name, value] of [
    ['Int8', 128n], ['Uint8', -1], ['Uint64', -1], ['Uint64', 2n ** 64n], ['Int64', 2 ** 53], ['Int64', 0.5],
    ['Bool', undefined], ['Float32', '1'], ['Float64', undefined],
  ]) {
    assert.throws(() => echo.function(name)(value), hotso.ArgumentError, `${name} of ${value}`);
  }
  assert.throws(() => echo.function('Int8')(1, 2), hotso.ArgumentError);
});

test('an error is of its call only', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const divide = echo.function('Divide');
  const check = echo.function('Check');
  for (let i = 0; i < 3; i++) {
    assert.throws(() => divide(1, 0), { name: 'CallFailed', message: /division by zero/ });
    assert.equal(divide(1, 2), 0.5);
    assert.throws(() => check(false), { name: 'CallFailed', message: /not ok/ });
    assert.equal(check(true), undefined);
  }
});

test('errors of two threads do not mix', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const divide = echo.function('Divide');
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.hotso).then((hotso) => {
      const divide = new hotso.Target(workerData.handle).function('Divide');
      let failed = 0;
      for (let i = 0; i < 2000; i++) {
        try { divide(i, i % 2); } catch (error) { failed += error.name === 'CallFailed' && i % 2 === 0; }
      }
      parentPort.postMessage(failed);
    });`;
  const workerData = { handle: echo.handle, hotso: import.meta.resolve('hotso') };
  const worker = new Worker(program, { eval: true, workerData });
  let answer;
  const done = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  done.then((failed) => { answer = failed; });
  while (answer === undefined) {
    for (let i = 0; i < 500; i++) assert.equal(divide(i, 2), i / 2);
    await new Promise(setImmediate);
  }
  assert.equal(await done, 1000);
});

test('a crash inside of a call', async (t) => {
  const crash = await opened(t, hotso.Library.open(CRASH));
  const add = crash.function('Add');
  assert.equal(add(1, 2), 3);
  const getpid = koffi.address(koffi.load(null).symbol('getpid'));
  assert.throws(() => crash.function('CallbackThenCrash')(getpid), hotso.Crashed);
  assert.throws(() => add(1, 2), hotso.Crashed);
});

test('a swap, and a crash between calls', async (t) => {
  const slot = await opened(t, new hotso.Slot('greeter'));
  await slot.swap(GREETER_V1);
  const add = slot.function('Add');
  assert.equal(add(1, 2), 3);
  await slot.swap(GREETER_V2);
  assert.equal(add(-1, -(2 ** 31) + 1), -(2 ** 31));
  assert.equal(slot.describe().version, '2');
  const greeter = await opened(t, hotso.Library.open(GREETER_V1));
  const own = greeter.function('Add');
  assert.throws(() => greeter.call('hotso_drill', ['panic']), hotso.Crashed);
  assert.throws(() => own(1, 2), hotso.Crashed);
});

test('a released function does not call the one that has its place now', async (t) => {
  const echo = await opened(t, hotso.Library.open(ECHO));
  const released = echo.function('Int8');
  released.release();
  const other = echo.function('Uint8');
  assert.throws(() => released(1), hotso.Closed);
  assert.equal(other(255), 255);
});
