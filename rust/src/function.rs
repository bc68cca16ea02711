use crate::{
    error::check,
    handle::Handle,
    param::{Params, Ret, Value, Words},
    sys, target, text, CallOptions, Result,
};
use std::{marker::PhantomData, mem::MaybeUninit};

/// A function of a library or slot, looked up once; `P` is the tuple of its parameters, `R` its result. It may be
/// called from any thread, at the same time.
///
/// ```no_run
/// # fn main() -> hotso::Result<()> {
/// # let slot = hotso::Slot::new("greeter", &hotso::Settings::new())?;
/// let greet = slot.function::<(String,), String>("GreetName")?;
/// println!("{}", greet.call(("Ada",))?);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Function<P, R> {
    handle: Handle,
    types: PhantomData<fn(P) -> R>,
}

impl<P: Params, R: Ret> Function<P, R> {
    pub(crate) fn prepare(target: sys::Handle, name: &str) -> Result<Self> {
        let result = R::text();
        let separator = if result.is_empty() { "" } else { " " };
        let signature = text::c_string(&format!("func({}){separator}{result}", P::text()))?;
        let name = text::c_string(name)?;
        let mut handle = 0;
        check(|e| unsafe { sys::hotsoh_prepare(target, name.as_ptr(), signature.as_ptr(), &mut handle, e) })?;
        Ok(Function { handle: Handle(handle), types: PhantomData })
    }

    /// Calls it, and blocks until it returns. An error or panic of the function is [`Kind::Call`](crate::Kind::Call)
    /// or `Panic`; [`Kind::Crashed`](crate::Kind::Crashed) says that the version is dead.
    #[inline]
    pub fn call(&self, args: P::Args<'_>) -> Result<R> {
        let mut words = Words { word: [0; 16], count: 0 };
        P::put(args, &mut words);
        // Words, so that a struct is aligned.
        let mut room = MaybeUninit::<[u64; 512]>::uninit();
        let at = room.as_mut_ptr().cast::<u8>();
        let mut result = [at as u64, R::ROOM as u64];
        check(|e| unsafe {
            sys::hotsoh_invoke(self.handle.0, words.word.as_ptr(), words.count, result.as_mut_ptr(), e)
        })?;
        Ok(unsafe { R::take(result, at) })
    }

    /// Calls it with a limit of time, or a key that chooses which calls go to a canary.
    pub fn call_with(&self, args: P::Args<'_>, options: CallOptions<'_>) -> Result<R> {
        let values: Vec<sys::Value> = P::values(args).into_iter().map(|Value(v)| v).collect();
        let (at, count, o) = (values.as_ptr(), values.len() as u32, target::options(&options));
        let mut result = sys::Value::none();
        check(|e| unsafe { sys::hotsoh_call(self.handle.0, at, count, &mut result, &o, e) })?;
        Ok(unsafe { R::take_value(&result) })
    }
}
