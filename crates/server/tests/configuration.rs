//! What the binary says about its configuration.

mod support;

use std::path::{Path, PathBuf};

use support::{highwater, run, stderr, stdout};

const GOOD: &str = "process.roles=broker,controller\n\
    node.id=1\n\
    controller.quorum.voters=1@localhost:0\n\
    controller.listener.names=CONTROLLER\n\
    listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0\n";

/// Writes a properties file with the good lines, a data directory and more lines.
fn config(folder: &Path, more: &str) -> PathBuf {
    let path = folder.join("server.properties");
    let data = folder.join("data");
    let text = format!("{GOOD}log.dirs={}\n{more}", data.display());
    std::fs::write(&path, text).expect("a file");
    path
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_wrong_value_names_line_value_and_what_is_allowed_and_nothing_starts() {
    let folder = folder();
    let path = config(folder.path(), "num.partitions=many\n");
    let output = run(highwater(&["server", "--config"]).arg(&path));
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    for part in [
        "server.properties line 7",
        "Invalid value many for configuration num.partitions",
        "Allowed: a whole number (INT), at least 1",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_wrong_value_of_the_environment_or_an_override_is_named_as_such() {
    let folder = folder();
    let path = config(folder.path(), "");
    let output = run(
        highwater(&["server", "--override", "log.roll.hours=0", "--config"])
            .arg(&path)
            .env("KAFKA_NUM_IO_THREADS", "lots"),
    );
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.contains("--override: log.roll.hours: Invalid value 0"),
        "{message}"
    );
    assert!(
        message.contains(
            "environment variable KAFKA_NUM_IO_THREADS: num.io.threads: Invalid value lots"
        ),
        "{message}"
    );
}

#[test]
fn an_unknown_name_is_a_warning_with_a_guess() {
    let folder = folder();
    let path = config(folder.path(), "num.partition=3\nbroker.rack=\nnode.id=x\n");
    let message = stderr(&run(highwater(&["server", "--config"]).arg(&path)));
    assert!(
        message.contains("num.partition: unknown name, did you mean num.partitions?"),
        "{message}"
    );
}

#[test]
fn a_missing_configuration_or_file_is_told() {
    let output = run(&mut highwater(&["server"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no configuration"));
    let output = run(&mut highwater(&["server", "--config", "no-such-file"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no-such-file"));
}

#[test]
fn what_is_not_possible_yet_is_told() {
    let output = run(&mut highwater(&["dev", "--nodes", "3"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("only one node is possible yet"));
}

#[test]
fn directories_are_formatted_once_and_for_one_cluster() {
    let folder = folder();
    let path = config(folder.path(), "");
    let format = |more: &[&str]| run(highwater(&["format", "--config"]).arg(&path).args(more));
    let first = format(&["--cluster-id", "q1Sh-9_ISia_zwGINzRvyQ"]);
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(stdout(&first).contains("for cluster q1Sh-9_ISia_zwGINzRvyQ"));
    let meta = std::fs::read_to_string(folder.path().join("data/meta.properties"));
    let meta = meta.expect("the file is there");
    for line in [
        "version=1",
        "node.id=1",
        "cluster.id=q1Sh-9_ISia_zwGINzRvyQ",
    ] {
        assert!(meta.lines().any(|each| each == line), "{line}: {meta}");
    }
    let again = format(&[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is formatted already"));
    assert!(format(&["--ignore-formatted"]).status.success());
    let other = format(&["--ignore-formatted", "--cluster-id", "other"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(stderr(&other).contains("belongs to cluster q1Sh-9_ISia_zwGINzRvyQ"));
}

#[test]
fn a_directory_of_another_cluster_is_refused() {
    let folder = folder();
    let path = config(folder.path(), "");
    let formatted = run(highwater(&["format", "--cluster-id", "mine", "--config"]).arg(&path));
    assert!(formatted.status.success(), "{}", stderr(&formatted));
    let output = run(highwater(&["server", "--config"])
        .arg(&path)
        .env("CLUSTER_ID", "theirs"));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("belongs to cluster mine"),
        "{}",
        stderr(&output)
    );
}
