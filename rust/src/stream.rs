use crate::{
    error::check, handle::Handle, param::Value, sys, target::options, text, CallOptions, Error, Kind, Params,
    Result,
};
use std::io;

/// A result that is read piece by piece. While it is open its version stays loaded: a swap waits for it.
#[derive(Debug)]
pub struct Stream {
    handle: Handle,
}

impl Stream {
    pub(crate) fn open<P: Params>(
        target: sys::Handle,
        name: &str,
        args: P::Args<'_>,
        o: CallOptions<'_>,
    ) -> Result<Stream> {
        let name = text::c_string(name)?;
        let values: Vec<sys::Value> = P::values(args).into_iter().map(|Value(v)| v).collect();
        let (at, count, o) = (values.as_ptr(), values.len() as u32, options(&o));
        let mut handle = 0;
        check(|e| unsafe { sys::hotsoh_stream_open(target, name.as_ptr(), at, count, &o, &mut handle, e) })?;
        Ok(Stream { handle: Handle(handle) })
    }
}

impl io::Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        let (at, capacity) = (buffer.as_mut_ptr().cast(), buffer.len());
        match check(|e| unsafe { sys::hotsoh_stream_read(self.handle.0, at, capacity, &mut length, e) }) {
            Ok(()) => Ok(length),
            Err(Error { kind: Kind::Other(102), .. }) => Ok(0),
            Err(e) => Err(io::Error::other(e)),
        }
    }
}
