//! Measures Add of the greeter: called as any library is, and prepared through libhotso. For each round it prints the
//! nanoseconds of both; `make compare-languages` runs it. Arguments: the library, and how many rounds.

use hotso::{Settings, Slot};
use std::{
    env,
    ffi::{c_char, c_int, c_void, CString},
    time::Instant,
};

extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

const RTLD_NOW: c_int = 2;
const TURNS: usize = 100;
const CALLS: i32 = 10_000;

/// # Safety
///
/// F is the type of the function of that name.
unsafe fn find<F: Copy>(library: *mut c_void, name: &str) -> F {
    let name = CString::new(name).unwrap();
    let symbol = dlsym(library, name.as_ptr());
    assert!(!symbol.is_null(), "{name:?}");
    std::mem::transmute_copy(&symbol)
}

fn main() -> hotso::Result<()> {
    let args: Vec<String> = env::args().collect();
    let path = CString::new(args[1].as_str()).unwrap();
    let (start, plain): (extern "C" fn(i64) -> i32, extern "C" fn(i32, i32) -> i32) = unsafe {
        let library = dlopen(path.as_ptr(), RTLD_NOW);
        assert!(!library.is_null(), "dlopen");
        (find(library, "hotso_start"), find(library, "Add"))
    };
    assert_eq!(start(0), 0, "hotso_start");
    let slot = Slot::new("greeter", &Settings::new())?;
    slot.swap(&args[1], None)?;
    let add = slot.function::<(i32, i32), i32>("Add")?;

    for _ in 0..args[2].parse::<usize>().expect("a number of rounds") {
        let mut fastest = [f64::INFINITY; 2];
        for _ in 0..TURNS {
            let begin = Instant::now();
            let sum = (0..CALLS).fold(0, |sum: i32, i| sum.wrapping_add(plain(i, 1)));
            let between = Instant::now();
            let same = (0..CALLS).try_fold(0, |sum: i32, i| add.call((i, 1)).map(|v| sum.wrapping_add(v)))?;
            let end = Instant::now();
            assert_eq!(sum, same);
            fastest[0] = fastest[0].min((between - begin).as_nanos() as f64);
            fastest[1] = fastest[1].min((end - between).as_nanos() as f64);
        }
        println!("{} {}", fastest[0] / f64::from(CALLS), fastest[1] / f64::from(CALLS));
    }
    slot.close(None)?;
    Ok(())
}
