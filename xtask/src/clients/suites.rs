//! The stages: each runs one suite of `tests/clients`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

use super::node::{Node, data_dir};
use super::setup::{Prepared, Setup};
use super::{java, kcat, node_js, python};
use crate::test::stage::{Context, Outcome, Stage};
use crate::workspace;

/// How often a node is killed under load.
const KILLS: &str = "10";

pub fn stages() -> Vec<Stage> {
    let stage = |name, run| Stage { name, run };
    vec![
        stage("client kafka-python", kafka_python),
        stage("client confluent-kafka", confluent_kafka),
        stage("client kcat", kcat_suite),
        stage("client kafkajs", kafkajs),
        stage("client java", java_suite),
        stage("client bad input", bad_input),
        stage("client kill", kill),
        stage("client dump", dump),
    ]
}

fn kafka_python(context: &Context, log: &Path) -> Result<Outcome> {
    python_suite(context, log, "python/kafka_python_suite.py")
}

fn confluent_kafka(context: &Context, log: &Path) -> Result<Outcome> {
    python_suite(context, log, "python/confluent_suite.py")
}

fn python_suite(context: &Context, log: &Path, program: &str) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let python = match python::prepare(&setup)? {
        Prepared::Ready(python) => python,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    against_node(context, log, "shared", |_| {
        let mut command = Command::new(&python);
        command.arg(setup.sources().join(program));
        command
    })
}

fn kcat_suite(context: &Context, log: &Path) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let kcat = match kcat::prepare(&setup)? {
        Prepared::Ready(kcat) => kcat,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    if !super::setup::works("python3", &["--version"]) {
        return Ok(Outcome::skipped("python3, which drives kcat, is missing"));
    }
    against_node(context, log, "shared", |_| {
        let mut command = Command::new("python3");
        command.arg(setup.sources().join("kcat/kcat_suite.py"));
        command.env("KCAT", &kcat);
        command
    })
}

fn kafkajs(context: &Context, log: &Path) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let modules = match node_js::prepare(&setup)? {
        Prepared::Ready(modules) => modules,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    against_node(context, log, "shared", |_| {
        let mut command = Command::new("node");
        command.arg(setup.sources().join("kafkajs/suite.js"));
        command.env("NODE_PATH", &modules);
        command
    })
}

fn java_suite(context: &Context, log: &Path) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let class_path = match java::prepare_suite(&setup)? {
        Prepared::Ready(class_path) => class_path,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    against_node(context, log, "shared", |_| {
        let mut command = Command::new("java");
        command.args(["-Xmx512m", "-cp", &class_path, "Suite"]);
        command
    })
}

fn bad_input(context: &Context, log: &Path) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let python = match python::prepare(&setup)? {
        Prepared::Ready(python) => python,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    // A node of its own: what it accepts here is nothing for other tools to read.
    against_node(context, log, "bad-input", |node| {
        let mut command = Command::new(&python);
        command.arg(setup.sources().join("badinput/badinput_suite.py"));
        command.env("NODE_PID", node.process_id().to_string());
        command
    })
}

/// `kill -9` under load. The suite starts and kills the node itself.
fn kill(context: &Context, log: &Path) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let python = match python::prepare(&setup)? {
        Prepared::Ready(python) => python,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    let binary = binary(context, log)?;
    let folder = folder(context, "kill")?;
    let start = format!("'{}' server --config {{config}}", binary.display());
    context.count(
        Command::new(python)
            .arg(setup.sources().join("kill9/kill9_suite.py"))
            .arg(&folder)
            .arg(KILLS)
            .env("NODE_COMMAND", start),
        log,
    )
}

/// Kafka's own tool reads what the suites before left: after clean stops, and after
/// many a `kill -9`.
fn dump(context: &Context, log: &Path) -> Result<Outcome> {
    let setup = Setup::new(context, log);
    let jars = match java::prepare_tools(&setup)? {
        Prepared::Ready(jars) => jars,
        Prepared::Missing(why) => return Ok(Outcome::skipped(why)),
    };
    let mut sum = Outcome::default();
    let runs = [
        (
            "shared",
            confluent_kafka as fn(&Context, &Path) -> Result<Outcome>,
        ),
        ("kill", kill),
    ];
    for (name, fill) in runs {
        let data = data_dir(&folder(context, name)?);
        if !data.exists() {
            // This stage was asked for alone: something must be there to read.
            let filled = fill(context, log)?;
            anyhow::ensure!(filled.failed == 0, "the suite that writes the data failed");
        }
        let outcome = context.count(
            Command::new("python3")
                .arg(setup.sources().join("dump/dump_suite.py"))
                .arg(&data)
                .arg(&jars),
            log,
        )?;
        sum.passed += outcome.passed;
        sum.failed += outcome.failed;
        sum.skipped += outcome.skipped;
    }
    Ok(sum)
}

/// Runs a suite against a node, which afterwards must still be there and stop cleanly.
/// Nodes of the same name share their data directory, one after the other.
fn against_node(
    context: &Context,
    log: &Path,
    name: &str,
    suite: impl FnOnce(&Node) -> Command,
) -> Result<Outcome> {
    let binary = binary(context, log)?;
    let node = Node::start(&binary, &folder(context, name)?)?;
    let mut command = suite(&node);
    command.arg(node.address());
    let mut outcome = context.count(&mut command, log)?;
    if outcome.failed > 0 {
        append(
            log,
            &format!("the node's last lines:\n{}\n", node.log_tail()),
        )?;
    }
    if let Err(error) = node.stop() {
        append(log, &format!("{error:#}\n"))?;
        outcome.failed += 1;
        outcome.note = Some("the node did not stop cleanly".into());
    }
    Ok(outcome)
}

fn append(log: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().create(true).append(true).open(log)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// The binary under test, built if need be. `HIGHWATER_BINARY` names another one.
fn binary(context: &Context, log: &Path) -> Result<PathBuf> {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    if let Some(binary) = BINARY.get() {
        return Ok(binary.clone());
    }
    let binary = match std::env::var_os("HIGHWATER_BINARY") {
        Some(path) => std::path::absolute(path)?,
        None => {
            let mut build = Command::new(workspace::cargo());
            build.args([
                "build",
                "--release",
                "--locked",
                "--package",
                "highwater-server",
            ]);
            Setup::new(context, log).run(&mut build)?;
            context.release_binary.clone()
        }
    };
    Ok(BINARY.get_or_init(|| binary).clone())
}

/// The folder of one node, empty at the beginning of this run.
fn folder(context: &Context, name: &str) -> Result<PathBuf> {
    static ALL: OnceLock<PathBuf> = OnceLock::new();
    let all = match ALL.get() {
        Some(all) => all.clone(),
        None => {
            let all = context.logs.join("client-nodes");
            if all.exists() {
                fs::remove_dir_all(&all).context("an old data directory can not be removed")?;
            }
            ALL.get_or_init(|| all).clone()
        }
    };
    let folder = all.join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
