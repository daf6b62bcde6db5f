//! The data path of a replica manager, on a simulated disk.

mod durability;
mod fetching;
mod hosting;
mod producing;
