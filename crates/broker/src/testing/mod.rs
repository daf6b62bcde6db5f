//! For tests: a controller in memory, and a client that speaks frames.

mod client;
mod local_controller;
mod node;

pub(crate) use client::Client;
pub(crate) use local_controller::LocalController;
pub(crate) use node::{Node, cluster_id, config};
