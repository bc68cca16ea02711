//! Which Rust types cross the border, and how.

use crate::sys;
use std::{mem::size_of, slice};

/// The words of one call: at most two for each of eight parameters.
#[doc(hidden)]
pub struct Words {
    pub(crate) word: [u64; 16],
    pub(crate) count: u32,
}

impl Words {
    fn put(&mut self, word: u64) {
        self.word[self.count as usize] = word;
        self.count += 1;
    }
}

/// A type of parameters: bool, integers, floats, `String` (given as `&str`), `Vec` of integers or floats (given as
/// a slice), and [`Struct`]s in a [`ByValue`].
pub trait Param {
    /// What a call is given.
    type Arg<'a>;
    /// The type as Go writes it.
    fn text() -> String;
    #[doc(hidden)]
    fn put(arg: Self::Arg<'_>, words: &mut Words);
    #[doc(hidden)]
    fn value(arg: Self::Arg<'_>) -> Value;
}

/// An argument of a call that is not prepared.
#[doc(hidden)]
pub struct Value(pub(crate) sys::Value);

impl Value {
    fn new(kind: i32, integer: i64, number: f64, data: *const std::ffi::c_void, length: usize) -> Value {
        Value(sys::Value { kind, integer, number, data, length, ..sys::Value::none() })
    }
}

/// A type of results: those of [`Param`], and `()`.
pub trait Ret: Sized {
    /// The type as Go writes it; "" for `()`.
    fn text() -> String;
    #[doc(hidden)]
    const ROOM: usize;
    #[doc(hidden)]
    unsafe fn take(words: [u64; 2], room: *const u8) -> Self;
    #[doc(hidden)]
    unsafe fn take_value(value: &sys::Value) -> Self {
        match value.kind {
            10 => Self::take([(value.number as f32).to_bits() as u64, 0], std::ptr::null()),
            11 => Self::take([value.number.to_bits(), 0], std::ptr::null()),
            12.. => Self::take([value.data as u64, value.length as u64], std::ptr::null()),
            _ => Self::take([value.integer as u64, 0], std::ptr::null()),
        }
    }
}

trait AsF64 {
    fn as_f64(self) -> f64;
}

macro_rules! as_f64 {
    ($($t:ty)*) => { $(impl AsF64 for $t { fn as_f64(self) -> f64 { self as f64 } })* };
}

as_f64! { i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }

impl AsF64 for bool {
    fn as_f64(self) -> f64 {
        self as u8 as f64
    }
}

macro_rules! numbers {
    ($($t:ty, $go:literal, $kind:literal, $to:expr, $from:expr;)*) => { $(
        impl Param for $t {
            type Arg<'a> = $t;
            fn text() -> String { $go.into() }
            #[inline]
            fn put(arg: $t, words: &mut Words) { words.put($to(arg)) }
            fn value(arg: $t) -> Value {
                // Of the two members the type says which one counts.
                Value::new($kind, $to(arg) as i64, arg.as_f64(), std::ptr::null(), 0)
            }
        }

        impl Ret for $t {
            fn text() -> String { $go.into() }
            const ROOM: usize = 0;
            #[inline]
            unsafe fn take(words: [u64; 2], _: *const u8) -> $t { $from(words[0]) }
        }
    )* };
}

numbers! {
    bool, "bool", 1, |v| v as u64, |w| w as u8 != 0;
    i8, "int8", 2, |v| v as u64, |w| w as i8;
    i16, "int16", 3, |v| v as u64, |w| w as i16;
    i32, "int32", 4, |v| v as u64, |w| w as i32;
    i64, "int64", 5, |v| v as u64, |w| w as i64;
    u8, "uint8", 6, |v| v as u64, |w| w as u8;
    u16, "uint16", 7, |v| v as u64, |w| w as u16;
    u32, "uint32", 8, |v| v as u64, |w| w as u32;
    u64, "uint64", 9, |v| v, |w| w;
    f32, "float32", 10, |v: f32| v.to_bits() as u64, |w| f32::from_bits(w as u32);
    f64, "float64", 11, |v: f64| v.to_bits(), f64::from_bits;
}

/// How many bytes a string or slice may have that needs no memory of libhotso's.
const ROOM: usize = 256;

impl Param for String {
    type Arg<'a> = &'a str;
    fn text() -> String {
        "string".into()
    }
    #[inline]
    fn put(arg: &str, words: &mut Words) {
        words.put(arg.as_ptr() as u64);
        words.put(arg.len() as u64);
    }
    fn value(arg: &str) -> Value {
        Value::new(12, 0, 0.0, arg.as_ptr().cast(), arg.len())
    }
}

impl Ret for String {
    fn text() -> String {
        "string".into()
    }
    const ROOM: usize = ROOM;
    unsafe fn take(words: [u64; 2], room: *const u8) -> String {
        match String::from_utf8(Vec::take(words, room)) {
            Ok(text) => text,
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        }
    }
}

impl Ret for () {
    fn text() -> String {
        String::new()
    }
    const ROOM: usize = 0;
    unsafe fn take(_: [u64; 2], _: *const u8) {}
}

macro_rules! slices {
    ($($t:ty, $go:literal, $kind:literal;)*) => { $(
        impl Param for Vec<$t> {
            type Arg<'a> = &'a [$t];
            fn text() -> String { $go.into() }
            #[inline]
            fn put(arg: &[$t], words: &mut Words) {
                words.put(arg.as_ptr() as u64);
                words.put(arg.len() as u64);
            }
            fn value(arg: &[$t]) -> Value {
                Value::new($kind, 0, 0.0, arg.as_ptr().cast(), arg.len())
            }
        }

        impl Ret for Vec<$t> {
            fn text() -> String { $go.into() }
            const ROOM: usize = ROOM / size_of::<$t>();
            unsafe fn take(words: [u64; 2], room: *const u8) -> Vec<$t> {
                let [address, length] = words;
                if length == 0 {
                    return Vec::new();
                }
                let data = slice::from_raw_parts(address as *const $t, length as usize).to_vec();
                if address as *const u8 != room {
                    sys::hotsoh_free(address as *mut _);
                }
                data
            }
        }
    )* };
}

slices! {
    u8, "[]byte", 38; u16, "[]uint16", 39; u32, "[]uint32", 40; u64, "[]uint64", 41;
    i8, "[]int8", 34; i16, "[]int16", 35; i32, "[]int32", 36; i64, "[]int64", 37;
    f32, "[]float32", 42; f64, "[]float64", 43;
}

/// A struct that crosses in its C layout. The [`structs!`](crate::structs) macro implements it.
///
/// # Safety
///
/// The type is `repr(C)`, has only fields that are numbers or such structs, and `text` lists them in order.
pub unsafe trait Struct: Copy {
    /// The type as Go writes it, `struct{X float64; Y float64}`.
    fn text() -> String;
}

/// A struct as a parameter or result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByValue<T: Struct>(pub T);

/// How many words the largest struct as a result may have: 4096 bytes (cabi).
const LARGEST: usize = 512;

impl<T: Struct + 'static> Param for ByValue<T> {
    type Arg<'a> = &'a T;
    fn text() -> String {
        T::text()
    }
    #[inline]
    fn put(arg: &T, words: &mut Words) {
        words.put(arg as *const T as u64);
    }
    fn value(arg: &T) -> Value {
        Value::new(13, 0, 0.0, (arg as *const T).cast(), size_of::<T>())
    }
}

impl<T: Struct> Ret for ByValue<T> {
    fn text() -> String {
        T::text()
    }
    const ROOM: usize = LARGEST * 8;
    unsafe fn take(_: [u64; 2], room: *const u8) -> ByValue<T> {
        ByValue(room.cast::<T>().read())
    }
    unsafe fn take_value(value: &sys::Value) -> ByValue<T> {
        let v = ByValue(value.data.cast::<T>().read_unaligned());
        sys::hotsoh_free(value.data.cast_mut());
        v
    }
}

/// Declares structs that cross the border: the names of the fields are those of Go.
///
/// ```
/// hotso::structs! {
///     /// A point in the plane.
///     #[derive(PartialEq, Debug)]
///     pub struct Point { X: f64, Y: f64 }
/// }
/// ```
#[macro_export]
macro_rules! structs {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $t:ty),* $(,)? })*) => { $(
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy)]
        #[allow(non_snake_case, missing_docs)]
        $vis struct $name { $(pub $field: $t),* }

        unsafe impl $crate::Struct for $name {
            fn text() -> String {
                let fields = [$(format!("{} {}", stringify!($field), <$t as $crate::Field>::text())),*];
                format!("struct{{{}}}", fields.join("; "))
            }
        }

        unsafe impl $crate::Field for $name {
            fn text() -> String { <$name as $crate::Struct>::text() }
        }
    )* };
}

