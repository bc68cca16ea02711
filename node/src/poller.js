// Waits until descriptors are readable. All waits of a JavaScript thread share one thread of Node's pool, which has
// four by default (UV_THREADPOOL_SIZE).

import koffi from 'koffi';
import { inPool } from './invoke.js';

const libc = koffi.load(null);
const poll = libc.func('poll', 'int', ['void *', 'ulong', 'int']);
const eventfd = libc.func('eventfd', 'int', ['uint', 'int']);
const readFd = libc.func('read', 'long', ['int', 'void *', 'size_t']);
const writeFd = libc.func('write', 'long', ['int', 'void *', 'size_t']);

const POLLIN = 1, EFD_NONBLOCK_CLOEXEC = 0o2004000;
const LONGEST = 1000; // ms: so long may the end of a Worker take that is terminated in a wait

const waits = new Set(); // { fd, until, resolve }
const one = new BigUint64Array([1n]);
let bell = -1; // wakes the thread that polls
let polling = false;

/** Resolves when fd is readable, when until (of performance.now) is over, or when cancel(fd) says so. */
export function readable(fd, until = Infinity) {
  return new Promise((resolve) => {
    waits.add({ fd, until, resolve });
    if (polling) ring();
    else start();
  });
}

/** Ends the waits for a descriptor, before it is closed. */
export function cancel(fd) {
  for (const wait of waits) if (wait.fd === fd) end(wait);
  if (polling) ring();
}

function end(wait) {
  waits.delete(wait);
  wait.resolve();
}

function ring() {
  writeFd(bell, one, 8);
}

function start() {
  if (bell < 0) {
    bell = eventfd(0, EFD_NONBLOCK_CLOEXEC);
    process.once('exit', ring); // Node waits for its pool
  }
  polling = true;
  loop().finally(() => { polling = false; });
}

async function loop() {
  const drained = new BigUint64Array(1);
  while (waits.size > 0) {
    const asked = [...waits];
    const fds = new DataView(new ArrayBuffer(8 * (asked.length + 1))); // pollfd: int fd, short events, short revents
    [bell, ...asked.map((w) => w.fd)].forEach((fd, i) => {
      fds.setInt32(8 * i, fd, true);
      fds.setInt16(8 * i + 4, POLLIN, true);
    });
    const left = Math.min(...asked.map((w) => w.until)) - performance.now();
    await inPool(poll, koffi.address(fds), asked.length + 1, Math.max(0, Math.min(LONGEST, Math.ceil(left))));
    if (fds.getInt16(6, true)) readFd(bell, drained, 8);
    const now = performance.now();
    asked.forEach((wait, i) => {
      if (waits.has(wait) && (fds.getInt16(8 * i + 14, true) || wait.until <= now)) end(wait);
    });
  }
}
