//! `highwater server` and `highwater format`.

use anyhow::{Context, Result, bail};
use highwater_platform::OsEntropy;
use highwater_storage::StdDisk;

use crate::cli::{ConfigArguments, FormatArguments, ServerArguments};
use crate::format;
use crate::node::Node;
use crate::output::say;
use crate::process;
use crate::settings::node::NodeConfig;
use crate::settings::{Settings, environment};
use crate::telemetry;

/// Runs a node until it is stopped.
pub fn run(arguments: &ServerArguments) -> Result<()> {
    telemetry::start(arguments.log.log.as_deref(), "info")?;
    let (settings, cluster_id) = read(&arguments.config)?;
    let config = NodeConfig::from_settings(&settings, &process::surroundings()?)?;
    process::raise_open_files_limit();
    process::runtime()?.block_on(async {
        let node = Node::start(config, cluster_id.as_deref(), process::cores()).await?;
        node.run(|node| {
            for (listener, address) in node.addresses() {
                tracing::info!(%listener, %address, "serving");
            }
            // It serves whether or not somebody reads this.
            let _ = say("ready");
        })
        .await
    })
}

/// Formats data directories and ends.
pub fn format(arguments: &FormatArguments) -> Result<()> {
    telemetry::start(None, "warn")?;
    let (settings, from_environment) = read(&arguments.config)?;
    let config = NodeConfig::from_settings(&settings, &process::surroundings()?)?;
    let wanted = arguments.cluster_id.clone().or(from_environment);
    let dirs = config.directories();
    if !arguments.ignore_formatted
        && let Some(dir) = dirs.iter().find(|dir| format::is_formatted(&StdDisk, dir))
    {
        bail!(
            "{} is formatted already; --ignore-formatted leaves it as it is",
            dir.display()
        );
    }
    let formatted = format::prepare(
        &StdDisk,
        &OsEntropy,
        &dirs,
        config.node_id,
        wanted.as_deref(),
    )?;
    for dir in &formatted.new {
        say(format_args!(
            "formatted {} for cluster {}",
            dir.display(),
            formatted.cluster_id
        ))?;
    }
    Ok(())
}

/// Reads settings from all their sources, warns, and checks them; and `CLUSTER_ID`.
fn read(arguments: &ConfigArguments) -> Result<(Settings, Option<String>)> {
    let mut settings = Settings::default();
    if let Some(path) = &arguments.config {
        settings.add_file(path)?;
    }
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let environment = environment::read(variables)?;
    settings.add_environment(&environment);
    for text in &arguments.overrides {
        settings.add_override(text)?;
    }
    if settings.is_empty() {
        bail!(
            "there is no configuration: give --config FILE, or KAFKA_* environment \
             variables; `highwater dev` needs neither"
        );
    }
    let checked = settings
        .check()
        .context("the configuration can not be used");
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    checked?;
    Ok((settings, environment.cluster_id))
}
