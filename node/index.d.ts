/** Hot code: Go libraries that are swapped, unloaded and survived inside a running Node process. */

import { Readable } from 'node:stream';

/** Milliseconds, or a duration as Go writes it: "1.5s". */
export type Duration = number | string;

/** What crosses the border; README.md says what each is in Go. */
export type Value =
  | boolean
  | number
  | bigint
  | string
  | ArrayBuffer
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | Iterable<number | bigint>
  | { [field: string]: Value }
  | Lent;

/** A function for libraries: it may throw, which is an error for who called it. */
export type Callback = (...args: any[]) => unknown;

/** Settings of include/hotso.h by name, which says what each means. */
export interface SettingsOptions {
  allowDowngrade?: boolean;
  allowUnsealed?: boolean;
  blueGreen?: Duration;
  callTimeout?: Duration;
  cancelGrace?: Duration;
  checkFileName?: boolean;
  crashLimit?: number;
  crashWindow?: Duration;
  drainTimeout?: Duration;
  environ?: string | string[];
  eventQueue?: number;
  exclusive?: boolean;
  forceUnload?: boolean;
  handoverTimeout?: Duration;
  healthTimeout?: Duration;
  killHung?: boolean;
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | number;
  maxCalls?: number;
  maxCallsWait?: Duration;
  maxProcs?: number;
  memoryLimit?: number;
  onDisk?: string;
  probation?: Duration;
  reclaimC?: boolean;
  refuseConflicts?: boolean;
  ruleCalls?: number;
  ruleErrors?: number;
  ruleHealth?: Duration;
  startTimeout?: Duration;
  stopTimeout?: Duration;
  takeoverTimeout?: Duration;
  trustKey?: string | string[];
  /** Functions that libraries call by name (cabi.Host1), each with its signature. */
  provide?: Record<string, [signature: string, f: Callback]>;
}

/**
 * Settings that any number of libraries and slots are made with. Those with `provide` are kept, and not released, as
 * long as a library that was made with them is loaded, and are of the thread (the Worker) that made them.
 */
export class Settings implements Disposable {
  constructor(options?: SettingsOptions);
  readonly handle: bigint;
  release(): void;
  [Symbol.dispose](): void;
}

/** How one call is to be made. */
export interface CallOptions {
  /** Milliseconds after which it is Hung. Such a call runs on another thread. */
  timeout?: number;
  /** Which calls go to a canary. */
  key?: string | Uint8Array;
}

/** How long something may take, in milliseconds. */
export interface WaitOptions {
  timeout?: number;
}

/** A prepared function. A call of it blocks this thread; callAsync runs on a thread of Node's pool. */
export interface HotFunction<Args extends any[] = any[], Result = any> extends Disposable {
  (...args: Args): Result;
  callAsync(...args: Args): Promise<Result>;
  readonly signature: string;
  /** Gives the handle back; it is also done when the function is collected. */
  release(): void;
}

/**
 * A place where calls go. A handle is the same in all Workers: `new Target(handle)` in another one calls the slot or
 * library that has it, and does not close it.
 */
export class Target {
  constructor(handle: bigint);
  readonly handle: bigint;

  /**
   * Prepares a function. signature is what it must have, as Go writes it ("func(int32, int32) int32"); without one it
   * is what it has now. A slot will refuse a version that lacks it or has another one.
   */
  function<Args extends any[] = any[], Result = any>(name: string, signature?: string): HotFunction<Args, Result>;

  /** Calls a function by its name, on this thread. Structs need a prepared function. */
  call(name: string, args?: Value[], how?: CallOptions): any;
  /** call, on a thread of Node's pool. */
  callAsync(name: string, args?: Value[], how?: CallOptions): Promise<any>;

  /** Calls a function whose result is a stream. The timeout is for all of it. */
  openStream(name: string, args?: Value[], how?: CallOptions): Promise<Stream>;

  /** Lends a function, as the function lend does. */
  lend(f: Callback, signature: string): Lent;

  /** The library that serves (host.Description). */
  describe(): Description;
  /** Runs the health hooks of the library that serves. Rejects with Unhealthy. */
  health(): Promise<void>;
}

/** Members of Go's host.Description. */
export interface Description {
  name: string;
  version: string;
  [member: string]: any;
}

/** A stream of a library. While it is open its version stays loaded. */
export class Stream extends Readable {}

declare class Owner extends Target implements AsyncDisposable {
  /**
   * Refuses new calls, waits for those inside, stops and unloads. Resolves to the report of what was freed and what is
   * left, or undefined if there was no version. Rejects with Busy if calls stay inside for too long; what is left is
   * then let go when the last one returns. Closing twice gives the same.
   */
  close(options?: WaitOptions): Promise<Record<string, any> | undefined>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One version, read, verified, loaded and started. */
export class Library extends Owner {
  private constructor();
  static open(path: string, settings?: Settings | SettingsOptions, options?: WaitOptions): Promise<Library>;
}

/** Describes the library at path, and runs none of its code. Throws Refused as Library.open would. */
export function inspect(path: string, settings?: Settings | SettingsOptions): Description;

/** When a canary becomes the current version by itself, and which calls are all its. */
export interface CanaryOptions extends WaitOptions {
  keys?: string[];
  calls?: number;
  /** Milliseconds. */
  after?: number;
  /** The share of calls that may fail: 0 to 1. */
  errors?: number;
}

/** Members of Go's host.Swap. */
export type Swap = Record<string, any>;

/** An event of Go's host.Event, a log record, or an attempt of a watch. dropped is how many were lost before it. */
export interface SlotEvent {
  kind: 'event' | 'log' | 'watch';
  dropped?: number;
  [member: string]: any;
}

/** A name whose version can be replaced while it is called. */
export class Slot extends Owner {
  constructor(name: string, settings?: Settings | SettingsOptions);
  readonly name: string;

