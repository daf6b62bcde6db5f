"""Just enough of Kafka's wire format to write it wrongly. Nothing here checks anything."""

import gzip
import socket
import struct

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS = 0, 1, 2, 3, 18
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def varint(value):
    value = value << 1 ^ value >> 63
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


def record(at, value):
    body = b"\0" + varint(0) + varint(at) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch(records, count=None, last_delta=None, codec=0, magic=2, crc=None, length=None, producer=(-1, -1, -1)):
    """A record batch; every field that a test lies about has a parameter."""
    if isinstance(records, list):
        count = len(records) if count is None else count
        records = b"".join(record(at, value) for at, value in enumerate(records))
    last_delta = count - 1 if last_delta is None else last_delta
    after_crc = struct.pack(
        ">hiqqqhii", codec, last_delta, 1_700_000_000_000, 1_700_000_000_000, *producer, count) + records
    crc = crc32c(after_crc) if crc is None else crc
    rest = struct.pack(">ibI", 0, magic, crc) + after_crc
    return struct.pack(">qi", 0, len(rest) if length is None else length) + rest


def frame(api_key, version, body, correlation=1, length=None):
    """A request with header version 1, which all the versions used here have."""
    head = struct.pack(">hhi", api_key, version, correlation) + string("bad-input")
    whole = head + body
    return struct.pack(">i", len(whole) if length is None else length) + whole


def produce(topic, records, acks=-1, topics=1, records_length=None, correlation=1):
    """Produce version 8, the last one without compact fields."""
    size = len(records) if records_length is None else records_length
    body = string(None) + struct.pack(">hi", acks, 10_000)
    body += struct.pack(">i", topics) + string(topic) + struct.pack(">iii", 1, 0, size) + records
    return frame(PRODUCE, 8, body, correlation)


def fetch(topic, offset=0, max_wait=0, min_bytes=1, max_bytes=1 << 20, partition=0):
    """Fetch version 11."""
    body = struct.pack(">iiiibii", -1, max_wait, min_bytes, max_bytes, 0, 0, -1)
    body += struct.pack(">i", 1) + string(topic) + struct.pack(">i", 1)
    body += struct.pack(">iiqqi", partition, -1, offset, -1, max_bytes)
    return frame(FETCH, 11, body + struct.pack(">i", 0) + string(""))


class Connection:
    def __init__(self, address, seconds=20.0):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends, and forgives that the node has hung up: what it answers is what counts."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def finish(self):
        """Says that nothing more will be sent; the node may have hung up before."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def answer(self):
        """The next response without its length, or None when the node closed the connection."""
        head = self._exactly(4)
        return None if head is None else self._exactly(struct.unpack(">i", head)[0])

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except ConnectionResetError:
                return None
            if not more:
                return None
            data += more
        return data


def produce_error(answer):
    """(error code, base offset) of the one partition in a Produce version 8 answer."""
    at = 8  # correlation id and number of topics
    at += 2 + struct.unpack_from(">h", answer, at)[0] + 4  # topic name, number of partitions
    _, code, offset = struct.unpack_from(">ihq", answer, at)
    return code, offset


def zeros_gzip(mebibytes):
    """A record whose value is all zeros, compressed about a thousand times."""
    size = mebibytes << 20
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size)
    head = varint(len(body) + size + 1) + body
    return gzip.compress(head + bytes(size) + varint(0), 6)
