use crate::{
    error::check,
    handle::Handle,
    sys, text,
    text::{c_string, nanoseconds, text_of},
    Error, Function, Kind, Params, Result, Ret, Settings, Stream,
};
use std::{ops::Deref, path::Path, ptr, time::Duration};

/// One version, read, verified, loaded and started. Dropping it closes it.
#[derive(Debug)]
pub struct Library {
    target: Target,
}

/// A name whose version can be replaced while it is called. Dropping it closes it.
///
/// What methods return as a String is JSON with the members of the Go type that hotso.h names.
#[derive(Debug)]
pub struct Slot {
    target: Target,
}

/// How one call by name is to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallOptions<'a> {
    /// [`Kind::Hung`] when it is over. Costs half a microsecond.
    pub timeout: Option<Duration>,
    /// Which calls go to a canary.
    pub key: Option<&'a [u8]>,
}

pub(crate) fn options(o: &CallOptions<'_>) -> sys::CallOptions {
    sys::CallOptions {
        size: std::mem::size_of::<sys::CallOptions>(),
        timeout_ns: nanoseconds(o.timeout),
        key: o.key.map_or(ptr::null(), |k| k.as_ptr().cast()),
        key_length: o.key.map_or(0, <[u8]>::len),
    }
}

/// What a [`Library`] and a [`Slot`] have in common: a place where calls go.
#[derive(Debug)]
pub struct Target {
    handle: Handle,
}

impl Target {
    /// Prepares a function; `P` is the tuple of its parameters, `R` its result. A slot will refuse a version
    /// that lacks it or has another signature.
    pub fn function<P: Params, R: Ret>(&self, name: &str) -> Result<Function<P, R>> {
        Function::prepare(self.handle.0, name)
    }

    /// Calls a function by name: args is a JSON array, the result JSON, "null" if there is none.
    pub fn call_json(&self, name: &str, args: &str, options: CallOptions<'_>) -> Result<String> {
        let (name, args) = (c_string(name)?, c_string(args)?);
        let o = self::options(&options);
        text_of(|r, e| unsafe { sys::hotsoh_call_json(self.handle.0, name.as_ptr(), args.as_ptr(), r, &o, e) })
    }

    /// Calls a function whose result is a stream; `P` is the tuple of its parameters. The timeout is for all
    /// of the stream.
    pub fn open_stream<P: Params>(
        &self,
        name: &str,
        args: P::Args<'_>,
        options: CallOptions<'_>,
    ) -> Result<Stream> {
        Stream::open::<P>(self.handle.0, name, args, options)
    }

    /// Describes the library that serves, with its functions and their signatures.
    pub fn describe(&self) -> Result<String> {
        text_of(|r, e| unsafe { sys::hotsoh_describe(self.handle.0, r, e) })
    }

    /// Runs the health hooks of the library that serves.
    pub fn health(&self) -> Result<()> {
        check(|e| unsafe { sys::hotsoh_health(self.handle.0, e) })
    }

    /// Refuses new calls, waits for those inside, stops and unloads. Returns the report of what was freed and
    /// what is left, "" if there was no version.
    pub fn close(&self, timeout: Option<Duration>) -> Result<String> {
        text_of(|r, e| unsafe { sys::hotsoh_close(self.handle.0, nanoseconds(timeout), r, e) })
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.close(None);
    }
}

impl Deref for Library {
    type Target = Target;
    fn deref(&self) -> &Target {
        &self.target
    }
}

impl Deref for Slot {
    type Target = Target;
    fn deref(&self) -> &Target {
        &self.target
    }
}

impl Library {
    /// Opens the library at path.
    pub fn open(path: impl AsRef<Path>, settings: &Settings, timeout: Option<Duration>) -> Result<Library> {
        let (path, settings) = (path_string(path)?, settings.make()?);
        let mut handle = 0;
        check(|e| unsafe {
            sys::hotsoh_library_open(path.as_ptr(), settings.0, nanoseconds(timeout), &mut handle, e)
        })?;
        Ok(Library { target: Target { handle: Handle(handle) } })
    }
}

impl Slot {
    /// An empty slot for libraries of that name, "greeter" for `libgreeter.v2.so`.
    pub fn new(name: &str, settings: &Settings) -> Result<Slot> {
        let (name, settings) = (c_string(name)?, settings.make()?);
        let mut handle = 0;
        check(|e| unsafe { sys::hotsoh_slot_new(name.as_ptr(), settings.0, &mut handle, e) })?;
        Ok(Slot { target: Target { handle: Handle(handle) } })
    }

