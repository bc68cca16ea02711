//! The C API, as include/hotso.h has it.

use std::ffi::{c_char, c_void};

pub type Status = i32;
pub type Handle = u64;

#[repr(C)]
pub struct RawError {
    pub status: Status,
    pub code: i32,
    pub text: *const c_char,
    pub json: *const c_char,
}

#[repr(C)]
pub struct Value {
    pub kind: i32,
    pub reserved: i32,
    pub integer: i64,
    pub number: f64,
    pub data: *const c_void,
    pub length: usize,
    pub buffer: *mut c_void,
    pub capacity: usize,
}

impl Value {
    pub fn none() -> Value {
        let buffer = std::ptr::null_mut();
        Value { kind: 0, reserved: 0, integer: 0, number: 0.0, data: buffer, length: 0, buffer, capacity: 0 }
    }
}

#[repr(C)]
pub struct CallOptions {
    pub size: usize,
    pub timeout_ns: i64,
    pub key: *const c_char,
    pub key_length: usize,
}

pub type Callback =
    unsafe extern "C" fn(user: *mut c_void, args: *const Value, count: u32, result: *mut Value) -> Status;

pub type Out<T> = *mut T;
pub type ErrorOut = *mut *mut RawError;
pub type TextOut = *mut *mut c_char;

extern "C" {
    pub fn hotsoh_status_name(status: Status) -> *const c_char;
    pub fn hotsoh_version() -> *const c_char;
    pub fn hotsoh_signals(taken: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_free(memory: *mut c_void);
    pub fn hotsoh_alloc(size: usize) -> *mut c_void;
    pub fn hotsoh_release(handle: Handle, error: ErrorOut) -> Status;
    pub fn hotsoh_settings_new(settings: Out<Handle>, error: ErrorOut) -> Status;
    pub fn hotsoh_settings_set(
        settings: Handle,
        name: *const c_char,
        value: *const c_char,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_settings_provide(
        settings: Handle,
        name: *const c_char,
        signature: *const c_char,
        callback: Callback,
        user: *mut c_void,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_inspect(path: *const c_char, settings: Handle, description: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_library_open(
        path: *const c_char,
        settings: Handle,
        timeout_ns: i64,
        library: Out<Handle>,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_slot_new(name: *const c_char, settings: Handle, slot: Out<Handle>, error: ErrorOut) -> Status;
    pub fn hotsoh_slot_swap(
        slot: Handle,
        path: *const c_char,
        timeout_ns: i64,
        swap: TextOut,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_slot_rollback(slot: Handle, timeout_ns: i64, swap: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_slot_canary(
        slot: Handle,
        path: *const c_char,
        percent: f64,
        terms: *const c_char,
        timeout_ns: i64,
        version: TextOut,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_slot_set_share(slot: Handle, percent: f64, keys: *const c_char, error: ErrorOut) -> Status;
    pub fn hotsoh_slot_promote(slot: Handle, timeout_ns: i64, swap: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_slot_abort(slot: Handle, timeout_ns: i64, report: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_slot_versions(slot: Handle, versions: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_slot_forgive(slot: Handle, error: ErrorOut) -> Status;
    pub fn hotsoh_describe(target: Handle, description: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_health(target: Handle, error: ErrorOut) -> Status;
    pub fn hotsoh_close(target: Handle, timeout_ns: i64, report: TextOut, error: ErrorOut) -> Status;
    pub fn hotsoh_watch_start(slot: Handle, dir: *const c_char, watch: Out<Handle>, error: ErrorOut) -> Status;
    pub fn hotsoh_event_next(
        slot: Handle,
        timeout_ns: i64,
        item: TextOut,
        dropped: Out<u64>,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_event_fd(slot: Handle, fd: Out<i32>, error: ErrorOut) -> Status;
    pub fn hotsoh_call_json(
        target: Handle,
        name: *const c_char,
        args: *const c_char,
        result: TextOut,
        options: *const CallOptions,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_prepare(
        target: Handle,
        name: *const c_char,
        signature: *const c_char,
        function: Out<Handle>,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_call(
        function: Handle,
        args: *const Value,
        count: u32,
        result: *mut Value,
        options: *const CallOptions,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_invoke(
        function: Handle,
        args: *const u64,
        count: u32,
        result: *mut u64,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_lend(
        signature: *const c_char,
        callback: Callback,
        user: *mut c_void,
        lent: Out<Handle>,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_lent_word(lent: Handle, word: Out<u64>, error: ErrorOut) -> Status;
    pub fn hotsoh_stream_open(
        target: Handle,
        name: *const c_char,
        args: *const Value,
        count: u32,
        options: *const CallOptions,
        stream: Out<Handle>,
        error: ErrorOut,
    ) -> Status;
    pub fn hotsoh_stream_read(
        stream: Handle,
        buffer: *mut c_void,
        capacity: usize,
        length: Out<usize>,
        error: ErrorOut,
    ) -> Status;
}
