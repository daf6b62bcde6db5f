//! A node from its start to its end, through the binary and its own client.

mod support;

use std::process::Stdio;
use std::time::Instant;

use support::{Node, highwater, run, send_bytes, stderr};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn records_survive_a_stop_and_a_crash() {
    let folder = folder();
    let node = Node::dev(folder.path());
    node.ask(&["topic", "create", "events", "--partitions", "3"], "");
    node.ask(
        &["produce", "events", "--key-separator", ":"],
        "a:1\nb:2\nc:3\n",
    );
    assert!(node.stop(), "it stops well");

    let node = Node::dev(folder.path());
    node.ask(&["produce", "events", "-z", "zstd"], "4\n5\n");
    node.kill();

    let node = Node::dev(folder.path());
    let text = node.ask(&["consume", "events", "--exit-at-end"], "");
    let mut values: Vec<&str> = text.lines().collect();
    values.sort_unstable();
    assert_eq!(values, ["1", "2", "3", "4", "5"]);
    assert!(node.stop(), "it stops well");
}

#[test]
fn topics_are_created_listed_described_altered_and_deleted() {
    let folder = folder();
    let node = Node::dev(folder.path());
    node.ask(
        &[
            "topic",
            "create",
            "a",
            "--partitions",
            "2",
            "--config",
            "retention.ms=5000",
        ],
        "",
    );
    node.ask(&["topic", "create", "b"], "");
    assert_eq!(node.ask(&["topic", "list"], ""), "a\nb\n");
    let described = node.ask(&["topic", "describe", "a"], "");
    assert!(described.contains("2 partitions"), "{described}");
    assert!(described.contains("retention.ms=5000"), "{described}");
    let altered = [
        "topic",
        "alter",
        "a",
        "--partitions",
        "4",
        "--config",
        "retention.ms=7000",
    ];
    node.ask(&altered, "");
    let described = node.ask(&["topic", "describe", "a", "--json"], "");
    assert!(
        described.contains("\"retention.ms\":\"7000\""),
        "{described}"
    );
    assert!(described.contains("\"partition\":3"), "{described}");
    node.ask(
        &["topic", "alter", "a", "--delete-config", "retention.ms"],
        "",
    );
    let described = node.ask(&["topic", "describe", "a", "--all-configs"], "");
    assert!(described.contains("retention.ms=604800000"), "{described}");
    node.ask(&["topic", "delete", "a"], "");
    assert_eq!(node.ask(&["topic", "list"], ""), "b\n");
    node.ask(&["topic", "create", "b", "--if-not-exists"], "");
    node.ask(&["topic", "delete", "a", "--if-exists"], "");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let folder = folder();
    let node = Node::dev(folder.path());
    node.ask(&["topic", "create", "a", "--partitions", "9"], "");
    for arguments in [["topic", "describe", "a"], ["topic", "create", "b"]] {
        let mut child = highwater(&arguments)
            .args(["-b", &node.address])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn a_nodes_own_directory_is_not_a_folder_of_nodes() {
    let folder = folder();
    let node = Node::dev(folder.path());
    assert!(node.stop());
    let own = folder.path().join("node-1");
    let own = own.to_str().expect("a path in UTF-8");
    let output = run(&mut highwater(&["dev", "--port", "0", "--data-dir", own]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("belongs to a node itself"));
}

#[test]
fn refusals_are_told_in_words() {
    let folder = folder();
    let node = Node::dev(folder.path());
    node.ask(&["topic", "create", "a"], "");
    for (arguments, part) in [
        (&["topic", "create", "a"][..], "TOPIC_ALREADY_EXISTS"),
        (&["topic", "create", "b c"], "INVALID_TOPIC_EXCEPTION"),
        (
            &["topic", "create", "b", "-r", "3"],
            "INVALID_REPLICATION_FACTOR",
        ),
        (
            &["topic", "create", "b", "--config", "retention.mss=1"],
            "did you mean retention.ms?",
        ),
        (
            &["topic", "create", "b", "--config", "retention.ms=x"],
            "Invalid value x for configuration retention.ms",
        ),
        (
            &["topic", "alter", "a", "--partitions", "1"],
            "INVALID_PARTITIONS",
        ),
        (&["topic", "delete", "b"], "UNKNOWN_TOPIC_OR_PARTITION"),
        (&["consume", "b"], "UNKNOWN_TOPIC_OR_PARTITION"),
        (
            &["consume", "a", "--partition", "9"],
            "UNKNOWN_TOPIC_OR_PARTITION",
        ),
    ] {
        let output = node.client(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            stderr(&output).contains(part),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_record_keeps_all_its_parts() {
    let folder = folder();
    let node = Node::dev(folder.path());
    let line =
        r#"{"key":"k","value":null,"timestamp":1700000000000,"headers":[{"key":"h","value":"x"}]}"#;
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        node.ask(&["topic", "create", codec], "");
        node.ask(
            &["produce", codec, "--json", "-z", codec],
            &format!("{line}\n"),
        );
        let read = node.ask(&["consume", codec, "--json", "-n", "1"], "");
        let read: serde_json::Value = serde_json::from_str(&read).expect("JSON");
        assert_eq!(read["key"], "k", "{codec}");
        assert_eq!(read["value"], serde_json::Value::Null, "{codec}");
        assert_eq!(read["timestamp"], 1_700_000_000_000_i64, "{codec}");
        assert_eq!(read["headers"][0]["value"], "x", "{codec}");
        assert_eq!(read["offset"], 0, "{codec}");
    }
}

#[test]
fn reading_begins_where_it_is_told() {
    let folder = folder();
    let node = Node::dev(folder.path());
    let lines: String = (0..100)
        .map(|n| {
            format!(
                "{{\"value\":\"{n}\",\"timestamp\":{}}}\n",
                1_700_000_000_000_i64 + n
            )
        })
        .collect();
    node.ask(&["produce", "numbers", "--json"], &lines);
    let read = |arguments: &[&str]| {
        let all = [&["consume", "numbers", "-n", "2"], arguments].concat();
        node.ask(&all, "")
    };
    assert_eq!(read(&[]), "0\n1\n");
    assert_eq!(read(&["--offset", "50"]), "50\n51\n");
    assert_eq!(read(&["--from", "1700000000070"]), "70\n71\n");
    assert_eq!(read(&["--from", "end", "--exit-at-end"]), "");
}

#[test]
fn many_records_of_every_size_come_back_in_order() {
    let folder = folder();
    let node = Node::dev(folder.path());
    node.ask(&["topic", "create", "many"], "");
    let lines: Vec<String> = (0..20_000)
        .map(|n| format!("{n}:{}", "x".repeat(n % 97)))
        .chain([("y".repeat(900_000))])
        .collect();
    node.ask(
        &["produce", "many", "-z", "lz4"],
        &(lines.join("\n") + "\n"),
    );
    let read = node.ask(&["consume", "many", "--exit-at-end"], "");
    assert!(read.lines().eq(lines.iter().map(String::as_str)));
}

#[test]
fn garbage_on_the_port_does_not_stop_the_node() {
    let folder = folder();
    let mut node = Node::dev(folder.path());
    node.ask(&["topic", "create", "a"], "");
    let huge = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    let negative = [0xff; 8];
    let unknown_key = [0, 0, 0, 10, 0x7f, 0x7f, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
    let unknown_version = [0, 0, 0, 10, 0, 3, 0x7f, 0x7f, 0, 0, 0, 1, 0xff, 0xff];
    // Metadata, version 1, that claims two billion topics.
    let lying_count = [
        0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff,
    ];
    let cases: [&[u8]; 7] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &huge,
        &negative,
        &unknown_key,
        &unknown_version,
        &lying_count,
        &[0, 0],
    ];
    for bytes in cases {
        send_bytes(&node.address, bytes);
        assert!(node.is_alive(), "after {bytes:?}");
    }
    node.ask(&["produce", "a"], "still here\n");
    assert_eq!(node.ask(&["consume", "a", "-n", "1"], ""), "still here\n");
    assert!(node.stop(), "it stops well");
}

#[test]
fn a_second_node_on_the_same_port_or_folder_is_refused() {
    let folder = folder();
    let other = tempfile::tempdir().expect("a folder");
    let node = Node::dev(folder.path());
    let port = node.address.rsplit(':').next().expect("a port").to_owned();
    let dir = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let output = support::run(&mut highwater(&[
        "dev",
        "--port",
        &port,
        "--data-dir",
        &dir(other.path()),
    ]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is in use"), "{}", stderr(&output));
    let output = support::run(&mut highwater(&[
        "dev",
        "--port",
        "0",
        "--data-dir",
        &dir(folder.path()),
    ]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("in use by another node"),
        "{}",
        stderr(&output)
    );
    assert!(node.stop(), "it stops well");
}

#[test]
fn a_server_starts_from_kafkas_environment_variables() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut command = highwater(&["server"]);
    command.envs([
        ("KAFKA_NODE_ID", "7"),
        ("KAFKA_PROCESS_ROLES", "broker,controller"),
        (
            "KAFKA_LISTENERS",
            "CONTROLLER://localhost:0,HOST://127.0.0.1:0",
        ),
        (
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
            "CONTROLLER:PLAINTEXT,HOST:PLAINTEXT",
        ),
        ("KAFKA_INTER_BROKER_LISTENER_NAME", "HOST"),
        ("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
        ("KAFKA_CONTROLLER_QUORUM_VOTERS", "7@localhost:9093"),
        ("KAFKA_HEAP_OPTS", "-Xmx1g"),
        ("CLUSTER_ID", "4L6g3nShT-eMCtK--X86sw"),
    ]);
    command.env("KAFKA_LOG_DIRS", &data);
    let node = Node::start(command);
    let meta = std::fs::read_to_string(data.join("meta.properties")).expect("formatted");
    assert!(meta.contains("cluster.id=4L6g3nShT-eMCtK--X86sw"), "{meta}");
    assert!(node.stop(), "it stops well");
}

#[test]
fn ctrl_c_stops_it_quickly() {
    let folder = folder();
    let node = Node::dev(folder.path());
    assert!(node.banner.contains("(kept)"), "{}", node.banner);
    let begun = Instant::now();
    node.signal("INT");
    assert!(node.wait(), "it stops well");
    assert!(begun.elapsed().as_secs() < 10);
}
