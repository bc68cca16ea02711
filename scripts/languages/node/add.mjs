// Measures Add of the greeter as c/add.c does, with koffi (plain), or with the package hotso (add): one way in
// a process, as what a process calls first stays the fastest, by up to a third, and what it calls next pays for that.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { performance } from 'node:perf_hooks';

// The package lies elsewhere, with koffi beside it.
const [, , path, way, directory] = process.argv;
const hotso = await import(pathToFileURL(`${directory}/src/index.js`));
const koffi = createRequire(`${directory}/package.json`)('koffi');

const TURNS = 100, CALLS = 10_000;
const library = koffi.load(path);
if (library.func('int32_t hotso_start(int64_t)')(0) !== 0) throw new Error('hotso_start failed');
const plain = library.func('int32_t Add(int32_t, int32_t)');
const slot = new hotso.Slot('greeter');
await slot.swap(path);
const add = slot.function('Add', 'func(int32, int32) int32');
const call = { plain, add }[way];
if (call(40, 2) !== 42) throw new Error('wrong result');

function took() {
  const begin = performance.now();
  for (let i = 0; i < CALLS; i++) call(i, 1);
  return (performance.now() - begin) * 1e6;
}

let fastest = Infinity;
for (let turn = 0; turn < TURNS; turn++) fastest = Math.min(fastest, took());
console.log(fastest / CALLS);
process.exit(0);
