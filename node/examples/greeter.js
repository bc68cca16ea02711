// Serves the greeter to eight threads, and swaps it under their calls.
//
//     node node/examples/greeter.js build/libgreeter.v1.so build/libgreeter.v2.so

import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import * as hotso from 'hotso';

const SWAPS = 20;

async function main(paths) {
  const slot = new hotso.Slot('greeter', { allowDowngrade: true });
  await slot.swap(paths[0]);
  console.log(slot.call('GreetName', ['Ada']));
  const over = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from({ length: 8 }, () => served(slot.handle, over));
  await Promise.all(workers.map((w) => w.ready));

  const begin = performance.now();
  for (let i = 1; i <= SWAPS; i++) {
    await slot.swap(paths[i % paths.length]);
    await sleep(20);
  }
  const took = (performance.now() - begin) / SWAPS - 20;
  Atomics.store(over, 0, 1);
  const counts = await Promise.all(workers.map((w) => w.counts));
  await slot.close();
  const [calls, failed] = counts.reduce(([a, b], [c, d]) => [a + c, b + d]);
  console.log(`${calls} calls, ${failed} failed, ${SWAPS} swaps of ${took.toFixed(1)} ms`);
  process.exitCode = failed ? 1 : 0;
}

/** A thread that calls, until over is set. A handle is good in all threads. */
function served(handle, over) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { handle, over } });
  const next = () => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const ready = next();
  return { ready, counts: ready.then(next) };
}

function serve({ handle, over }) {
  const greet = new hotso.Target(handle).function('GreetName', 'func(string) (string, error)');
  let calls = 0, failed = 0;
  parentPort.postMessage('ready');
  while (!Atomics.load(over, 0)) {
    try {
      greet('Ada');
      calls++;
    } catch {
      failed++;
    }
  }
  parentPort.postMessage([calls, failed]);
}

if (!isMainThread) {
  serve(workerData);
} else if (process.argv.length < 4) {
  console.error('usage: node greeter.js LIBRARY LIBRARY...');
  process.exitCode = 2;
} else {
  await main(process.argv.slice(2));
}
