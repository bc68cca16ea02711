use crate::sys;

/// A handle of libhotso's that is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Handle(pub(crate) sys::Handle);

impl Drop for Handle {
    fn drop(&mut self) {
        unsafe { sys::hotsoh_release(self.0, std::ptr::null_mut()) };
    }
}
