//! A Highwater process of our own.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(30);
/// How often to look whether something has happened.
const PAUSE: Duration = Duration::from_millis(20);

/// A running node; killed when dropped, so that no test leaves one behind.
pub struct Node {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Node {
    /// Starts a node whose files are all in `folder`, and waits until it answers.
    pub fn start(binary: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let port = free_port()?;
        let config = folder.join("server.properties");
        fs::write(&config, properties(port, free_port()?, &data_dir(folder)))?;
        let log = folder.join("node.log");
        let output = OpenOptions::new().create(true).append(true).open(&log)?;
        let child = Command::new(binary)
            .args(["server", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let mut node = Self { child, port, log };
        node.wait_until_answering()?;
        Ok(node)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_answering(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_MAX;
        while !answers(self.port) {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the node ended with {status}: {}", self.log_tail());
            }
            anyhow::ensure!(
                Instant::now() < deadline,
                "the node does not answer after {START_MAX:?}: {}",
                self.log_tail()
            );
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Asks the node to stop, as Ctrl-C does, and waits for it.
    ///
    /// # Errors
    /// It had ended already, does not end in time, or ends with an error.
    pub fn stop(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            anyhow::bail!(
                "the node ended by itself with {status}: {}",
                self.log_tail()
            );
        }
        let process = self.process_id().to_string();
        let sent = Command::new("kill").args(["-TERM", &process]).status()?;
        anyhow::ensure!(sent.success(), "the node can not be told to stop");
        let deadline = Instant::now() + STOP_MAX;
        loop {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(
                    status.success(),
                    "the node stopped with {status}: {}",
                    self.log_tail()
                );
                return Ok(());
            }
            anyhow::ensure!(
                Instant::now() < deadline,
                "the node does not stop in {STOP_MAX:?}: {}",
                self.log_tail()
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// The end of what the node printed.
    pub fn log_tail(&self) -> String {
        let mut text = String::new();
        let read = File::open(&self.log).and_then(|mut file| file.read_to_string(&mut text));
        if read.is_err() {
            return "its output can not be read".into();
        }
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a node that was started in `folder` keeps its data.
pub fn data_dir(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// A port that nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether the node answers `ApiVersions`, which every client asks first.
fn answers(port: u16) -> bool {
    // Length, key 18, version 0, correlation id 1, no client id.
    const ASK: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF];
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut length = [0; 4];
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .is_ok()
        && stream.write_all(&ASK).is_ok()
        && stream.read_exact(&mut length).is_ok()
}

/// What Kafka's own quick start would use, with other places.
fn properties(port: u16, controller_port: u16, data: &Path) -> String {
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         log.dirs={}\n\
         num.partitions=4\n",
        data.display()
    )
}
