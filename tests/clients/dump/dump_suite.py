"""Kafka's own DumpLogSegments reads a node's data directory without a complaint.

    python3 tests/clients/dump/dump_suite.py highwater-data .clients/java/tools

The node must be stopped: the active segment of a running one is still being written, and its
indexes are larger than their content, in Highwater as in Kafka.
"""

import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

from harness import Suite  # noqa: E402

if len(sys.argv) != 3:
    sys.exit("usage: dump_suite.py <data directory> <folder with Kafka's jars>")
DATA, JARS = sys.argv[1:]
# From Kafka 4.3 on; before, it is kafka.tools.DumpLogSegments in kafka_2.13.
TOOL = "org.apache.kafka.tools.DumpLogSegments"
METADATA = "__cluster_metadata-0"
# One command line argument holds all names, and Linux limits it to 128 KiB.
NAMES_MAX = 100_000
suite = Suite("dump")
summary = {}


def files(*patterns, metadata=False):
    """Matching files of topics that were not deleted, or of the metadata log."""
    where = METADATA if metadata else "*-*"
    found = [name for pattern in patterns for name in glob.glob(os.path.join(DATA, where, pattern))]
    return sorted(
        name for name in found
        if not os.path.dirname(name).endswith("-delete") and (METADATA in name) == metadata)


def in_groups(names):
    group, size = [], 0
    for name in names:
        if size + len(name) > NAMES_MAX:
            yield group
            group, size = [], 0
        group.append(name)
        size += len(name) + 1
    if group:
        yield group


def dump(names, *options, on_line):
    """Runs the tool over all files and fails on whatever it does not like."""
    for group in in_groups(names):
        with tempfile.TemporaryFile() as errors:
            tool = subprocess.Popen(
                ["java", "-Xmx768m", "-cp", os.path.join(JARS, "*"), TOOL, *options, "--files", ",".join(group)],
                stdout=subprocess.PIPE, stderr=errors)
            seen, current = 0, None
            try:
                for line in tool.stdout:
                    if line.startswith(b"Dumping "):
                        seen, current = seen + 1, line.decode().strip()
                    else:
                        on_line(line, current)
            except AssertionError:
                tool.kill()
                raise
            code = tool.wait()
            errors.seek(0)
            complaints = [line for line in errors.read().decode().splitlines() if not line.startswith("SLF4J")]
        if code != 0 or complaints or seen != len(group):
            raise AssertionError(
                f"exit code {code}, {seen} of {len(group)} files, last: {current}\n" + "\n".join(complaints[:20]))


def log_lines(counts):
    """Checks the tool's lines about batches and records, and counts them."""
    def on_line(line, current):
        if line.startswith(b"| offset:"):
            counts["records"] += 1
        elif line.startswith(b"baseOffset:"):
            counts["batches"] += 1
            if b"isvalid: true" not in line:
                raise AssertionError(f"{current}: {line.decode()[:300]}")
        elif b"invalid bytes" in line or b"Exception" in line[:200] and not line.startswith(b"|"):
            raise AssertionError(f"{current}: {line.decode()[:300]}")
    return on_line


def logs():
    names = files("*.log")
    counts = {"batches": 0, "records": 0}
    dump(names, "--deep-iteration", "--print-data-log", on_line=log_lines(counts))
    if not counts["records"]:
        raise AssertionError(f"no records in {len(names)} files of {DATA}")
    summary["logs"] = f"{len(names)} logs, {counts['batches']} batches, {counts['records']} records"


def sanity():
    names = files("*.index", "*.timeindex")
    passed = []

    def on_line(line, current):
        if b"passed sanity check." in line or b"is empty." in line:
            passed.append(line)
        else:
            raise AssertionError(f"{current}: {line.decode()[:300]}")
    dump(names, "--index-sanity-check", on_line=on_line)
    if len(passed) != len(names) or not names:
        raise AssertionError(f"{len(passed)} of {len(names)} indexes passed")


def entries():
    """Every index entry leads to the batch that it names."""
    names = files("*.index", "*.timeindex")
    counted = []
    dump(names, "--verify-index-only", on_line=lambda line, current: None)
    dump(names, on_line=lambda line, current: counted.append(line) if line.startswith((b"offset:", b"timestamp:")) else None)
    summary["indexes"] = f"{len(names)} indexes, {len(counted)} entries"


def producers():
    names = files("*.snapshot")
    counted = []

    def on_line(line, current):
        if not line.startswith(b"producerId:"):
            raise AssertionError(f"{current}: {line.decode()[:300]}")
        counted.append(line)
    dump(names, on_line=on_line)
    if not counted:
        raise AssertionError("no producer in any snapshot")
    summary["producers"] = f"{len(names)} producer snapshots, {len(counted)} producers"


def transactions():
    dump(files("*.txnindex"), on_line=lambda line, current: None)


def metadata_log():
    counts = {"batches": 0, "records": 0}
    dump(files("*.log", "*.checkpoint", metadata=True), "--cluster-metadata-decoder", on_line=log_lines(counts))
    if not counts["records"]:
        raise AssertionError("no metadata records")
    summary["metadata"] = f"{counts['records']} metadata records"


def metadata_indexes():
    dump(files("*.index", "*.timeindex", metadata=True), "--index-sanity-check", on_line=lambda line, current: None)


suite.run("logs: deep iteration, every record printed", logs)
suite.run("indexes: sanity check", sanity)
suite.run("indexes: every entry against its log", entries)
suite.run("producer snapshots", producers)
suite.run("transaction indexes", transactions)
suite.run("metadata log with Kafka's decoder", metadata_log)
suite.run("metadata log's indexes", metadata_indexes)
print(", ".join(summary.values()))
suite.finish()
