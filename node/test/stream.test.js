import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buffer } from 'node:stream/consumers';
import * as hotso from 'hotso';
import { CALLBACK } from './libs.js';

let library;
before(async () => { library = await hotso.Library.open(CALLBACK); });
after(() => library.close());

test('a stream is a Readable', async () => {
  const got = await buffer(await library.openStream('Bytes', [200_000n, '']));
  assert.equal(got.length, 200_000);
  assert.ok(got.every((b, i) => b === i % 256));
});

test('an error in a stream', async () => {
  await assert.rejects(buffer(await library.openStream('Bytes', [10, 'error'])), /broke off as told/);
  await assert.rejects(library.openStream('Bytes', [10, 'refuse']), /refused as told/);
});

test('a stream that is left is closed', async () => {
  const stream = await library.openStream('Pieces', [1000, 10]);
  for await (const piece of stream) {
    assert.ok(piece.length > 0);
    break;
  }
  assert.ok(stream.destroyed);
});
