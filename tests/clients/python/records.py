"""The records that the suites write. The same rule is in the Java and JavaScript suites.

Record `i` goes to partition `i % 4` with the timestamp `base + 100 * i`, and has
  key      none when i % 7 == 3, else "key-<i>"
  value    none when i % 11 == 5, else "value-<i>-" and i % 20 times "abcdefghij"
  headers  none unless i % 3 == 0; then n=<i>, n="again" (the name twice, order matters),
           and for even i also "none" without a value
"""

import random
import time

COUNT = 10_000
PARTITIONS = 4
STEP_MS = 100
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
MIB = 1024 * 1024


def base_timestamp():
    """An hour ago: in the past, but far from every retention limit."""
    return int(time.time() * 1000) - 3_600_000


def key(i):
    return None if i % 7 == 3 else f"key-{i}".encode()


def value(i):
    return None if i % 11 == 5 else f"value-{i}-{'abcdefghij' * (i % 20)}".encode()


def headers(i):
    if i % 3:
        return []
    found = [("n", str(i).encode()), ("n", b"again")]
    return found + [("none", None)] if i % 2 == 0 else found


def large_values():
    """About one mebibyte each: no pattern at all, a strong pattern, and half of each."""
    noise = random.Random(7).randbytes(MIB)
    return [noise, b"highwater " * (MIB // 10), noise[: MIB // 2] + bytes(MIB // 2)]