  /**
   * Replaces the version by the library at path. If that fails, the old one goes on serving. Resolves when the old one
   * was unloaded. Busy and Left may come although the swap holds: then error.details.result says so.
   */
  swap(path: string, options?: WaitOptions): Promise<Swap>;
  /** Goes back to the version before. */
  rollback(options?: WaitOptions): Promise<Swap>;
  /** Has the library at path serve percent of the calls, beside the current version. */
  canary(path: string, percent: number, options?: CanaryOptions): Promise<Record<string, any>>;
  /** Changes how many of the calls go to the canary. */
  setShare(percent: number, keys?: string[]): void;
  /** Makes the canary the current version. */
  promote(options?: WaitOptions): Promise<Swap>;
  /** Ends the canary. Resolves to its report. */
  abort(options?: WaitOptions): Promise<Record<string, any>>;
  /** What the slot has seen, oldest first (host.VersionInfo). */
  versions(): Record<string, any>[];
  /** Forgets all crashes: versions in a crash loop may be loaded again. */
  forgive(): void;
  /** Swaps to the newest version in a directory (lib<name>.v<version>.so), and again when a newer one comes. */
  watch(directory: string): Watch;

  /** The next event. Waits for one, without end if there is no timeout. undefined if none came or will come. */
  event(options?: WaitOptions): Promise<SlotEvent | undefined>;
  /** Events as they come, until the slot is closed. */
  events(): AsyncGenerator<SlotEvent, void, void>;
  /** The next event that is there already. */
  takeEvent(): SlotEvent | undefined;
}

/** A directory that is being watched, until it is released or the slot is closed. */
export class Watch implements Disposable {
  private constructor();
  release(): void;
  [Symbol.dispose](): void;
}

/** A function lent to libraries, for a parameter that is a function. */
export class Lent implements Disposable {
  constructor(f: Callback, signature: string);
  readonly handle: bigint;
  readonly word: bigint;
  /** Withdraws it: libraries that call it get an error. */
  release(): void;
  [Symbol.dispose](): void;
}

/**
 * Lends a function: lend(f, "func(string, int64) bool"). f runs on the JavaScript thread that lent it. If the library
 * calls it from another thread than the caller's, as with a timeout or from a goroutine of its own, it waits until that
 * thread is free: then callAsync is the way, as a plain call would wait for itself.
 */
export function lend(f: Callback, signature: string): Lent;

/** The version of libhotso. */
export function version(): string;

/** A signal whose handler others had taken: object is the name of the file that has theirs. */
export interface TakenSignal {
  signal: string;
  handler: string;
  object?: string;
}

/**
 * Takes back the signals that libraries need, and says which of them others have taken since the last time. Call it when
 * something has installed handlers for faults after the first swap: until then, or until the next swap, a nil dereference in a
 * library may end the process.
 */
export function signals(): TakenSignal[];

/** Base of all errors of hotso. Its message says what, where, why, and what to do. */
export class HotsoError extends Error {
  /** One of HOTSOH_* of include/hotso.h. */
  readonly status: number;
  /** Its name there: "crash_loop". */
  readonly code: string;
  /** What else is known, as hotsoh_error.json documents it: file, library, version, step, function, crash, ... */
  readonly details: Record<string, any>;
}
/** There is no such file, or it can't be read. */
export class NotFound extends HotsoError {}
/** The file was judged before any of its code ran, and is not loaded; code and message say why. */
export class Refused extends HotsoError {}
/** The library can't be loaded or started now; the message says why. */
export class LoadFailed extends HotsoError {}
/** A health hook says so. */
export class Unhealthy extends HotsoError {}
/** Something else has to end first; or calls are still inside, and the version stays until they return. */
export class Busy extends HotsoError {}
/** The library has ended, and something of it is left in the process; the report says what. */
export class Left extends HotsoError {}
/** The library, slot, function or stream was closed. */
export class Closed extends HotsoError {}
/** The slot has no version yet. */
export class Empty extends HotsoError {}
/** This platform or library can't do that. */
export class Unsupported extends HotsoError {}
/** The function returned an error; details.message is what it said. */
export class CallFailed extends HotsoError {}
/** The function panicked; the library lives on. details.message has the stack. */
export class Panicked extends CallFailed {}
/** An argument is not acceptable. */
export class ArgumentError extends HotsoError {}
/** The call did not return in time, and may still be inside. */
export class Hung extends HotsoError {}
/** As many calls are inside as may be; this one was not begun. */
export class TooManyCalls extends HotsoError {}
/** The library's runtime has ended, and with it this call. The process goes on. */
export class Crashed extends HotsoError {}
/** The version crashed too often, and is not loaded again until Slot.forgive. */
export class CrashLoop extends Crashed {}
/** The state could not be handed over; the old version goes on with it. */
export class StateError extends HotsoError {}
/** One version took over from another for too long; the call was not begun. */
export class Paused extends HotsoError {}
/** There is a canary where none may be, or none where one is wanted. */
export class CanaryError extends HotsoError {}
/** The time that was given is over. */
export class Timeout extends HotsoError {}
/** This process was forked after libhotso was loaded. */
export class Forked extends HotsoError {}
/** Another copy of libhotso is in this process. */
export class SecondCopy extends HotsoError {}
