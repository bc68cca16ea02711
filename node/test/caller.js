// A thread that calls a slot until it is told that it is over.

import { parentPort, workerData } from 'node:worker_threads';
import * as hotso from 'hotso';

const { handle, over } = workerData;
const greet = new hotso.Target(handle).function('GreetName', 'func(string) (string, error)');
const failed = [];
let calls = 0;
parentPort.postMessage('ready');
while (!Atomics.load(over, 0)) {
  try {
    if (!greet('Ada').startsWith('Hello, Ada!')) throw new Error('another answer');
    calls++;
  } catch (error) {
    failed.push(error.message);
  }
}
parentPort.postMessage({ calls, failed });
