//! Kafka's own tool reads our files. Runs if `KAFKA_LIBS` names a folder with the
//! jars of `org.apache.kafka:kafka-tools` 4.3 and what they depend on.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use common::*;
use highwater_protocol::record::{BatchBuilder, Compression, EndTransactionMarker};
use highwater_storage::{AppendOrigin, Log, LogConfig};
use highwater_types::LeaderEpoch;

fn compressed(codec: Compression, n: usize) -> Bytes {
    let mut builder = BatchBuilder::new().compression(codec, None);
    fill(&mut builder, &format!("c{n}"), 5, NOW.0 + n as i64);
    builder.build().unwrap()
}

/// A log with everything in it: codecs, producers, transactions, epochs, many segments.
fn write(dir: &Path) {
    let config = LogConfig {
        segment_bytes: 20_000,
        index_interval_bytes: 200,
        ..LogConfig::default()
    };
    let mut log = open(dir, &config, true);
    let end = |committed| EndTransactionMarker {
        committed,
        coordinator_epoch: 0,
    };
    for n in 0..600usize {
        let codec = Compression::ALL[n % 5];
        let epoch = LeaderEpoch(i32::try_from(n / 200).unwrap());
        log.append_as_leader(compressed(codec, n), epoch, NOW)
            .unwrap();
        let sequence = i32::try_from(n * 3).unwrap();
        log.append_as_leader(idempotent(5, 0, sequence, 3), epoch, NOW)
            .unwrap();
        if n % 50 == 0 {
            let sequence = i32::try_from(n / 50 * 4).unwrap();
            log.append_as_leader(transactional(6, 0, sequence, 4), epoch, NOW)
                .unwrap();
            let marker = end(n % 100 == 0).to_batch(NOW.0, 6, 0).unwrap();
            log.append_from(AppendOrigin::Coordinator, marker, epoch, NOW)
                .unwrap();
        }
    }
    followers_part(&mut log);
    log.close().unwrap();
}

/// One append of many batches, as a follower makes it.
fn followers_part(log: &mut Log) {
    let dir = tempfile::tempdir().unwrap();
    let mut leader = open(&dir.path().join("l-0"), &LogConfig::default(), true);
    leader
        .truncate_fully_and_start_at(log.log_end_offset())
        .unwrap();
    append(&mut leader, 0..100, 3);
    let offsets = leader.reader().offsets();
    let read = leader
        .reader()
        .read(offsets.log_start, 1 << 20, offsets.log_end, true)
        .unwrap();
    log.append_as_follower(read.into_bytes()).unwrap();
}

fn dump(libs: &str, files: &[PathBuf], options: &[&str]) -> String {
    let files: Vec<_> = files.iter().map(|f| f.display().to_string()).collect();
    let output = Command::new("java")
        .args([
            "-cp",
            &format!("{libs}/*"),
            "org.apache.kafka.tools.DumpLogSegments",
        ])
        .args(options)
        .args(["--files", &files.join(",")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}\n{errors}");
    // The tool of 4.3 takes every segment but the first for one with a hole in front.
    let known = |line: &&str| {
        let line = line.trim();
        line.starts_with("Non-consecutive offsets in") || line.starts_with("-1 is followed by")
    };
    for line in text.lines().chain(errors.lines()).filter(|l| !known(l)) {
        for complaint in [
            "Found",
            "ismatch",
            "is followed by",
            "orrupt",
            "isvalid: false",
            "Exception",
        ] {
            assert!(!line.contains(complaint), "{line}");
        }
    }
    text
}

#[test]
fn dump_log_segments_has_no_complaints() {
    let Ok(libs) = std::env::var("KAFKA_LIBS") else {
        println!("skipped: KAFKA_LIBS is not set");
        return;
    };
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("t-0");
    write(&dir);
    for recovered in [false, true] {
        if recovered {
            drop(open(&dir, &small_segments(), false));
        }
        let files = |extension: &str| -> Vec<PathBuf> {
            let mut files: Vec<_> = std::fs::read_dir(&dir)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|e| e == extension))
                .collect();
            files.sort();
            files
        };
        let logs = files("log");
        assert!(logs.len() > 5);
        let text = dump(&libs, &logs, &["--deep-iteration", "--print-data-log"]);
        assert!(text.contains("c599-4") && text.contains("endTxnMarker: ABORT"));
        for extension in ["index", "timeindex", "txnindex"] {
            let files = files(extension);
            assert!(!files.is_empty(), "{extension}");
            dump(&libs, &files, &["--deep-iteration"]);
            if extension == "index" {
                dump(&libs, &files, &["--index-sanity-check"]);
                dump(&libs, &files, &["--verify-index-only"]);
            }
        }
        let text = dump(&libs, &files("snapshot"), &[]);
        assert!(text.contains("producerId: 5"), "{text}");
    }
}
