"""The alias table and the table of exceptions: well formed, ours, and without the errors of others."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from sbomctl.licenses import aliases, deprecated
from sbomctl.licenses.dialects import DIALECTS
from sbomctl.licenses.dialects._exceptions import key_of
from sbomctl.licenses.expression import canonical, normalize, parse, terms
from sbomctl.licenses.spdx_list import spdx_list

CONFIDENCES = {aliases.EXACT, aliases.TEXT_DEPENDENT, aliases.AMBIGUOUS}
SCOPES = {aliases.ANYWHERE} | {dialect.name for dialect in DIALECTS}


def rows(name):
    lines = (ROOT / "sbomctl/licenses" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("row", rows("aliases.tsv"), ids=lambda row: f"{row[3]}-{row[0]}"[:60])
def test_rows(row):
    name, targets, confidence, scopes, reason = row
    assert aliases.key(name)
    assert confidence in CONFIDENCES
    assert set(scopes.split(",")) <= SCOPES
    expressions = targets.split("|") if targets else []
    assert [canonical(one) for one in expressions] == expressions
    assert len(set(expressions)) == len(expressions)
    if confidence == aliases.EXACT:
        assert len(expressions) == 1
    else:
        assert reason
        assert len(expressions) != 1 or confidence == aliases.TEXT_DEPENDENT


def test_no_name_has_two_rows_in_one_dialect():
    keys = [(scope, aliases.key(name)) for name, _, _, scopes, _ in rows("aliases.tsv") for scope in scopes.split(",")]
    assert len(keys) == len(set(keys))


def test_no_row_repeats_what_the_list_says():
    names = aliases.listed_names()
    for name, targets, confidence, scopes, _ in rows("aliases.tsv"):
        if (confidence, scopes) == (aliases.EXACT, aliases.ANYWHERE):
            assert names.get(aliases.key(name)) != targets, name


def test_no_row_for_all_takes_an_expression_for_a_name():
    for name, _, _, scopes, _ in rows("aliases.tsv"):
        valid = normalize(name) if scopes == aliases.ANYWHERE else ""
        assert len(terms(valid)) < 2, name


@pytest.mark.parametrize("row", rows("exceptions.tsv"), ids=lambda row: f"{row[0]}-{row[1]}")
def test_exceptions(row):
    phrase, base, exceptions, confidence, reason = row
    assert confidence in CONFIDENCES
    assert base == "*" or f"{base}-only".lower() in spdx_list().licenses
    for exception in exceptions.split("|") if exceptions else []:
        assert parse(f"MIT WITH {exception}").exception == exception
    assert reason or confidence == aliases.EXACT
    assert key_of(f"{phrase} exception") == key_of(phrase)


def test_identifiers_keep_their_own_keys():
    keys = {}
    for license_id in spdx_list().licenses.values():
        keys.setdefault(aliases.key(license_id), []).append(license_id)
    assert [ids for ids in keys.values() if len(ids) > 1] == []


@pytest.mark.parametrize(
    ("spelling", "same"),
    [
        ("Apache License, Version 2.0", "apache 2"),
        ("the APACHE_LICENSE v2", "apache 2"),
        ("GPLv2+", "gpl 2+"),
        ("GPL-2.0 or (at your option) any later version", "gpl 2+"),
        ("GPL (>= 2)", "gpl 2+"),
        ("BSD-3-Clause", "bsd 3 clause"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "apache.org/licenses/license-2.0"),
        ("Zlib / Libpng", "zlib/libpng"),
        ("license", ""),
        ("x" * 201, ""),
    ],
)
def test_keys(spelling, same):
    assert aliases.key(spelling) == same


def test_deprecated_identifiers_are_all_known():
    lists = spdx_list()
    for word in (*lists.deprecated_licenses, *lists.deprecated_exceptions):
        newer = deprecated.successors(word)
        assert newer or word == "net-snmp"
        for one in newer:
            valid = parse(f"MIT WITH {one}").exception if word in lists.deprecated_exceptions else canonical(one)
            assert not any(part.lower() in lists.deprecated_licenses for part in re.split(r"[\s()]+", valid))
