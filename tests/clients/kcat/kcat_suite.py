"""kcat, an old librdkafka, against a running node. KCAT names the program if it is not on PATH.

    KCAT=.clients/kcat/run python3 tests/clients/kcat/kcat_suite.py 127.0.0.1:9092
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

from harness import Suite, bootstrap_servers, equal, until  # noqa: E402
from records import CODECS, COUNT, MIB  # noqa: E402

SERVERS = bootstrap_servers()
KCAT = os.environ.get("KCAT", "kcat")
suite = Suite("kcat")


def kcat(*arguments, given=None, check=True):
    done = subprocess.run(
        [KCAT, "-b", SERVERS, *arguments], input=given, capture_output=True, timeout=60)
    if check and done.returncode != 0:
        raise AssertionError(f"kcat {' '.join(arguments)}: {done.stderr.decode()[-500:]}")
    return done


def lines(done):
    return done.stdout.decode().splitlines()


def key(i):
    """kcat writes the part before the delimiter as key; -Z makes an empty one null."""
    return "" if i % 7 == 3 else f"key-{i}"


def value(i):
    return "" if i % 11 == 5 else f"value-{i}-{'abcdefghij' * (i % 20)}"


def wait_for(topic):
    """A topic is created by asking for it; this waits until it has leaders."""
    def ready():
        found = json.loads(kcat("-L", "-J", "-t", topic, check=False).stdout or "{}")
        partitions = found.get("topics", [{}])[0].get("partitions", [])
        return len(partitions) if partitions and all(p["leader"] >= 0 for p in partitions) else 0
    return until("the topic has leaders", ready)


def codec(name):
    topic = suite.topic(f"codec-{name}")
    # kcat can not create topics, so there are as many partitions as the node gives by itself.
    partitions = wait_for(topic)
    for partition in range(partitions):
        mine = range(partition, COUNT, partitions)
        text = "".join(f"{key(i)}\t{value(i)}\n" for i in mine)
        kcat("-P", "-t", topic, "-p", str(partition), "-z", name, "-K", "\\t", "-Z",
             "-H", "suite=kcat", "-H", f"partition={partition}", given=text.encode())

    read = [json.loads(line) for line in lines(kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"))]
    equal(len(read), COUNT, "records read")
    expected_offset = [0] * partitions
    for record in read:
        partition, offset = record["partition"], record["offset"]
        equal(offset, expected_offset[partition], f"offset in partition {partition}")
        expected_offset[partition] += 1
        i = offset * partitions + partition
        equal(record["key"], key(i) or None, f"key of {i}")
        equal(record["payload"], value(i) or None, f"value of {i}")
        equal(record["headers"], ["suite", "kcat", "partition", str(partition)], f"headers of {i}")
    read_by_time(topic, [record for record in read if record["partition"] == 0])


def read_by_time(topic, read):
    """kcat writes with the time of now, so ask for a time that a record was seen to have."""
    at = read[len(read) // 2]["ts"]
    wanted = next(record["offset"] for record in read if record["ts"] >= at)
    found = lines(kcat("-Q", "-t", f"{topic}:0:{at}"))[0]
    equal(found.split()[-1], str(wanted), "offset by time")
    rest = lines(kcat("-C", "-t", topic, "-p", "0", "-o", f"s@{at}", "-e", "-q", "-f", "%o\\n"))
    equal(rest, [str(offset) for offset in range(wanted, len(read))], "records from that time on")


def large(name):
    """One value from a file just under the default limit of a batch."""
    topic = suite.topic(f"large-{name}")
    wait_for(topic)
    content = (b"%08d" * (MIB // 8 - 25)) % tuple(range(MIB // 8 - 25))
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        kcat("-P", "-t", topic, "-p", "0", "-z", name, "-k", "large", "-X", f"message.max.bytes={2 * MIB}", file.name)
    done = kcat("-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q", "-D", "")
    equal(done.stdout, content, "value")


def first_steps():
    topic = suite.topic("first-steps")
    kcat("-P", "-t", topic, given=b"one\ntwo\nthree\n")
    equal(sorted(lines(kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q"))), ["one", "three", "two"], "values")


def offsets():
    topic = suite.topic("offsets")
    wait_for(topic)
    kcat("-P", "-t", topic, "-p", "0", given="".join(f"{i}\n" for i in range(100)).encode())
    for start, count, expected in (("42", "3", ["42", "43", "44"]), ("-2", "2", ["98", "99"]), ("0", "1", ["0"])):
        read = lines(kcat("-C", "-t", topic, "-p", "0", "-o", start, "-c", count, "-q"))
        equal(read, expected, f"from {start}")
    equal(lines(kcat("-Q", "-t", f"{topic}:0:-1"))[0].split()[-1], "100", "end offset")
    equal(lines(kcat("-Q", "-t", f"{topic}:0:-2"))[0].split()[-1], "0", "start offset")


def idempotent():
    topic = suite.topic("idempotent")
    wait_for(topic)
    text = "".join(f"{i}\n" for i in range(2000)).encode()
    kcat("-P", "-t", topic, "-p", "0", "-X", "enable.idempotence=true", "-X", "batch.num.messages=10", given=text)
    kcat("-P", "-t", topic, "-p", "0", "-X", "enable.idempotence=true", given=text)
    read = lines(kcat("-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q"))
    equal(read, [str(i) for i in range(2000)] * 2, "values")


def metadata():
    topic = suite.topic("metadata")
    wait_for(topic)
    found = json.loads(kcat("-L", "-J").stdout)
    equal(len(found["brokers"]), 1, "brokers")
    equal(topic in [one["topic"] for one in found["topics"]], True, "topic is listed")


suite.run("first steps: produce and consume lines", first_steps)
for name in CODECS:
    suite.run(f"10,000 records, codec {name}", codec, name)
for name in CODECS:
    suite.run(f"a value of almost 1 MiB, codec {name}", large, name)
suite.run("offsets: absolute, from the end, queried", offsets)
suite.run("idempotent producer", idempotent)
suite.run("list metadata", metadata)
suite.finish()
