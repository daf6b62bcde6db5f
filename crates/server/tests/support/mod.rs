//! Running the real binary.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a node may take to start or to stop before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary, without any configuration from the environment of the tests.
pub fn highwater(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    for (name, _) in std::env::vars() {
        if name.starts_with("KAFKA_") || name == "CLUSTER_ID" || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Output {
    command
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A node in a process of its own; killed when it is dropped.
pub struct Node {
    child: Child,
    /// Everything printed before `ready`.
    pub banner: String,
    /// `host:port` for clients.
    pub address: String,
}

impl Node {
    /// Starts `highwater dev` on a free port and waits until it is ready.
    pub fn dev(data_dir: &Path) -> Self {
        let data_dir = data_dir.to_str().expect("a path in UTF-8");
        let mut node = Self::start(highwater(&["dev", "--port", "0", "--data-dir", data_dir]));
        let line = node
            .banner
            .lines()
            .find(|line| line.contains("bootstrap servers"));
        let address = line.and_then(|line| line.split_whitespace().last());
        let address = address.expect("the banner names the address").to_owned();
        node.address = address;
        node
    }

    /// Starts a node and waits for its line `ready`.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary starts");
        let output = child.stdout.take().expect("its output");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut banner = String::new();
        loop {
            let line = lines.recv_timeout(PATIENCE).expect("the node gets ready");
            if line == "ready" {
                break;
            }
            banner.push_str(&line);
            banner.push('\n');
        }
        Self {
            child,
            banner,
            address: String::new(),
        }
    }

    /// Runs a client command against this node.
    pub fn client(&self, arguments: &[&str]) -> Output {
        run(highwater(arguments).args(["-b", &self.address]))
    }

    /// Runs a client command that must succeed, with some input, and returns its output.
    pub fn ask(&self, arguments: &[&str], input: &str) -> String {
        let mut child = highwater(arguments)
            .args(["-b", &self.address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("its input");
        let input = input.to_owned();
        let writer = std::thread::spawn(move || {
            // A command that does not read its input closes it.
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().expect("it ends");
        writer.join().expect("the writer ends");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
        stdout(&output)
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Asks it to stop and waits until it did; whether it ended well.
    pub fn stop(self) -> bool {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it ends by itself; whether it ended well.
    pub fn wait(mut self) -> bool {
        for _ in 0..PATIENCE.as_millis() / 10 {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Whether it is still running.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends bytes to an address and reads until the other side closes or is silent.
pub fn send_bytes(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    let timeout = Some(Duration::from_secs(2));
    stream.set_read_timeout(timeout).expect("a time-out");
    // The node may close while we write.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}
