"""Heads of scripts and sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses._comments import head_comments
from sbomctl.licenses.source_header import HEAD, SourceHeader

HEADS = {
    "shell": "#!/bin/sh\n#\n# {}\n# {}\n\nset -e\n",
    "c": "#include <stdio.h>\n/*\n * {}\n * {}\n */\nint main() {{}}\n",
    "one line each": "/* {} */\n// {}\n",
    "bundled": "/*! {} *//*! {} */!function(){{}}\n",
    "python": '#!/usr/bin/python3\n# -*- coding: utf-8 -*-\n"""Docs.\n\n{}\n{}\n"""\nimport os\n',
    "php": "<?php\n/**\n * {}\n * {}\n */\n",
    "php, one line": "<?php /* {} */\n# {}\n",
    "html": "<!-- {} -->\n<!--\n  {}\n-->\n",
    "sql": "-- {}\n-- {}\nSELECT 1;\n",
    "lua": "--[[\n {}\n {}\n]]\nlocal x\n",
    "lisp": ";;; {}\n;; {}\n",
    "tex": "%% {}\n% {}\n",
    "batch": "@echo off\n@rem {}\nREM {}\n",
    "m4": "dnl {}\ndnl {}\n",
    "ocaml": "(* {}\n   {} *)\n",
    "haskell": "{{- {}\n{}\n-}}\nmodule Main\n",
    "powershell": "<#\n{}\n{}\n#>\n",
    "ruby": "=begin\n{}\n{}\n=end\n",
    "perl": "#!/usr/bin/perl\n" + "print 1;\n" * 60 + "=head1 LICENSE\n\n{}\n\n{}\n\n=cut\n",
    "manual": '.\\" {}\n.\\" {}\n.TH x\n',
}


@pytest.mark.parametrize("language", HEADS)
def test_the_head_is_read_in_any_language(language):
    text = HEADS[language].format("Copyright 2001 Foo Bar", "SPDX-License-Identifier: MIT OR Apache-2.0")
    read = SourceHeader().read("x", text.encode())
    assert read is not None
    assert read.detected == "Apache-2.0 OR MIT"
    lines = text.split("\n")
    assert ["SPDX" in lines[one.line - 1] for one in read.statements] == [True]
    assert [(words, "Copyright" in lines[line - 1]) for line, words in read.copyrights] == [
        ("Copyright 2001 Foo Bar", True)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\necho hello\n",
        "#!/bin/sh\nlicense=$(cat SPDX-License-Identifier: MIT)\necho 'Copyright 2001 Foo'\n",
        "print(1)\n" * 30 + "# SPDX-License-Identifier: MIT\n",
        "#!/bin/sh\0 # SPDX-License-Identifier: MIT\n",
        "#" * (HEAD + 10) + "\n# SPDX-License-Identifier: MIT\n",
        "",
    ],
)
def test_code_and_what_comes_late_say_nothing(text):
    assert SourceHeader().read("x", text.encode()) is None


def test_what_a_python_module_assigns_counts():
    text = b"import os\n__copyright__ = '2001 Foo'\n__license__ = \"MIT\"\n".decode()
    assert head_comments(text) == "\nCopyright: 2001 Foo\nLicense: MIT"
    read = SourceHeader().read("x.py", text.encode())
    assert read is not None
    assert read.detected == "MIT"
    assert read.copyrights == ((2, "Copyright: 2001 Foo"),)


def test_latin_1_and_a_letter_that_the_end_cuts():
    for data in ("# Copyright 2001 Möller\n".encode("latin-1"), "# Copyright 2001 Möllerß".encode()[:-1]):
        read = SourceHeader().read("x", data)
        assert read is not None
        assert "Möller" in read.copyrights[0][1]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ['"""', "'''", "/*", "*/", "#", "\n", "\r\n", "=head", "=cut", "<!--", "-->", "r", "<?php"]
            ),
            st.binary(max_size=4),
        ).map(lambda one: one if isinstance(one, bytes) else one.encode()),
        max_size=40,
    ).map(b" ".join)
)
def test_any_bytes_are_read(data):
    text = data.decode("latin-1")
    comments = head_comments(text).split("\n")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert len(comments) <= len(lines)
    for comment, line in zip(comments, lines, strict=False):
        assert len(comment) <= len(line)
