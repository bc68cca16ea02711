// Threads of Rust's, with thread-local values that have destructors, which are never joined.
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::mpsc::{channel, Sender};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

type Job = (i64, Sender<i64>);

static QUEUE: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();

thread_local! {
    static SEEN: RefCell<HashMap<i64, String>> = RefCell::new(HashMap::new());
}

#[no_mangle]
pub extern "C" fn rust_start() {
    let (send, receive) = channel::<Job>();
    let _ = QUEUE.set(Mutex::new(send));
    thread::Builder::new()
        .name("adder".into())
        .spawn(move || {
            for (n, answer) in receive {
                SEEN.with(|s| s.borrow_mut().insert(n, n.to_string()));
                let _ = answer.send((0..n).sum());
            }
        })
        .unwrap();
    thread::spawn(|| loop {
        thread::sleep(Duration::from_millis(10));
    });
    thread::spawn(|| {
        let mut n = 0u64;
        loop {
            n = std::hint::black_box(n + 1);
        }
    });
    thread::spawn(|| thread::park());
}

#[no_mangle]
pub extern "C" fn rust_work(n: i64) -> i64 {
    SEEN.with(|s| s.borrow_mut().insert(n, n.to_string()));
    let (send, receive) = channel();
    match QUEUE.get() {
        Some(q) => q.lock().unwrap().send((n, send)).unwrap(),
        None => return -1,
    }
    receive.recv().unwrap_or(-1)
}
