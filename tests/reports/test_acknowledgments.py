"""Sentences that licenses prescribe."""

from __future__ import annotations

import pytest

from sbomctl.licenses.spdx_texts import text_of
from sbomctl.policy.classes import shipped_table
from sbomctl.reports._acknowledgments import known_licenses, prescribed, sentences_in


@pytest.mark.parametrize("license_id", known_licenses())
def test_every_sentence_is_quoted_from_its_license(license_id):
    text = " ".join(text_of(license_id).split())
    assert prescribed(license_id)
    for sentence in prescribed(license_id):
        assert sentence in text


@pytest.mark.parametrize("license_id", known_licenses())
def test_the_classes_know_of_the_duty(license_id):
    asked = shipped_table().licenses[license_id.lower()].obligations
    assert asked & {"acknowledgment", "advertising"}


def test_the_holder_that_a_shipped_text_names():
    text = (
        " *    must display the following acknowledgement:\n"
        " *        This product includes software developed by the NetBSD\n"
        " *        Foundation, Inc. and its contributors.\n"
        " * 4. Neither the name of"
    )
    assert sentences_in(text, frozenset(["BSD-4-Clause"])) == (
        "This product includes software developed by the NetBSD Foundation, Inc. and its contributors",
    )


def test_the_withdrawn_clause_of_the_university():
    text = text_of("BSD-4-Clause-UC")
    assert sentences_in(text, frozenset(["BSD-4-Clause"]))
    assert not sentences_in(text, frozenset(["BSD-4-Clause-UC"]))


def test_a_text_made_of_beginnings_takes_no_time():
    assert len(sentences_in("This product includes software developed " * 12_000, frozenset())) <= 1
