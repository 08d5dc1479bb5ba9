"""The beginnings of files: what is read of each, and what that costs."""

from __future__ import annotations

import tracemalloc

from conftest import layer, tar_of

from sbomctl.layers.excerpts import read_excerpts
from sbomctl.sources.base import Limits


def test_of_each_wanted_file_so_much_as_is_wanted():
    long = bytes(range(256)) * 12_000  # three pieces
    made = layer(tar_of({"a": "abc", "b": long, "c": "not wanted", "d": ("sym", "a"), "e": long, "f": ""}))
    seen: dict[str, bytes] = {}
    wanted = {"a": 10, "b": 2_000_001, "d": 10, "e": 1 << 30, "f": 10}
    read_excerpts(made, wanted, Limits(), seen.__setitem__)
    assert seen == {"a": b"abc", "b": long[:2_000_001], "e": long, "f": b""}


def test_one_excerpt_is_in_memory_at_a_time_and_that_once():
    size = 48 << 20
    made = layer(tar_of({"a": bytes(size), "b": bytes(size)}))
    seen: list[tuple[str, int]] = []
    tracemalloc.start()
    read_excerpts(made, {"a": size, "b": size}, Limits(), lambda path, data: seen.append((path, len(data))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == [("a", size), ("b", size)]
    assert peak < 1.75 * size  # a tar is read ahead by 18 MiB