/// What the fields of a [`Struct`] may be.
///
/// # Safety
///
/// The type has the layout that the text says.
pub unsafe trait Field: Copy {
    /// The type as Go writes it.
    fn text() -> String;
}

macro_rules! fields {
    ($($t:ty)*) => { $(unsafe impl Field for $t { fn text() -> String { <$t as Param>::text() } })* };
}

fields! { bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }

/// The parameters of a function: a tuple of at most eight [`Param`]s.
pub trait Params {
    /// What a call is given: a tuple of their `Arg`s.
    type Args<'a>;
    #[doc(hidden)]
    fn text() -> String;
    #[doc(hidden)]
    fn put(args: Self::Args<'_>, words: &mut Words);
    #[doc(hidden)]
    fn values(args: Self::Args<'_>) -> Vec<Value>;
}

macro_rules! params {
    ($(($($p:ident $a:ident),*))*) => { $(
        impl<$($p: Param),*> Params for ($($p,)*) {
            type Args<'a> = ($($p::Arg<'a>,)*);
            fn text() -> String {
                let texts: [String; params!(@count $($p)*)] = [$($p::text()),*];
                texts.join(", ")
            }
            #[inline]
            fn put(args: Self::Args<'_>, words: &mut Words) {
                let ($($a,)*) = args;
                $($p::put($a, words);)*
                let _ = words;
            }
            fn values(args: Self::Args<'_>) -> Vec<Value> {
                let ($($a,)*) = args;
                vec![$($p::value($a)),*]
            }
        }
    )* };
    (@count $($p:ident)*) => { 0 $(+ { stringify!($p); 1 })* };
}

params! {
    () (A a) (A a, B b) (A a, B b, C c) (A a, B b, C c, D d) (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f) (A a, B b, C c, D d, E e, F f, G g)
    (A a, B b, C c, D d, E e, F f, G g, H h)
}
