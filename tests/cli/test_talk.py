"""What is said on standard error: problems, notes, progress."""

from __future__ import annotations

import io
import sys

import msgspec
import pytest
from edge_bom import EDGE

from sbomctl.cli import problems, progress
from sbomctl.model import Location, Problem


def told(capsys, bom=EDGE, *, quiet=False, verbose=False) -> list[str]:
    problems.tell(bom, quiet=quiet, verbose=verbose)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert all(line.isprintable() for line in captured.err.splitlines())
    return captured.err.splitlines()


def test_problems_are_grouped_and_notes_shown(capsys):
    assert told(capsys) == [
        "app: the engines differ in 1 point",
        "  only syft found pkg:npm/left-pad@1.3.0",
        "sbomctl: incomplete: 3 problems",
        "  app layer 1 opt/x.jar: no cataloger reads jar files (engine) and 1 more like it",
        "  os layer 0 var/lib/dpkg/status:7: a record without a version\\x1b[2J\\x1b]0;owned\\x07 (dpkg)",
    ]


def test_verbose_shows_every_problem(capsys):
    assert told(capsys, verbose=True)[3:5] == [
        "  app layer 1 opt/x.jar: no cataloger reads jar files (engine)",
        "  app layer 2 opt/y.jar: no cataloger reads jar files (engine)",
    ]


def test_even_quiet_says_that_it_is_incomplete(capsys):
    assert told(capsys, quiet=True) == ["sbomctl: incomplete: 3 problems"]


def test_a_complete_result_says_nothing(capsys):
    assert told(capsys, msgspec.structs.replace(EDGE, problems=(), images=())) == []


def test_what_is_wrong_with_a_whole_image_is_told_first(capsys):
    found = [Problem(Location("a", 0, f"x{n}"), "x", f"reason {n}") for n in range(20)]
    bom = msgspec.structs.replace(EDGE, problems=(*found, Problem(Location("z", -1, ""), "source", "not there")))
    assert told(capsys, bom)[2:4] == ["sbomctl: incomplete: 21 problems", "  z: not there (source)"]


def test_many_kinds_are_cut_with_their_number(capsys):
    many = tuple(Problem(Location("app", 0, "p"), "x", f"reason {number:04}") for number in range(1000))
    notes = tuple(f"note {number}" for number in range(50))
    facts = msgspec.structs.replace(EDGE.images[0], notes=notes)
    lines = told(capsys, msgspec.structs.replace(EDGE, problems=many, images=(facts,)))
    assert lines[0] == "app: the engines differ in 50 points"
    assert "  and 30 more; --verbose shows all" in lines
    assert lines[-1] == "  and 992 more kinds; --verbose shows all"
    assert len(told(capsys, msgspec.structs.replace(EDGE, problems=many, images=(facts,)), verbose=True)) == 1052


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch) -> Terminal:
    """A terminal as standard error; not a fixture, because capturing sets stderr anew after those."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def test_a_bar_is_for_people_before_a_terminal_only(monkeypatch):
    terminal(monkeypatch)
    assert progress.wanted(quiet=False)
    assert not progress.wanted(quiet=True)
    monkeypatch.setenv("CI", "true")
    assert not progress.wanted(quiet=False)
    monkeypatch.delenv("CI")
    monkeypatch.setenv("TERM", "dumb")
    assert not progress.wanted(quiet=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not progress.wanted(quiet=False)
    with progress.shown(quiet=False) as bar:
        assert bar is None


def test_the_bar_shows_what_is_read_and_no_control_characters_of_a_name(monkeypatch):
    screen = terminal(monkeypatch)
    with progress.shown(quiet=False) as bar:
        bar.start("app\x1b[2J [red]x", 1000)
        bar.advance(400)
        bar.start("no size", 0)
        bar.advance(1)
        bar.finish()
        bar.finish()
        bar.advance(1)
    assert "\x1b[2J" not in screen.getvalue()


def test_a_step_that_counts_no_bytes_shows_none(monkeypatch):
    screen = terminal(monkeypatch)
    with progress.shown(quiet=False) as bar:
        bar.start("identifying packages", 0)
        bar.finish()
        assert "identifying packages" in screen.getvalue()
        assert "bytes" not in screen.getvalue()
        bar.start("reading 1 layer", 0)
        bar.advance(5_000_000)
        bar.start("the next", 0)
    assert "5.0" in screen.getvalue(), "what is counted is shown"


@pytest.mark.parametrize(("whole", "told"), [(0, "8.4 MB"), (16_000_000, "8.4 MB/16.0 MB")])
def test_a_bar_tells_only_what_is_known(monkeypatch, whole, told):
    screen = terminal(monkeypatch)
    with progress.shown(quiet=False) as bar:
        bar.start("reading", whole)
        bar.advance(8 << 20)
    drawn = screen.getvalue()
    assert told in drawn
    assert "?" not in drawn.replace("\x1b[?25", "")
