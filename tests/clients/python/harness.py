"""Runs scenarios one by one and reports each on a line of its own.

Every Python suite of this folder uses it. A scenario is a function; it fails by raising.
The report is made to be read by a person and by `cargo xtask test`:

    ok   codec gzip (1.24s)
    FAIL codec lz4 (0.91s)
         AssertionError: ...
    12 passed, 1 failed
"""

import os
import sys
import time
import traceback
import uuid


def bootstrap_servers():
    """The address to test: first argument, else BOOTSTRAP_SERVERS, else the usual port."""
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        return sys.argv[1]
    return os.environ.get("BOOTSTRAP_SERVERS", "127.0.0.1:9092")


class Suite:
    def __init__(self, name):
        self.name = name
        # Topics of earlier runs may still be on the node, so names are never reused.
        self.run_id = uuid.uuid4().hex[:8]
        self.passed = 0
        self.failed = 0
        self.only = os.environ.get("ONLY", "")

    def topic(self, what):
        return f"{self.name}-{what}-{self.run_id}"

    def run(self, name, scenario, *args):
        """Runs one scenario; ONLY=text in the environment picks those whose name has it."""
        if self.only not in name:
            return
        started = time.monotonic()
        try:
            scenario(*args)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.failed += 1
            print(f"FAIL {name} ({time.monotonic() - started:.2f}s)")
            for line in report(error):
                print("     " + line)
        else:
            self.passed += 1
            print(f"ok   {name} ({time.monotonic() - started:.2f}s)")
        sys.stdout.flush()

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        # Some client libraries keep threads alive after close; the result is already printed.
        os._exit(1 if self.failed else 0)


def report(error):
    """What went wrong and where in our own files; frames inside libraries only hide that."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(here) and frame.name != "run":
            yield f"{os.path.relpath(frame.filename, here)}:{frame.lineno} {frame.line}"
    yield from traceback.format_exception_only(error)[-1].rstrip().splitlines()


def equal(actual, expected, what):
    """assert with a message that stays readable when values are a mebibyte long."""
    if actual != expected:
        raise AssertionError(f"{what}: got {short(actual)}, expected {short(expected)}")


def short(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"


def until(what, condition, seconds=15.0):
    """Waits for metadata and the like, which clients see a moment after the answer."""
    deadline = time.monotonic() + seconds
    while True:
        last = condition()
        if last:
            return last
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
