//! How fast a node is there, and how small it is.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::clients::free_port;
use crate::workspace;

/// How to measure.
#[derive(Args)]
pub struct StartupArguments {
    /// How many times to start.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// For how many seconds the node is left alone before its memory is read.
    #[arg(long, default_value_t = 3)]
    idle_seconds: u64,
}

pub fn run(arguments: &StartupArguments) -> Result<()> {
    let target = workspace::target_dir()?;
    let binary = release_binary(&target)?;
    let folder = target.join("bench-startup");
    let mut empty = Vec::new();
    let mut again = Vec::new();
    let mut memory = Memory::default();
    for round in 0..arguments.rounds.max(1) {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for times in [&mut empty, &mut again] {
            let node = Node::start(&binary, &folder)?;
            times.push(node.until_ready);
            if round == 0 && times.len() == 1 {
                std::thread::sleep(Duration::from_secs(arguments.idle_seconds));
                memory = Memory::of(node.child.id())?;
            }
            node.stop()?;
        }
    }
    fs::remove_dir_all(&folder)?;
    println!("start to ready, empty directory:    {}", spread(&mut empty));
    println!("start to ready, the same directory: {}", spread(&mut again));
    println!(
        "memory of an idle node: {:.1} MiB resident, {:.1} MiB proportional",
        memory.resident_mib, memory.proportional_mib
    );
    Ok(())
}

fn release_binary(target: &Path) -> Result<PathBuf> {
    let status = Command::new(workspace::cargo())
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "highwater-server",
        ])
        .current_dir(workspace::root())
        .status()?;
    anyhow::ensure!(status.success(), "the release build failed");
    Ok(target.join("release/highwater"))
}

/// A node in development mode that has said `ready`.
struct Node {
    child: Child,
    until_ready: Duration,
}

impl Node {
    fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let port = free_port()?.to_string();
        let mut command = Command::new(binary);
        command
            .args(["dev", "--port", &port, "--data-dir"])
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().context("the node does not start")?;
        let output = child.stdout.take().context("the node has no output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.trim() == "ready"));
        let until_ready = started.elapsed();
        let node = Self { child, until_ready };
        // Whatever it prints from now on must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        anyhow::ensure!(ready, "the node ended without saying `ready`");
        Ok(node)
    }

    fn stop(mut self) -> Result<()> {
        let process = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &process]).status()?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the node stopped with {status}");
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the operating system says about a process.
#[derive(Default)]
struct Memory {
    resident_mib: f64,
    proportional_mib: f64,
}

impl Memory {
    fn of(process: u32) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))
            .context("this system does not tell the memory of a process")?;
        Ok(Self {
            resident_mib: mebibytes(&text, "Rss:").context("no resident size")?,
            proportional_mib: mebibytes(&text, "Pss:").context("no proportional size")?,
        })
    }
}

/// The number of a line such as `Rss:   1234 kB`.
fn mebibytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// Median, smallest and largest.
fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let milliseconds = |at: usize| {
        times
            .get(at)
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    format!(
        "{:.0} ms median, {:.0} to {:.0} ms over {} rounds",
        milliseconds(times.len() / 2),
        milliseconds(0),
        milliseconds(times.len().saturating_sub(1)),
        times.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_name() {
        let text = "5581-7fff ---p 00000000 00:00 0    [rollup]\nRss:    2048 kB\nPss:   512 kB\n";
        assert_eq!(mebibytes(text, "Rss:"), Some(2.0));
        assert_eq!(mebibytes(text, "Pss:"), Some(0.5));
        assert_eq!(mebibytes(text, "Swap:"), None);
    }

    #[test]
    fn the_spread_has_the_middle_and_the_ends() {
        let mut times = [30, 10, 20].map(Duration::from_millis);
        assert_eq!(
            spread(&mut times),
            "20 ms median, 10 to 30 ms over 3 rounds"
        );
    }
}
