//! The real clients of `tests/clients`: fetched, set up, and run against the
//! release binary. Everything that is fetched lies in the ignored folder `.clients`.

mod java;
mod kcat;
mod node;
mod node_js;
mod python;
mod setup;
pub mod suites;

pub use node::free_port;
