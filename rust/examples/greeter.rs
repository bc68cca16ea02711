//! Serves the greeter to eight threads, and swaps it under their calls.
//!
//!     cargo run --release --example greeter -- ../build/libgreeter.v1.so ../build/libgreeter.v2.so

use hotso::{Settings, Slot};
use std::{
    env, process,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

fn main() -> hotso::Result<()> {
    let paths: Vec<String> = env::args().skip(1).collect();
    if paths.len() < 2 {
        eprintln!("greeter: give at least two versions of libgreeter");
        process::exit(2);
    }
    let slot = Slot::new("greeter", &Settings::new().switch("allow_downgrade", true))?;
    slot.swap(&paths[0], None)?;
    let greet = slot.function::<(String,), String>("GreetName")?;
    println!("{}", greet.call(("Ada",))?);

    let (calls, failures, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    const SWAPS: u32 = 20;
    let mut took = Duration::ZERO;
    thread::scope(|s| -> hotso::Result<()> {
        for _ in 0..8 {
            s.spawn(|| {
                while !over.load(Relaxed) {
                    match greet.call(("Ada",)) {
                        Ok(_) => calls.fetch_add(1, Relaxed),
                        Err(_) => failures.fetch_add(1, Relaxed),
                    };
                }
            });
        }
        let swapped = (1..=SWAPS as usize).try_for_each(|i| {
            let begin = Instant::now();
            slot.swap(&paths[i % paths.len()], None)?;
            took += begin.elapsed();
            thread::sleep(Duration::from_millis(20));
            Ok(())
        });
        over.store(true, Relaxed);
        swapped
    })?;
    let failed = failures.into_inner();
    println!(
        "{} calls, {failed} failed, {SWAPS} swaps of {:.1} ms",
        calls.into_inner(),
        took.as_secs_f64() * 1000.0 / f64::from(SWAPS)
    );
    slot.close(None)?;
    process::exit(if failed > 0 { 1 } else { 0 });
}
