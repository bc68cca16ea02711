//! Everything with real libraries. HOTSO_TEST_LIBRARIES says where they are; without it nothing is tested.

use hotso::{structs, ByValue, CallOptions, Kind, Lent, Library, Settings, Slot};
use std::{
    env,
    io::Read,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

#[allow(dead_code)]
#[rustfmt::skip]
#[path = "../../testdata/libs/echo/client/echo.rs"]
mod echo;

/// The path of a library, or None where there are none.
fn library(name: &str, version: &str) -> Option<String> {
    let dir = env::var("HOTSO_TEST_LIBRARIES").ok()?;
    Some(format!("{dir}/lib{name}.v{version}.so"))
}

macro_rules! path {
    ($name:literal, $version:literal) => {
        match library($name, $version) {
            Some(path) => path,
            None => return eprintln!("skipped: HOTSO_TEST_LIBRARIES does not say where libraries are"),
        }
    };
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn values() {
    let lib = Library::open(path!("echo", "1"), &Settings::new(), None).unwrap();
    macro_rules! echoes {
        ($($name:literal $t:ty: $($v:expr),*;)*) => { $(
            let f = lib.function::<($t,), $t>($name).unwrap();
            $(
                assert_eq!(f.call(($v,)).unwrap(), $v, $name);
                assert_eq!(f.call_with(($v,), CallOptions::default()).unwrap(), $v, $name);
            )*
        )* };
    }
    echoes! {
        "Bool" bool: true, false;
        "Int8" i8: i8::MIN, i8::MAX;
        "Int16" i16: i16::MIN, i16::MAX;
        "Int32" i32: i32::MIN, -1, i32::MAX;
        "Int64" i64: i64::MIN, i64::MAX;
        "Uint8" u8: 0, u8::MAX;
        "Uint16" u16: u16::MAX;
        "Uint32" u32: u32::MAX;
        "Uint64" u64: u64::MAX;
        "Float32" f32: 0.1, -f32::MAX;
        "Float64" f64: 0.1, f64::MIN;
    }
    let text = lib.function::<(String,), String>("Text").unwrap();
    for t in ["", "Grüße \0 日本", &"x".repeat(256), &"x".repeat(257), &"x".repeat(100_000)] {
        assert_eq!(text.call((t,)).unwrap(), t);
        let patient = CallOptions { timeout: Some(60 * SECOND), ..Default::default() };
        assert_eq!(text.call_with((t,), patient).unwrap(), t);
    }
    let floats = lib.function::<(Vec<f64>,), Vec<f64>>("Float64s").unwrap();
    for n in [0, 1, 32, 33, 1000] {
        let v = vec![0.5; n];
        assert_eq!(floats.call((&v,)).unwrap(), v);
        assert_eq!(floats.call_with((&v,), CallOptions::default()).unwrap(), v);
    }
    assert_eq!(lib.call_json("Text", r#"["Ada"]"#, CallOptions::default()).unwrap(), r#""Ada""#);
}

structs! {
    #[derive(Debug, PartialEq)]
    struct Point { X: f64, Y: f64 }
    #[derive(Debug, PartialEq)]
    struct Line { From: Point, To: Point, Dashed: bool }
}

#[test]
fn values_of_structs() {
    let lib = Library::open(path!("echo", "1"), &Settings::new(), None).unwrap();
    let turn = lib.function::<(ByValue<Line>,), ByValue<Line>>("Turn").unwrap();
    let line = Line { From: Point { X: 1.0, Y: 2.0 }, To: Point { X: 3.0, Y: 4.0 }, Dashed: true };
    let turned = Line { From: line.To, To: line.From, Dashed: true };
    assert_eq!(turn.call((&line,)).unwrap().0, turned);
    assert_eq!(turn.call_with((&line,), CallOptions::default()).unwrap().0, turned);
}

#[test]
fn generated_client() {
    let lib = Library::open(path!("echo", "1"), &Settings::new(), None).unwrap();
    let client = echo::Echo::new(&lib).unwrap();
    assert_eq!(client.text("Ada").unwrap(), "Ada");
    assert_eq!(client.divide(1.0, 0.0).unwrap_err().kind, Kind::Call);
    let (a, b) = (echo::Point { X: 0.0, Y: 0.0 }, echo::Point { X: 4.0, Y: 2.0 });
    assert_eq!(client.middle(&a, &b).unwrap(), echo::Point { X: 2.0, Y: 1.0 });
    let sum = std::sync::Arc::new(AtomicU64::new(0));
    let add = {
        let sum = sum.clone();
        Lent::new(move |(i,): (i32,)| {
            sum.fetch_add(i as u64, Relaxed);
            Ok(())
        })
    };
    client.parallel(8, &add.unwrap()).unwrap();
    assert_eq!(sum.load(Relaxed), 28);
    assert_eq!(hotso::signals().unwrap(), "[]");
}

#[test]
fn errors() {
    let lib = Library::open(path!("echo", "1"), &Settings::new(), None).unwrap();
    assert_eq!(lib.function::<(i32,), String>("Text").unwrap_err().kind, Kind::Refused);
    let e = lib.function::<(String,), ()>("Panics").unwrap().call(("oh dear",)).unwrap_err();
    assert_eq!(e.kind, Kind::Panic);
    assert!(e.text.contains("oh dear"), "{e}");
    let kind = |r: hotso::Result<Library>| r.unwrap_err().kind;
    assert_eq!(kind(Library::open("/nowhere/libx.v1.so", &Settings::new(), None)), Kind::NotFound);
    let wrong = Settings::new().set("no_such", "1");
    assert_eq!(kind(Library::open(path!("echo", "1"), &wrong, None)), Kind::Argument);
    let slot = Slot::new("greeter", &Settings::new()).unwrap();
    assert_eq!(slot.call_json("Add", "[1,2]", CallOptions::default()).unwrap_err().kind, Kind::Empty);
}

#[test]
fn swaps_lose_no_call() {
    let paths = [path!("greeter", "1"), path!("greeter", "2")];
    let slot = Slot::new("greeter", &Settings::new().switch("allow_downgrade", true)).unwrap();
    slot.swap(&paths[0], None).unwrap();
    let greet = slot.function::<(String,), String>("GreetName").unwrap();
    let (over, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                while !over.load(Relaxed) {
                    greet.call(("Ada",)).unwrap();
                    calls.fetch_add(1, Relaxed);
                }
            });
        }
        let swapped: hotso::Result<()> = (1..=10).try_for_each(|i| slot.swap(&paths[i % 2], None).map(|_| ()));
        over.store(true, Relaxed);
        swapped.unwrap();
    });
    assert!(calls.into_inner() > 0);
    let mut seen = Vec::new();
    while let Some(e) = slot.event(Some(Duration::ZERO)).unwrap() {
        seen.push(e);
    }
    assert!(seen.iter().any(|e| e.contains(r#""serving""#)), "{seen:?}");
    assert!(slot.event_fd().unwrap() > 2);
    slot.rollback(None).unwrap();
    slot.close(None).unwrap();
    assert_eq!(greet.call(("Ada",)).unwrap_err().kind, Kind::Closed);
}

#[test]
fn crashes_are_contained() {
    let path = path!("crash", "1");
    let slot = Slot::new("crash", &Settings::new().number("crash_limit", 1000)).unwrap();
    slot.swap(path, None).unwrap();
    let add = slot.function::<(i32, i32), i32>("Add").unwrap();
    for kind in ["goroutine", "wild", "throw", "overflow", "exit"] {
        let args = format!("[{kind:?}]");
        let e = slot.call_json("hotso_drill", &args, CallOptions::default()).unwrap_err();
        assert_eq!(e.kind, Kind::Crashed, "{e}");
        assert!(e.json.contains("crash"), "{}", e.json);
        let sum = loop {
            match add.call((2, 3)) {
                Err(e) if e.kind == Kind::Crashed => {} // it is being loaded again
                sum => break sum.unwrap(),
            }
        };
        assert_eq!(sum, 5);
    }
}

#[test]
fn hung_calls_are_left() {
    let path = path!("slow", "1");
    let settings = Settings::new().switch("kill_hung", true).time("cancel_grace", Duration::from_millis(10));
    let slot = Slot::new("slow", &settings).unwrap();
    slot.swap(path, None).unwrap();
    let sleep = slot.function::<(i64,), i64>("Sleep").unwrap();
    let hasty = CallOptions { timeout: Some(Duration::from_millis(50)), ..Default::default() };
    assert_eq!(sleep.call_with((3_600_000,), hasty).unwrap_err().kind, Kind::Hung);
}

#[test]
fn callbacks_and_streams() {
    let path = path!("callback", "1");
    let settings = Settings::new().provide("Greet", |(name, n): (String, i32)| match n {
        0 => Err("nobody".into()),
        n if n < 0 => panic!("negative"),
        n => Ok(format!("{n} x {name}")),
    });
    let lib = Library::open(path, &settings, None).unwrap();
    let greet = lib.function::<(String, i32), String>("Greet").unwrap();
    assert_eq!(greet.call(("Ada", 3)).unwrap(), "3 x Ada");
    let long = "A".repeat(5000);
    assert_eq!(greet.call((&long, 3)).unwrap(), format!("3 x {long}"));
    assert!(greet.call(("Ada", 0)).unwrap_err().text.contains("nobody"));
    assert!(greet.call(("Ada", -1)).unwrap_err().text.contains("panicked"));

    let mut data = Vec::new();
    lib.open_stream::<(i64, String)>("Bytes", (100_000, ""), CallOptions::default())
        .unwrap()
        .read_to_end(&mut data)
        .unwrap();
    assert_eq!(data.len(), 100_000);
    assert!(data.iter().enumerate().all(|(i, b)| *b == i as u8));
    let mut broken = lib.open_stream::<(i64, String)>("Bytes", (10, "error"), CallOptions::default()).unwrap();
    assert!(broken.read_to_end(&mut data).is_err());
}
