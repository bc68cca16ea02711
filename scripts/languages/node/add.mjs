// Measures Add of the greeter as c/add.c does, with koffi and with the package hotso.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { performance } from 'node:perf_hooks';

// The package lies elsewhere, with koffi beside it.
const [, , path, rounds, directory] = process.argv;
const hotso = await import(pathToFileURL(`${directory}/src/index.js`));
const koffi = createRequire(`${directory}/package.json`)('koffi');

const TURNS = 20, CALLS = 10_000;
const library = koffi.load(path);
if (library.func('int32_t hotso_start(int64_t)')(0) !== 0) throw new Error('hotso_start failed');
const plain = library.func('int32_t Add(int32_t, int32_t)');
const slot = new hotso.Slot('greeter');
await slot.swap(path);
const add = slot.function('Add', 'func(int32, int32) int32');
if (plain(40, 2) !== 42 || add(40, 2) !== 42) throw new Error('wrong result');

function took(call) {
  const begin = performance.now();
  for (let i = 0; i < CALLS; i++) call(i, 1);
  return (performance.now() - begin) * 1e6;
}

for (let round = 0; round < Number(rounds); round++) {
  const fastest = [Infinity, Infinity];
  for (let turn = 0; turn < TURNS; turn++) {
    fastest[0] = Math.min(fastest[0], took(plain));
    fastest[1] = Math.min(fastest[1], took(add));
  }
  console.log(fastest[0] / CALLS, fastest[1] / CALLS);
}
process.exit(0);
