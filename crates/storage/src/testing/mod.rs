//! A disk that misbehaves on request, for tests and simulations.
//!
//! It models what POSIX promises and no more: bytes survive a crash only after a
//! sync of their file, names only after a sync of their folder. Of everything
//! else a crash keeps a random part, so that nothing can rely on either outcome.

mod inspect;
mod names;
mod simulated_disk;
mod simulated_file;

pub use simulated_disk::SimulatedDisk;
