use crate::{callback, error::check, handle::Handle, sys, text, Params, Result, Ret};
use std::{ffi::c_void, time::Duration};

/// How a library or slot is to behave. Any number of them may be made with one.
///
/// ```no_run
/// # fn main() -> hotso::Result<()> {
/// use std::time::Duration;
/// let settings = hotso::Settings::new().time("drain_timeout", Duration::from_secs(5)).switch("allow_downgrade", true);
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct Settings {
    set: Vec<(String, String)>,
    provided: Vec<Provided>,
}

#[derive(Debug)]
struct Provided {
    name: String,
    signature: String,
    callback: sys::Callback,
    user: *mut c_void,
}

// The function behind user is Sync, and lives for ever.
unsafe impl Send for Provided {}
unsafe impl Sync for Provided {}

impl Settings {
    /// All defaults.
    pub fn new() -> Settings {
        Settings::default()
    }

    /// Sets one of hotso.h's settings by name. What may be set more than once is added. A name or value that is
    /// not acceptable is an error when the settings are used.
    pub fn set(mut self, name: &str, value: &str) -> Settings {
        self.set.push((name.into(), value.into()));
        self
    }

    /// Sets a time.
    pub fn time(self, name: &str, value: Duration) -> Settings {
        self.set(name, &format!("{}ns", value.as_nanos()))
    }

    /// Sets a number.
    pub fn number(self, name: &str, value: impl Into<f64>) -> Settings {
        self.set(name, &value.into().to_string())
    }

    /// Sets a switch.
    pub fn switch(self, name: &str, on: bool) -> Settings {
        self.set(name, if on { "true" } else { "false" })
    }

    /// Provides a function to libraries under a name (cabi.Host1). It may be called on any thread, several at a time,
    /// and stays in memory for good.
    pub fn provide<P, R, F>(mut self, name: &str, function: F) -> Settings
    where
        P: Params + callback::FromValues,
        R: Ret + callback::IntoValue,
        F: Fn(P) -> std::result::Result<R, String> + Send + Sync + 'static,
    {
        let (callback, function) = callback::raw::<P, R, F>(function);
        let user = Box::into_raw(function).cast();
        self.provided.push(Provided {
            name: name.into(),
            signature: callback::signature::<P, R>(),
            callback,
            user,
        });
        self
    }

    pub(crate) fn make(&self) -> Result<Handle> {
        let mut handle = 0;
        check(|e| unsafe { sys::hotsoh_settings_new(&mut handle, e) })?;
        let handle = Handle(handle);
        for (name, value) in &self.set {
            let (name, value) = (text::c_string(name)?, text::c_string(value)?);
            check(|e| unsafe { sys::hotsoh_settings_set(handle.0, name.as_ptr(), value.as_ptr(), e) })?;
        }
        for p in &self.provided {
            let (name, signature) = (text::c_string(&p.name)?, text::c_string(&p.signature)?);
            check(|e| unsafe {
                sys::hotsoh_settings_provide(handle.0, name.as_ptr(), signature.as_ptr(), p.callback, p.user, e)
            })?;
        }
        Ok(handle)
    }
}
