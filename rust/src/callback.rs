//! Rust functions that libraries call.

use crate::{error::check, handle::Handle, sys, text, Params, Result, Ret};
use std::{
    ffi::c_void,
    panic::{self, AssertUnwindSafe},
    ptr, slice,
};

/// The parameters of a function that libraries call: a tuple of at most three bools, numbers, `String`s and `Vec<u8>`s.
pub trait FromValues: Sized {
    #[doc(hidden)]
    unsafe fn from_values(values: &[sys::Value]) -> Self;
}

/// The result of a function that libraries call: a bool, number, `String`, `Vec<u8>` or `()`.
pub trait IntoValue {
    #[doc(hidden)]
    unsafe fn into_value(self, result: &mut sys::Value);
}

trait FromValue {
    unsafe fn from_value(value: &sys::Value) -> Self;
}

macro_rules! integers {
    ($($t:ty)*) => { $(
        impl FromValue for $t { unsafe fn from_value(v: &sys::Value) -> $t { v.integer as $t } }
        impl IntoValue for $t { unsafe fn into_value(self, v: &mut sys::Value) { v.integer = self as i64 } }
    )* };
}
integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

macro_rules! floats {
    ($($t:ty)*) => { $(
        impl FromValue for $t { unsafe fn from_value(v: &sys::Value) -> $t { v.number as $t } }
        impl IntoValue for $t { unsafe fn into_value(self, v: &mut sys::Value) { v.number = self as f64 } }
    )* };
}
floats! { f32 f64 }

impl FromValue for bool {
    unsafe fn from_value(v: &sys::Value) -> bool {
        v.integer != 0
    }
}

impl IntoValue for bool {
    unsafe fn into_value(self, v: &mut sys::Value) {
        v.integer = self as i64
    }
}

impl FromValue for Vec<u8> {
    unsafe fn from_value(v: &sys::Value) -> Vec<u8> {
        match v.length {
            0 => Vec::new(),
            n => slice::from_raw_parts(v.data.cast(), n).to_vec(),
        }
    }
}

impl IntoValue for Vec<u8> {
    unsafe fn into_value(self, v: &mut sys::Value) {
        give(&self, v)
    }
}

impl FromValue for String {
    unsafe fn from_value(v: &sys::Value) -> String {
        String::from_utf8_lossy(&Vec::from_value(v)).into_owned()
    }
}

impl IntoValue for String {
    unsafe fn into_value(self, v: &mut sys::Value) {
        give(self.as_bytes(), v)
    }
}

impl IntoValue for () {
    unsafe fn into_value(self, _: &mut sys::Value) {}
}

macro_rules! from_values {
    ($(($($t:ident $i:tt),*))*) => { $(
        #[allow(private_bounds)]
        impl<$($t: FromValue),*> FromValues for ($($t,)*) {
            unsafe fn from_values(values: &[sys::Value]) -> Self {
                let _ = values;
                ($($t::from_value(&values[$i]),)*)
            }
        }
    )* };
}
from_values! { () (A 0) (A 0, B 1) (A 0, B 1, C 2) }

/// Puts bytes where a result goes: its own buffer, or memory that libhotso frees.
unsafe fn give(data: &[u8], v: &mut sys::Value) {
    let room = if data.len() <= v.capacity { v.buffer } else { sys::hotsoh_alloc(data.len()) };
    v.length = if room.is_null() { 0 } else { data.len() };
    if v.length > 0 {
        ptr::copy_nonoverlapping(data.as_ptr(), room.cast(), data.len());
    }
    v.data = room;
}

pub(crate) fn signature<P: Params, R: Ret>() -> String {
    let result = R::text();
    let separator = if result.is_empty() { "" } else { " " };
    format!("func({}){separator}{result}", P::text())
}

/// A C function, and what it is to be given as user, a pointer to F.
pub(crate) fn raw<P, R, F>(function: F) -> (sys::Callback, Box<F>)
where
    P: FromValues,
    R: IntoValue,
    F: Fn(P) -> std::result::Result<R, String>,
{
    unsafe extern "C" fn call<P, R, F>(
        user: *mut c_void,
        args: *const sys::Value,
        count: u32,
        result: *mut sys::Value,
    ) -> sys::Status
    where
        P: FromValues,
        R: IntoValue,
        F: Fn(P) -> std::result::Result<R, String>,
    {
        let function = &*user.cast::<F>();
        let args = if count == 0 { &[] } else { slice::from_raw_parts(args, count as usize) };
        // Nothing may unwind through C.
        match panic::catch_unwind(AssertUnwindSafe(|| function(P::from_values(args)))) {
            Ok(Ok(value)) => {
                value.into_value(&mut *result);
                0
            }
            Ok(Err(text)) => {
                give(text.as_bytes(), &mut *result);
                1
            }
            Err(_) => {
                give(b"the callback panicked", &mut *result);
                1
            }
        }
    }
    (call::<P, R, F>, Box::new(function))
}

/// A Rust function lent to libraries, for a parameter that is a function: pass [`word`](Lent::word), as the u64 that
/// the parameter is. Libraries that call it after it was dropped get an error.
#[derive(Debug)]
pub struct Lent {
    _handle: Handle,
    word: u64,
}

impl Lent {
    /// Lends a function. It may be called on any thread, several at a time, and stays in memory for good: a call
    /// may be under way when the Lent is dropped.
    pub fn new<P, R, F>(function: F) -> Result<Lent>
    where
        P: Params + FromValues,
        R: Ret + IntoValue,
        F: Fn(P) -> std::result::Result<R, String> + Send + Sync + 'static,
    {
        let (callback, function) = raw::<P, R, F>(function);
        let signature = text::c_string(&signature::<P, R>())?;
        let (mut handle, mut word) = (0, 0);
        let user = Box::into_raw(function).cast();
        check(|e| unsafe { sys::hotsoh_lend(signature.as_ptr(), callback, user, &mut handle, e) })?;
        let handle = Handle(handle);
        check(|e| unsafe { sys::hotsoh_lent_word(handle.0, &mut word, e) })?;
        Ok(Lent { _handle: handle, word })
    }

    /// What a library calls it by.
    pub fn word(&self) -> u64 {
        self.word
    }
}
