"""What counts as a sign of an ecosystem that no cataloger of ours covers."""

from __future__ import annotations

import pytest
from conftest import Entry, stack_of, tar_of
from saved_image import go_binary

from sbomctl.engine.evidence import counted, uncovered


def signs(*layers: dict[str, Entry]) -> dict[str, list[str]]:
    found = uncovered(stack_of(*map(tar_of, layers)))
    return {ecosystem: [str(trace.location) for trace in traces] for ecosystem, traces in found.items()}


@pytest.mark.parametrize(
    ("ecosystem", "path"),
    [
        ("java", "app.jar"),
        ("java", "opt/tomcat/webapps/ROOT.war"),
        ("ruby", "usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec"),
        ("dotnet", "app/web.deps.json"),
        ("php", "srv/vendor/composer/installed.json"),
        ("pacman", "var/lib/pacman/local/zlib-1.3-1/desc"),
        ("portage", "var/db/pkg/sys-libs/zlib-1.3/CONTENTS"),
        ("conda", "opt/conda/conda-meta/zlib-1.3-0.json"),
        ("lua", "usr/lib/luarocks/rocks-5.4/lpeg/1.0-1/lpeg-1.0-1.rockspec"),
        ("r", "usr/lib/R/site-library/Rcpp/DESCRIPTION"),
        ("erlang", "usr/lib/erlang/lib/crypto-5.1/ebin/crypto.app"),
    ],
)
def test_signs(ecosystem, path):
    assert signs({path: "x"}) == {ecosystem: [f"image layer 0 {path}"]}


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/perl/DESCRIPTION",
        "usr/share/library/DESCRIPTION",
        "usr/share/vim/vim90/syntax/app.vim",
        "usr/share/icons/desc",
        "etc/app",
        "usr/lib/node_modules/npm/package.json",
        "usr/share/x/CONTENTS",
        "home/me/project.gemspec",
        "usr/share/jar",
    ],
)
def test_no_signs(path):
    assert signs({path: "x"}) == {}


def test_empty_files_links_and_second_names_count_for_nothing():
    found = signs({"a.jar": "x", "b.jar": "", "c.jar": ("sym", "a.jar"), "d.jar": ("hard", "a.jar")})
    assert found == {"java": ["image layer 0 a.jar"]}


def test_hidden_files_count():
    assert signs({"a.jar": "x"}, {".wh.a.jar": ""}) == {"java": ["image layer 0 a.jar"]}


def test_a_stripped_go_program_and_one_that_only_speaks_of_go():
    talk = b"\x7fELF" + bytes(60) + b"isReadyToGo\0\0\0\0" + bytes(20000)
    assert signs({"bin/go": go_binary(), "bin/talk": talk}) == {"go": ["image layer 0 bin/go"]}


def test_they_are_counted_in_words():
    found = uncovered(stack_of(tar_of({"b.jar": "x", "a.jar": "y", "l/ebin/c.app": "z"})))
    assert counted("java", found["java"]) == "2 Java archives such as a.jar"
    assert counted("erlang", found["erlang"]) == "1 Erlang application, l/ebin/c.app"
