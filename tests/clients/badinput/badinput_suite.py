"""Input that no client sends: the node must refuse it, stay small, and keep serving.

    NODE_PID=1234 .clients/python/bin/python tests/clients/badinput/badinput_suite.py 127.0.0.1:9092

NODE_PID is the node's process; without it memory is not looked at.
"""

import os
import random
import resource
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import lz4.frame
import zstandard
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import wire
from harness import Suite, bootstrap_servers, equal
from wire import Connection

SERVERS = bootstrap_servers()
PID = os.environ.get("NODE_PID")
# What all of this together may add to the node's largest resident set.
GROWTH_MIB = 384
BOMB_MIB = 256
suite = Suite("badinput")
random.seed(20)
topic = suite.topic("target")
written = 0


def memory(name):
    if not PID:
        return 0
    with open(f"/proc/{PID}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) // 1024


def create(name, **configs):
    admin = AdminClient({"bootstrap.servers": SERVERS, "log_level": 3})
    admin.create_topics([NewTopic(name, 1, 1, config=configs)])[name].result(30)
    return name


def still_serving():
    """A client that knows nothing of the trouble writes a record and reads it back."""
    global written
    producer = Producer({"bootstrap.servers": SERVERS, "log_level": 3})
    got = []
    producer.produce(topic, f"fine-{written}", partition=0, on_delivery=lambda error, message: got.append(error or message.offset()))
    equal(producer.flush(15), 0, "a normal client's record left after 15 s")
    consumer = Consumer({"bootstrap.servers": SERVERS, "group.id": "unused", "enable.auto.commit": False, "log_level": 3})
    consumer.assign([TopicPartition(topic, 0, got[0])])
    message = consumer.poll(15)
    equal(message and message.value(), f"fine-{written}".encode(), "a normal client's record")
    consumer.close()
    written += 1


def scenario(name, work):
    def run():
        work()
        still_serving()
        peak = memory("VmHWM")
        if PID and peak - baseline > GROWTH_MIB:
            raise AssertionError(f"the node grew to {peak} MiB from {baseline} MiB")
    suite.run(name, run)


def closed(data):
    """Sends and expects the node to hang up without an answer."""
    with Connection(SERVERS) as connection:
        connection.send(data)
        equal(connection.answer(), None, f"answer to {data[:20].hex()}")


def closed_or_answered(data):
    """Sends; either is fine as long as it comes."""
    with Connection(SERVERS) as connection:
        connection.send(data)
        connection.answer()


# --- frames -------------------------------------------------------------------------------


def garbage():
    for size in (1, 3, 4, 5, 11, 64, 1000, 20_000):
        for _ in range(10):
            with Connection(SERVERS) as connection:
                # Random bytes begin with a random length: finish the stream so that nobody waits.
                connection.send(random.randbytes(size))
                connection.finish()
                connection.answer()
    closed_or_answered(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    closed_or_answered(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(500))


def lengths():
    for length in (0x7FFFFFFF, 0x7FFFFFFE, 1 << 30, 100 * (1 << 20) + 1, -1, -0x80000000):
        closed(struct.pack(">i", length))
        closed(struct.pack(">i", length) + wire.frame(wire.METADATA, 1, b"")[4:])
    closed(struct.pack(">i", 0))
    closed(struct.pack(">i", 3) + b"\0\3\0")


def truncated():
    good = wire.produce(topic, wire.batch([b"value"]))
    for cut in range(4, len(good) - 1, 3):
        # The length says what is there, so the frame is whole and its content is cut.
        closed(struct.pack(">i", cut - 4) + good[4:cut])
    half = good[: len(good) // 2]
    with Connection(SERVERS) as connection:
        connection.send(half)  # and hang up in the middle


def every_key_and_version():
    """Each request of each version with nothing, zeros, ones and noise after the header."""
    for key in range(-1, 96):
        for version in range(-1, 19):
            bodies = [b"", bytes(40), b"\xff" * 40, b"\x7f\xff\xff\xff" * 10, random.randbytes(60)]
            with Connection(SERVERS) as connection:
                connection.send(wire.frame(key, version, random.choice(bodies)))
                connection.finish()
                connection.answer()


def unknown_api():
    closed(wire.frame(999, 0, b""))
    closed(wire.frame(-5, 0, b""))
    closed(wire.frame(wire.METADATA, 99, b""))
    closed(wire.frame(4, 0, b""))
    with Connection(SERVERS) as connection:
        # as a client of the future would: a header with tags, then compact strings
        connection.send(wire.frame(wire.API_VERSIONS, 99, b"\0\5some\0021\0", correlation=77))
        answer = connection.answer()
        correlation, code, count = struct.unpack_from(">ihi", answer)
        equal((correlation, code), (77, 35), "answer to ApiVersions 99")
        equal(count >= 1, True, "ApiVersions 99 names the versions that are served")
        # The connection stays usable: clients ask again with a version they were told.
        connection.send(wire.frame(wire.API_VERSIONS, 0, b"", correlation=78))
        equal(struct.unpack_from(">ih", connection.answer()), (78, 0), "answer to ApiVersions 0")


def array_counts():
    """Counts and lengths that promise more than the frame holds."""
    for count in (0x7FFFFFFF, 100_000_000, -2, -0x80000000):
        # A negative count may also be taken for null.
        expect = closed if count > 0 else closed_or_answered
        expect(wire.frame(wire.METADATA, 1, struct.pack(">i", count)))
        expect(wire.produce(topic, wire.batch([b"v"]), topics=count))
        expect(wire.produce(topic, wire.batch([b"v"]), records_length=count))
        expect(wire.frame(wire.LIST_OFFSETS, 2, struct.pack(">ibi", -1, 0, count)))
    # compact array of 2^32 - 2 topics in a flexible version
    closed(wire.frame(wire.METADATA, 9, b"\0" + b"\xff\xff\xff\xff\x0f"))
    # a tagged field longer than the frame, in the header
    closed(wire.frame(wire.METADATA, 9, b"\1\0\xff\xff\xff\x07"))


# --- record batches -----------------------------------------------------------------------


def refused(name, records, to=None):
    with Connection(SERVERS) as connection:
        connection.send(wire.produce(to or topic, records))
        answer = connection.answer()
        if answer is not None:
            code, offset = wire.produce_error(answer)
            equal(code != 0, True, f"{name}: an error (it was written at offset {offset})")


def wrong_checksum():
    for crc in (0, 0xFFFFFFFF, 12345):
        with Connection(SERVERS) as connection:
            connection.send(wire.produce(topic, wire.batch([b"value"], crc=crc)))
            equal(wire.produce_error(connection.answer())[0], 2, "error for a wrong checksum")
    flipped = bytearray(wire.batch([b"value" * 100]))
    flipped[300] ^= 1
    refused("a flipped bit", bytes(flipped))


def lying_batches():
    one = wire.record(0, b"value")
    for name, bad in {
            "count above the records": wire.batch(one, count=1000),
            "huge count": wire.batch(one, count=0x7FFFFFFF),
            "negative count": wire.batch(one, count=-1, last_delta=0),
            "no records": wire.batch(b"", count=0, last_delta=0),
            "count unlike the offsets": wire.batch(one, count=1, last_delta=7),
            "count below the records": wire.batch(one * 3, count=1),
            "length above the data": wire.batch([b"v"], length=10_000_000),
            "length far below": wire.batch([b"v"], length=10),
            "negative length": wire.batch([b"v"], length=-12),
            "magic 0": wire.batch([b"v"], magic=0),
            "magic 1": wire.batch([b"v"], magic=1),
            "magic 9": wire.batch([b"v"], magic=9),
            "unknown codec": wire.batch([b"v"], codec=7),
            "half a header": wire.batch([b"v"])[:40],
            "rubbish": random.randbytes(200),
            "rubbish behind a batch": wire.batch([b"v"]) + random.randbytes(30),
            "a control batch from a client": wire.batch([b"v"], codec=0x20),
            "rubbish instead of gzip": wire.batch(random.randbytes(100), count=1, codec=wire.GZIP),
            "rubbish instead of zstd": wire.batch(random.randbytes(100), count=1, codec=wire.ZSTD),
            "record longer than the batch": wire.batch(wire.varint(5000) + b"x" * 20, count=1),
    }.items():
        refused(name, bad)


def bombs():
    """Small batches that unpack to hundreds of mebibytes, some on a topic that recompresses."""
    recompress = create(suite.topic("recompress"), **{"compression.type": "zstd"})
    packed = wire.zeros_gzip(BOMB_MIB)
    size = BOMB_MIB << 20
    plain = wire.varint(size + 20) + b"\0\0\0\1" + wire.varint(size)
    frames = {
        wire.GZIP: packed,
        wire.ZSTD: zstandard.ZstdCompressor(3).compress(plain + bytes(size)),
        wire.LZ4: lz4.frame.compress(plain + bytes(size), block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX4MB),
        # a raw snappy block that claims four gibibytes
        wire.SNAPPY: b"\xff\xff\xff\xff\x0f" + b"\x00a" * 50,
    }
    for codec, data in frames.items():
        if len(data) > 1_000_000:
            data = data[:1_000_000]
        for to in (topic, recompress):
            connections = [Connection(SERVERS) for _ in range(3)]
            for connection in connections:
                connection.send(wire.produce(to, wire.batch(data, count=1, codec=codec)))
            for connection in connections:
                connection.answer()
                connection.socket.close()


# --- connections --------------------------------------------------------------------------


def half_frames():
    """Connections that promise a large request and send almost nothing of it."""
    connections = [Connection(SERVERS) for _ in range(300)]
    for connection in connections:
        connection.send(struct.pack(">i", 90 << 20) + b"\0\0\0\x08")
    still_serving()
    for _ in range(3):
        for connection in connections:
            connection.send(b"\0")
        time.sleep(0.1)
    for connection in connections:
        connection.socket.close()


def many_connections():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    count = min(1500, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    connections = [Connection(SERVERS) for _ in range(count)]
    for connection in connections:
        connection.send(wire.frame(wire.API_VERSIONS, 0, b""))
    for connection in connections:
        equal(connection.answer() is not None, True, "answer on one of many connections")
    still_serving()
    for connection in connections:
        connection.socket.close()
    for _ in range(1000):
        Connection(SERVERS).socket.close()


def pipelined():
    with Connection(SERVERS) as connection:
        connection.send(b"".join(wire.frame(wire.API_VERSIONS, 0, b"", correlation=i) for i in range(2000)))
        for i in range(2000):
            equal(struct.unpack_from(">i", connection.answer())[0], i, "correlation id")


def never_reads():
    """Asks without ever reading an answer: the node must stop listening to it, not pile up."""
    create(suite.topic("tall"))
    with Connection(SERVERS) as connection:
        connection.send(wire.produce(suite.topic("tall"), wire.batch([random.randbytes(900_000)])))
        equal(wire.produce_error(connection.answer())[0], 0, "error of a record that is fine")
    connections = [Connection(SERVERS) for _ in range(20)]
    ask = wire.fetch(suite.topic("tall")) + wire.frame(wire.METADATA, 1, struct.pack(">i", -1))
    for connection in connections:
        connection.socket.setblocking(False)
    for _ in range(40):
        for connection in connections:
            try:
                connection.socket.send(ask * 50)
            except (BlockingIOError, ConnectionError):
                pass
        time.sleep(0.02)
    still_serving()
    for connection in connections:
        connection.socket.close()


def strange_fetches():
    for options in (
            {"offset": -5}, {"offset": 1 << 62}, {"max_bytes": 0x7FFFFFFF}, {"max_bytes": -1},
            {"partition": 0x7FFFFFFF}, {"partition": -1}, {"min_bytes": 0x7FFFFFFF, "max_wait": 50}):
        closed_or_answered(wire.fetch(topic, **options))
    # waits for ever on the node, and then its client is gone
    for _ in range(50):
        with Connection(SERVERS) as connection:
            connection.send(wire.fetch(topic, offset=0, min_bytes=0x7FFFFFFF, max_wait=0x7FFFFFFF))


create(topic)
still_serving()
baseline = memory("VmHWM")
scenario("garbage frames", garbage)
scenario("frame lengths: 2 GiB, negative, zero", lengths)
scenario("truncated requests", truncated)
scenario("every API key and version with rubbish", every_key_and_version)
scenario("unknown API keys and versions", unknown_api)
scenario("counts beyond the frame", array_counts)
scenario("batches with a wrong checksum", wrong_checksum)
scenario("batches that lie", lying_batches)
scenario("decompression bombs", bombs)
scenario("300 half frames", half_frames)
scenario("1,500 connections", many_connections)
scenario("2,000 pipelined requests", pipelined)
scenario("clients that never read", never_reads)
scenario("strange fetches", strange_fetches)
if PID:
    print(f"memory of the node: {baseline} MiB before, {memory('VmHWM')} MiB at most, {memory('VmRSS')} MiB now")
suite.finish()
