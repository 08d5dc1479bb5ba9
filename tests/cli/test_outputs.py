from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from sbomctl.cli.outputs import TABLE, prepared, write_all
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError, OutputError


def wishes(*names) -> list[Wish]:
    return [Wish("table", "", str(name)) for name in names]


def put(text: bytes):
    return lambda _wish, out: out.write(text)


def test_without_a_wish_it_is_the_table_on_standard_output():
    (output,) = prepared([])
    assert (output.wish, output.file) == (TABLE, None)


def test_files_are_whole_and_nothing_else_is_left(tmp_path):
    write_all(prepared(wishes(tmp_path / "a", tmp_path / "b")), put(b"text"))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a": b"text", "b": b"text"}


def test_when_one_document_fails_none_appears_and_old_ones_stay(tmp_path):
    (tmp_path / "a").write_bytes(b"old")

    def second_fails(wish, out):
        out.write(b"half")
        if wish.file.endswith("b"):
            raise ValueError("writer broke")

    with pytest.raises(ValueError, match="writer broke"):
        write_all(prepared(wishes(tmp_path / "a", tmp_path / "b")), second_fails)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a": b"old"}


def test_a_full_disk_leaves_nothing(tmp_path):
    def full(_wish, out):
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        write_all(prepared(wishes(tmp_path / "a")), full)
    assert not list(tmp_path.iterdir())


def test_a_draft_of_a_killed_process_is_no_obstacle(tmp_path):
    (tmp_path / f".a.{os.getpid()}.part").write_bytes(b"stale")
    write_all(prepared(wishes(tmp_path / "a")), put(b"new"))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a": b"new"}


def test_permissions_are_those_of_any_new_file_or_of_the_replaced_one(tmp_path):
    umask = os.umask(0o027)
    try:
        (tmp_path / "old").write_bytes(b"")
        (tmp_path / "old").chmod(0o604)
        write_all(prepared(wishes(tmp_path / "old", tmp_path / "new")), put(b"x"))
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o604


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("dir/real")
    write_all(prepared(wishes(tmp_path / "link")), put(b"new"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "dir/real").read_bytes() == b"new"


def test_a_link_planted_as_draft_is_not_followed(tmp_path):
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / f".a.{os.getpid()}.part").symlink_to("victim")
    write_all(prepared(wishes(tmp_path / "a")), put(b"new"))
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_a_pipe_is_written_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_all(prepared(wishes(pipe)), put(b"through"))
    reader.join(timeout=60)
    assert got == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is a directory"),
        ("missing/", "it is a directory"),
        ("missing/file", "there is no directory"),
        ("file/below", "there is no directory"),
    ],
)
def test_a_place_nobody_can_write_to_is_told_before_the_scan(tmp_path, name, reason):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=reason) as caught:
        prepared(wishes(f"{tmp_path}/{name}"))
    assert caught.value.exit_code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_permissions_are_checked_before_the_scan(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "file").chmod(0o444)
    for name in ("closed/new", "file"):
        with pytest.raises(OutputError, match=r"writable|denied"):
            prepared(wishes(tmp_path / name))


def test_two_documents_cannot_share_a_place(tmp_path):
    (tmp_path / "link").symlink_to("a")
    for names in ([tmp_path / "a", tmp_path / "link"], ["", ""]):
        with pytest.raises(ConfigError, match="two outputs go to"):
            prepared(wishes(*names))


def test_a_name_as_long_as_the_file_system_allows(tmp_path):
    name = tmp_path / ("x" * 255)
    write_all(prepared(wishes(name)), put(b"x"))
    assert name.read_bytes() == b"x"
    assert [Path(file).name for file in tmp_path.iterdir()] == [name.name]
