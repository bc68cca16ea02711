//! Hot code: Go libraries that are swapped, unloaded and survived inside a running process.
//!
//! ```no_run
//! use hotso::{Settings, Slot};
//!
//! fn main() -> hotso::Result<()> {
//!     let slot = Slot::new("greeter", &Settings::new())?;
//!     slot.swap("build/libgreeter.v1.so", None)?;
//!     let greet = slot.function::<(String,), String>("GreetName")?;
//!     println!("{}", greet.call(("Ada",))?);
//!     slot.swap("build/libgreeter.v2.so", None)?;
//!     println!("{}", greet.call(("Ada",))?); // the new version's
//!     Ok(())
//! }
//! ```
//!
//! A swap loses no call, a crash inside a library is [`Kind::Crashed`] for the calls that were inside and leaves
//! the process alone, and what is replaced is taken out of the process. Everything may be used from any thread. Needs
//! Linux with glibc, amd64 or arm64, and libhotso.so (`make libhotso`); a process forks before it uses hotso, or
//! starts its children by exec.

mod callback;
mod error;
mod function;
mod handle;
mod param;
mod settings;
mod stream;
mod sys;
mod target;
mod text;

pub use callback::{FromValues, IntoValue, Lent};
pub use error::{Error, Kind, Result};
pub use function::Function;
pub use param::{ByValue, Field, Param, Params, Ret, Struct};
pub use settings::Settings;
pub use stream::Stream;
pub use target::{inspect, CallOptions, Library, Slot, Target, Watch};

/// The version of libhotso.
pub fn version() -> String {
    unsafe { std::ffi::CStr::from_ptr(sys::hotsoh_version()) }.to_string_lossy().into_owned()
}

/// Takes back the signals that libraries need, and says which of them others have taken since the last time: a JSON array of
/// objects with signal, handler and object. Call it when something has installed handlers after the first swap.
pub fn signals() -> Result<String> {
    text::text_of(|taken, e| unsafe { sys::hotsoh_signals(taken, e) })
}
