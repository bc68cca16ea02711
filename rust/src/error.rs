use crate::sys;
use std::{ffi::CStr, fmt, ptr};

/// What hotso's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of hotso. Its text says what, where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What a program can act on.
    pub kind: Kind,
    /// One line for people.
    pub text: String,
    /// All that is known, as JSON: see `hotsoh_error` in hotso.h.
    pub json: String,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal $(..= $last:literal)?),* $(,)?) => {
        /// The kinds of errors. `Other` has the status of hotso.h that has no kind of its own here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $name,)*
            /// Another status of hotso.h.
            Other(i32),
        }

        impl Kind {
            fn of(status: i32) -> Kind {
                match status {
                    $($status $(..= $last)? => Kind::$name,)*
                    _ => Kind::Other(status),
                }
            }
        }
    };
}

kinds! {
    /// There is no such file, or it can't be read.
    NotFound = 1,
    /// The file was judged before any of its code ran, and is not loaded.
    Refused = 2..=19,
    /// It can't be loaded now.
    LoadFailed = 20,
    /// Its start hook failed or took too long.
    StartFailed = 21,
    /// A health hook says so.
    Unhealthy = 22,
    /// Something else has to end first.
    Busy = 24,
    /// It ended, and something of it is left in the process.
    Left = 25,
    /// The library, slot or stream was closed.
    Closed = 26,
    /// The slot has no version yet.
    Empty = 27,
    /// This platform or library can't do that.
    Unsupported = 28,
    /// The function returned an error.
    Call = 30,
    /// The function panicked; the library lives on.
    Panic = 31,
    /// An argument is not acceptable.
    Argument = 32,
    /// The call did not return in time, and may still be inside.
    Hung = 33,
    /// As many calls are inside as may be; this one was not begun.
    TooManyCalls = 34,
    /// The library's runtime has ended; the process goes on.
    Crashed = 35,
    /// The version crashed too often.
    CrashLoop = 36,
    /// The state could not be handed over.
    State = 40,
    /// One version took over from another for too long; the call was not begun.
    Paused = 42,
    /// There is no version to go back to.
    NoneBefore = 44,
    /// The time that was given is over.
    Timeout = 101,
    /// This process was forked after libhotso was loaded.
    Forked = 103,
    /// Another copy of libhotso is in this process.
    SecondCopy = 104,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl Error {
    pub(crate) fn argument(text: &str) -> Error {
        Error { kind: Kind::Argument, text: format!("hotso: {text}"), json: "{}".into() }
    }
}

/// Calls a function of the C API with room for its error, and makes a Result of both.
pub(crate) fn check(f: impl FnOnce(sys::ErrorOut) -> sys::Status) -> Result<()> {
    let mut raw = ptr::null_mut();
    match f(&mut raw) {
        0 => Ok(()),
        status => Err(unsafe { take(status, raw) }),
    }
}

#[cold]
unsafe fn take(status: sys::Status, raw: *mut sys::RawError) -> Error {
    if raw.is_null() {
        let name = CStr::from_ptr(sys::hotsoh_status_name(status)).to_string_lossy();
        return Error { kind: Kind::of(status), text: format!("hotso: {name}"), json: "{}".into() };
    }
    let text = |p| CStr::from_ptr(p).to_string_lossy().into_owned();
    let e = Error { kind: Kind::of(status), text: text((*raw).text), json: text((*raw).json) };
    sys::hotsoh_free(raw.cast());
    e
}
