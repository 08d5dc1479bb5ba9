"""The stream of uncompressed blocks."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

from sbomctl.sources.stream import BLOCK, blocks


class ClosedWhileReading(io.RawIOBase):
    """A file whose third block finds the stream abandoned, as when the garbage collector runs in its thread."""

    def __init__(self) -> None:
        super().__init__()
        self.stream: Iterator[bytes] | None = None
        self.suspended = threading.Event()
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self.reads == 3:
            self.suspended.wait(60)
            try:
                self.stream.close()
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                self.error = error
            self.ended.set()
        return b"x" * BLOCK if self.reads < 3 else b""


def test_a_stream_may_be_closed_from_the_thread_that_reads_ahead():
    raw = ClosedWhileReading()
    raw.stream = blocks(raw, "layer", 1 << 30)
    next(raw.stream)
    raw.suspended.set()
    assert raw.ended.wait(60)
    assert raw.error is None
