//! Strings to and from C.

use crate::{error::check, sys, Error, Result};
use std::{
    ffi::{c_char, CStr, CString},
    ptr,
    time::Duration,
};

pub fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::argument("a text has a NUL in it"))
}

/// Calls a function that gives a text away, and takes it; "" if there is none.
pub fn text_of(f: impl FnOnce(sys::TextOut, sys::ErrorOut) -> sys::Status) -> Result<String> {
    let mut raw: *mut c_char = ptr::null_mut();
    let r = check(|e| f(&mut raw, e));
    let text = take(raw);
    r.map(|()| text)
}

pub fn take(raw: *mut c_char) -> String {
    if raw.is_null() {
        return String::new();
    }
    unsafe {
        let text = CStr::from_ptr(raw).to_string_lossy().into_owned();
        sys::hotsoh_free(raw.cast());
        text
    }
}

/// A timeout_ns of hotso.h, where 0 is no limit.
pub fn nanoseconds(limit: Option<Duration>) -> i64 {
    limit.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX).max(1))
}
