// What hotso gen --lang node writes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as hotso from 'hotso';
import { Echo } from '../../testdata/libs/echo/client/echo.mjs';
import { ECHO, opened } from './libs.js';

test('a generated client calls', async (t) => {
  const client = new Echo(await opened(t, hotso.Library.open(ECHO)));
  assert.equal(client.text('Ada'), 'Ada');
  assert.equal(await client.text.callAsync('Ada'), 'Ada');
  assert.equal(client.int64(-5n), -5n);
  assert.deepEqual([...client.float64s([1, 2.5])], [1, 2.5]);
  const line = client.turn({ From: { X: 1, Y: 2 }, To: { X: 3, Y: 4 }, Dashed: true });
  assert.deepEqual(line, { From: { X: 3, Y: 4 }, To: { X: 1, Y: 2 }, Dashed: true });
  assert.throws(() => client.divide(1, 0), hotso.CallFailed);
});

test('a generated client lends functions', async (t) => {
  const client = new Echo(await opened(t, hotso.Library.open(ECHO)));
  const seen = [];
  await client.parallel(8, (i) => { seen.push(i); });
  assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  await assert.rejects(client.untilItFails(() => { throw new Error('enough'); }), /enough/);
  const text = await client.forms(
    () => 'Ada',
    (p, xs) => ({ From: p, To: { X: xs[0] + xs[1], Y: 0 }, Dashed: true }),
    (c, data, ok) => [c, data.length, ok ? 1 : 0],
    () => {},
  );
  assert.equal(text, 'Ada {{1 2} {7 0} true} [1.5 2 1]');
});
