// A Node.js host of the greeter, through the C API of include/greeter.h.
//
//     npm install --prefix libgreeter/examples/node
//     node libgreeter/examples/node/greet.js build/libgreeter.v2.so
//
// Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
// not a library that this program can use.
"use strict";

const koffi = require("koffi");

const FAILED = 1, USAGE = 2, NOT_USABLE = 3;
const ABI_VERSION = 1;
const MAGIC = Buffer.from("hotso\0\0\x01");
const OK = 0, TOO_SMALL = 1; // kinds of a status
const TIMEOUT = 10_000_000_000; // nanoseconds

// hotso_description. The library owns it.
koffi.struct("hotso_description", {
  magic: koffi.array("uint8_t", 8),
  abi: "uint32_t",
  flags: "uint32_t",
  name: koffi.array("char", 64),
  version: koffi.array("char", 64),
});

// The file is not a hotso library of this ABI.
class NotUsable extends Error {}

// A function of the library failed; the message is its message.
class GreeterError extends Error {}

class Greeter {
  constructor(path) {
    try {
      const lib = koffi.load(path);
      this.describe = lib.func("const hotso_description *hotso_describe()");
      this.hotsoStart = lib.func("int32_t hotso_start(int64_t timeout_ns)");
      this.hotsoStop = lib.func("int32_t hotso_stop(int64_t timeout_ns)");
      this.hotsoTake = lib.func("int32_t hotso_take(int32_t status, _Out_ uint8_t *out, size_t cap, _Out_ size_t *len)");
      this.hotsoTakeStatus = lib.func("int32_t hotso_take_status()");
      this.hotsoFree = lib.func("void hotso_free(void *memory)");
      this.pending = lib.symbol("hotso_pending", "uint32_t");
      this.libGreet = lib.func("void *Greet()");
      this.libAdd = lib.func("int32_t Add(int32_t a, int32_t b)");
      this.libGreetName = lib.func(
        "int32_t GreetName(const uint8_t *name, size_t n, _Out_ uint8_t *out, size_t cap, _Out_ size_t *len)");
    } catch (err) {
      throw new NotUsable(`${path}: ${err.message}`, { cause: err });
    }
    const d = koffi.decode(this.describe(), "hotso_description");
    if (!MAGIC.equals(Buffer.from(d.magic)) || d.abi !== ABI_VERSION) {
      throw new NotUsable(`${path}: not a hotso library of ABI ${ABI_VERSION}`);
    }
    ({ abi: this.abi, name: this.name, version: this.version } = d);
  }

  start() { this.#check(this.hotsoStart(TIMEOUT)); }

  stop() { this.#check(this.hotsoStop(TIMEOUT)); }

  greet() {
    const pointer = this.libGreet();
    this.#checkPending();
    try {
      return koffi.decode(pointer, "char", -1);
    } finally {
      this.hotsoFree(pointer);
    }
  }

  add(a, b) {
    const sum = this.libAdd(a, b);
    this.#checkPending();
    return sum;
  }

  // The greeting, and whether it was longer than capacity and had to be taken.
  greetName(name, capacity = 32) {
    const data = Buffer.from(name), out = Buffer.alloc(capacity), length = [0];
    const status = this.libGreetName(data, data.length, out, capacity, length);
    if ((status & 0xff) === TOO_SMALL) return [this.#take(status, length[0]), true];
    this.#check(status);
    return [out.toString("utf8", 0, length[0]), false];
  }

  #check(status) {
    if (status !== OK) throw new GreeterError(this.#take(status, 256));
  }

  // After a function that has no status to return: did it panic?
  #checkPending() {
    if (koffi.decode(this.pending, "uint32_t") !== 0) this.#check(this.hotsoTakeStatus());
  }

  // The bytes kept for a status; size is how many are expected, more are taken too.
  #take(status, size) {
    const length = [size];
    for (;;) {
      const out = Buffer.alloc(length[0]);
      const kind = this.hotsoTake(status, out, out.length, length) & 0xff;
      if (kind !== TOO_SMALL) return out.toString("utf8", 0, length[0]);
    }
  }
}

function main(args) {
  if (args.length !== 1) {
    console.error("usage: greet.js LIBRARY");
    return USAGE;
  }
  try {
    const greeter = new Greeter(args[0]);
    const who = greeter.name ? `${greeter.name} ${greeter.version}` : "not sealed";
    console.log(`library: ${who}, ABI ${greeter.abi}`);
    greeter.start();
    console.log("Greet:", greeter.greet());
    console.log("Add: 40 + 2 =", greeter.add(40, 2));
    for (const name of ["Ada", "Augusta Ada King, Countess of Lovelace", ""]) {
      try {
        const [text, taken] = greeter.greetName(name);
        console.log(`GreetName: ${text}` + (taken ? ` (${Buffer.byteLength(text)} bytes, taken)` : ""));
      } catch (err) {
        if (!(err instanceof GreeterError)) throw err;
        console.log("GreetName: error:", err.message);
      }
    }
    greeter.stop();
    console.log("stopped");
  } catch (err) {
    if (!(err instanceof NotUsable || err instanceof GreeterError)) throw err;
    console.error(err.message);
    return err instanceof NotUsable ? NOT_USABLE : FAILED;
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
