//! Compiles the services of `proto/` with a compiler written in Rust, so that no
//! `protoc` has to be installed.

use std::error::Error;

const SERVICES: [&str; 4] = [
    "controller.proto",
    "node.proto",
    "quorum.proto",
    "replication.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = "../../proto";
    for service in SERVICES {
        println!("cargo:rerun-if-changed={folder}/{service}");
    }
    let files = protox::compile(SERVICES, [folder])?;
    // Fields of bytes are slices of the receive buffer.
    tonic_prost_build::configure()
        .bytes(".")
        .emit_rerun_if_changed(false)
        .compile_fds(files)?;
    Ok(())
}
