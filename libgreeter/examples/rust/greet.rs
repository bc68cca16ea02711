//! A Rust host of the greeter, through the C API of include/greeter.h.
//!
//!     rustc -o build/greet libgreeter/examples/rust/greet.rs
//!     build/greet build/libgreeter.v2.so
//!
//! Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
//! not a library that this program can use.

use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_int, c_void};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

const ABI_VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"hotso\0\0\x01";
const OK: i32 = 0;
const TOO_SMALL: i32 = 1;
const TIMEOUT: i64 = 10_000_000_000; // nanoseconds

// glibc has these in libdl before 2.34, and an empty libdl since.
#[link(name = "dl")]
extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}
const RTLD_NOW: c_int = 2;

/// hotso_description. The library owns it.
#[repr(C)]
struct Description {
    magic: [u8; 8],
    abi: u32,
    flags: u32,
    name: [c_char; 64],
    version: [c_char; 64],
}

enum Error {
    /// The file is not a hotso library of this ABI.
    NotUsable(String),
    /// A function of the library failed; this is its message.
    Failed(String),
}

impl Error {
    fn exit_code(&self) -> u8 {
        match self {
            Error::Failed(_) => 1,
            Error::NotUsable(_) => 3,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Error::NotUsable(message) | Error::Failed(message)) = self;
        f.write_str(message)
    }
}

/// A shared object, loaded for good: only a hotso host can take a Go library out again.
struct Library(*mut c_void);

impl Library {
    fn open(path: &str) -> Result<Library, Error> {
        let c_path = CString::new(path).map_err(|e| Error::NotUsable(e.to_string()))?;
        let handle = unsafe { dlopen(c_path.as_ptr(), RTLD_NOW) };
        if handle.is_null() {
            return Err(last_error());
        }
        Ok(Library(handle))
    }

    /// The address of a symbol, as a function or a pointer.
    ///
    /// # Safety
    /// T has the size of a pointer, and the type that the header gives the symbol.
    unsafe fn symbol<T: Copy>(&self, name: &str) -> Result<T, Error> {
        let c_name = CString::new(name).expect("no NUL in a name");
        let address = dlsym(self.0, c_name.as_ptr());
        if address.is_null() {
            return Err(last_error());
        }
        Ok(std::mem::transmute_copy(&address))
    }
}

fn last_error() -> Error {
    let message = unsafe { CStr::from_ptr(dlerror()) };
    Error::NotUsable(message.to_string_lossy().into_owned())
}

/// The functions of the library, as the headers have them.
struct Greeter {
    description: &'static Description,
    start: unsafe extern "C" fn(i64) -> i32,
    stop: unsafe extern "C" fn(i64) -> i32,
    take: unsafe extern "C" fn(i32, *mut u8, usize, *mut usize) -> i32,
    take_status: unsafe extern "C" fn() -> i32,
    free: unsafe extern "C" fn(*mut c_char),
    pending: &'static AtomicU32,
    greet: unsafe extern "C" fn() -> *mut c_char,
    add: unsafe extern "C" fn(i32, i32) -> i32,
    greet_name: unsafe extern "C" fn(*const u8, usize, *mut u8, usize, *mut usize) -> i32,
}

impl Greeter {
    fn open(path: &str) -> Result<Greeter, Error> {
        let library = Library::open(path)?;
        // The types are those of the headers, and the library stays loaded.
        unsafe {
            let describe: extern "C" fn() -> &'static Description = library.symbol("hotso_describe")?;
            let description = describe();
            if &description.magic != MAGIC || description.abi != ABI_VERSION {
                return Err(Error::NotUsable(format!("{path}: not a hotso library of ABI {ABI_VERSION}")));
            }
            Ok(Greeter {
                description,
                start: library.symbol("hotso_start")?,
                stop: library.symbol("hotso_stop")?,
                take: library.symbol("hotso_take")?,
                take_status: library.symbol("hotso_take_status")?,
                free: library.symbol("hotso_free")?,
                pending: library.symbol("hotso_pending")?,
                greet: library.symbol("Greet")?,
                add: library.symbol("Add")?,
                greet_name: library.symbol("GreetName")?,
            })
        }
    }

    fn start(&self) -> Result<(), Error> {
        self.check(unsafe { (self.start)(TIMEOUT) })
    }

    fn stop(&self) -> Result<(), Error> {
        self.check(unsafe { (self.stop)(TIMEOUT) })
    }

    fn greet(&self) -> Result<String, Error> {
        let pointer = unsafe { (self.greet)() };
        self.check_pending()?;
        let text = unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned();
        unsafe { (self.free)(pointer) };
        Ok(text)
    }

    fn add(&self, a: i32, b: i32) -> Result<i32, Error> {
        let sum = unsafe { (self.add)(a, b) };
        self.check_pending()?;
        Ok(sum)
    }

    /// The greeting, and whether it was longer than the buffer and had to be taken.
    fn greet_name(&self, name: &str) -> Result<(String, bool), Error> {
        let (mut out, mut length) = ([0u8; 32], 0);
        let status = unsafe { (self.greet_name)(name.as_ptr(), name.len(), out.as_mut_ptr(), out.len(), &mut length) };
        if status & 0xff == TOO_SMALL {
            return Ok((self.take(status, length), true));
        }
        self.check(status)?;
        Ok((String::from_utf8_lossy(&out[..length]).into_owned(), false))
    }

    fn check(&self, status: i32) -> Result<(), Error> {
        match status {
            OK => Ok(()),
            _ => Err(Error::Failed(self.take(status, 256))),
        }
    }

    /// After a function that has no status to return: did it panic?
    fn check_pending(&self) -> Result<(), Error> {
        match self.pending.load(Ordering::Relaxed) {
            0 => Ok(()),
            _ => self.check(unsafe { (self.take_status)() }),
        }
    }

    /// The bytes kept for a status; size is how many are expected, more are taken too.
    fn take(&self, status: i32, mut size: usize) -> String {
        loop {
            let mut out = vec![0; size];
            let s = unsafe { (self.take)(status, out.as_mut_ptr(), out.len(), &mut size) };
            if s & 0xff != TOO_SMALL {
                return String::from_utf8_lossy(&out[..size]).into_owned();
            }
        }
    }
}

fn text(chars: &[c_char; 64]) -> String {
    unsafe { CStr::from_ptr(chars.as_ptr()) }.to_string_lossy().into_owned()
}

fn run(path: &str) -> Result<(), Error> {
    let greeter = Greeter::open(path)?;
    let d = greeter.description;
    match text(&d.name) {
        name if name.is_empty() => println!("library: not sealed, ABI {}", d.abi),
        name => println!("library: {name} {}, ABI {}", text(&d.version), d.abi),
    }
    greeter.start()?;
    println!("Greet: {}", greeter.greet()?);
    println!("Add: 40 + 2 = {}", greeter.add(40, 2)?);
    for name in ["Ada", "Augusta Ada King, Countess of Lovelace", ""] {
        match greeter.greet_name(name) {
            Ok((text, true)) => println!("GreetName: {text} ({} bytes, taken)", text.len()),
            Ok((text, false)) => println!("GreetName: {text}"),
            Err(err) => println!("GreetName: error: {err}"),
        }
    }
    greeter.stop()?;
    println!("stopped");
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if args.len() != 2 {
        eprintln!("usage: greet LIBRARY");
        return ExitCode::from(2);
    }
    match run(&args[1]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{err}");
            ExitCode::from(err.exit_code())
        }
    }
}
