//! What the commands do.

pub mod consume;
pub mod produce;
pub mod server;
mod text;
pub mod topic;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use highwater_platform::TcpNetwork;

use crate::cli::ClientArguments;
use crate::client::Client;

/// The client that the arguments name.
pub fn client(arguments: &ClientArguments) -> Client {
    Client::new(Arc::new(TcpNetwork), &arguments.bootstrap_server)
}

/// Reads `name=value` arguments.
fn pairs(texts: &[String], option: &str) -> Result<BTreeMap<String, String>> {
    let pair = |text: &String| {
        let pair = text.split_once('=');
        let (name, value) =
            pair.with_context(|| format!("{option} {text} should read NAME=VALUE"))?;
        Ok((name.trim().to_owned(), value.to_owned()))
    };
    texts.iter().map(pair).collect()
}