    /// Replaces the version by the library at path. If that fails, the old one goes on serving. Returns when the
    /// old one was unloaded. With [`Kind::Busy`] and [`Kind::Left`] the swap may hold all the same: see
    /// [`versions`](Slot::versions).
    pub fn swap(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<String> {
        let path = path_string(path)?;
        text_of(|r, e| unsafe { sys::hotsoh_slot_swap(self.handle.0, path.as_ptr(), nanoseconds(timeout), r, e) })
    }

    /// Goes back to the version before.
    pub fn rollback(&self, timeout: Option<Duration>) -> Result<String> {
        text_of(|r, e| unsafe { sys::hotsoh_slot_rollback(self.handle.0, nanoseconds(timeout), r, e) })
    }

    /// Has the library at path serve percent of the calls. terms is "" or the JSON that hotso.h documents.
    pub fn canary(
        &self,
        path: impl AsRef<Path>,
        percent: f64,
        terms: &str,
        timeout: Option<Duration>,
    ) -> Result<String> {
        let (path, terms) = (path_string(path)?, c_string(if terms.is_empty() { "{}" } else { terms })?);
        text_of(|r, e| unsafe {
            sys::hotsoh_slot_canary(
                self.handle.0,
                path.as_ptr(),
                percent,
                terms.as_ptr(),
                nanoseconds(timeout),
                r,
                e,
            )
        })
    }

    /// Changes how many of the calls go to the canary.
    pub fn set_share(&self, percent: f64) -> Result<()> {
        check(|e| unsafe { sys::hotsoh_slot_set_share(self.handle.0, percent, ptr::null(), e) })
    }

    /// Makes the canary the current version.
    pub fn promote(&self, timeout: Option<Duration>) -> Result<String> {
        text_of(|r, e| unsafe { sys::hotsoh_slot_promote(self.handle.0, nanoseconds(timeout), r, e) })
    }

    /// Ends the canary.
    pub fn abort(&self, timeout: Option<Duration>) -> Result<String> {
        text_of(|r, e| unsafe { sys::hotsoh_slot_abort(self.handle.0, nanoseconds(timeout), r, e) })
    }

    /// What the slot has seen, oldest first.
    pub fn versions(&self) -> Result<String> {
        text_of(|r, e| unsafe { sys::hotsoh_slot_versions(self.handle.0, r, e) })
    }

    /// Forgets all crashes: versions in a crash loop may be loaded again.
    pub fn forgive(&self) -> Result<()> {
        check(|e| unsafe { sys::hotsoh_slot_forgive(self.handle.0, e) })
    }

    /// Swaps to the newest version in dir, and again when a newer one comes, until the Watch is dropped.
    pub fn watch(&self, dir: impl AsRef<Path>) -> Result<Watch> {
        let dir = path_string(dir)?;
        let mut handle = 0;
        check(|e| unsafe { sys::hotsoh_watch_start(self.handle.0, dir.as_ptr(), &mut handle, e) })?;
        Ok(Watch { _handle: Handle(handle) })
    }

    /// The next event, as JSON; None if none came within timeout, or if the slot is closed. Without a timeout
    /// it waits until one comes.
    pub fn event(&self, timeout: Option<Duration>) -> Result<Option<String>> {
        let wait = timeout.map_or(-1, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX));
        let (mut raw, mut dropped) = (ptr::null_mut(), 0);
        match check(|e| unsafe { sys::hotsoh_event_next(self.handle.0, wait, &mut raw, &mut dropped, e) }) {
            Ok(()) => Ok(Some(text::take(raw))),
            Err(Error { kind: Kind::Timeout | Kind::Other(102), .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// A descriptor that is readable while there is an event. Don't read or close it.
    pub fn event_fd(&self) -> Result<i32> {
        let mut fd = -1;
        check(|e| unsafe { sys::hotsoh_event_fd(self.handle.0, &mut fd, e) })?;
        Ok(fd)
    }
}

/// A directory that is being watched; ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    _handle: Handle,
}

/// Describes the library at path, and runs none of its code.
pub fn inspect(path: impl AsRef<Path>, settings: &Settings) -> Result<String> {
    let (path, settings) = (path_string(path)?, settings.make()?);
    text_of(|r, e| unsafe { sys::hotsoh_inspect(path.as_ptr(), settings.0, r, e) })
}

fn path_string(path: impl AsRef<Path>) -> Result<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::CString::new(path.as_ref().as_os_str().as_bytes())
        .map_err(|_| Error::argument("a path has a NUL in it"))
}
