//! What the operating system gives this process.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::settings::node::Surroundings;

/// Allows as many open files as the system permits; the usual soft limit of 1024
/// is for old programs. A refusal changes nothing.
pub fn raise_open_files_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays at {:?}", limit.current);
    }
}

/// The machine's name.
fn hostname() -> String {
    let uname = rustix::system::uname();
    let name = uname.nodename().to_string_lossy();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name.into_owned()
    }
}

/// How many cores this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What the machine adds to a node's configuration.
///
/// # Errors
/// When the current folder is gone.
pub fn surroundings() -> Result<Surroundings> {
    Ok(Surroundings {
        hostname: hostname(),
        current_dir: std::env::current_dir().context("the current folder can not be used")?,
        cores: cores(),
    })
}

/// The runtime of a node.
///
/// # Errors
/// When the operating system refuses to start threads.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores().max(2))
        .enable_all()
        .build()
        .context("the runtime can not start")
}
