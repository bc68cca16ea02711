//! Tells the linker where libhotso.so is: in $HOTSO_LIB_DIR, in build/ of the repository that this crate lies in,
//! or where the system's libraries are. The program finds it there at run time, too.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=HOTSO_LIB_DIR");
    println!("cargo:rustc-link-lib=dylib=hotso");
    let own = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("../build");
    let dir = match env::var("HOTSO_LIB_DIR") {
        Ok(dir) => PathBuf::from(dir),
        Err(_) if own.join("libhotso.so").exists() => own,
        Err(_) => return,
    };
    let dir = dir.canonicalize().unwrap_or(dir);
    println!("cargo:rustc-link-search=native={}", dir.display());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", dir.display());
    println!("cargo:dir={}", dir.display()); // DEP_HOTSO_DIR, for the build scripts of programs
}
