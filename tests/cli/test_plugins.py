from __future__ import annotations

import re

from click.testing import CliRunner

from sbomctl import api
from sbomctl.cli.main import cli


def plugins(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["plugins", *arguments])
    assert result.exit_code == 0
    return result.output


def test_every_registered_plugin_is_listed_with_what_it_is_for():
    shown = plugins()
    for name, about in (
        *((f"{source.scheme}:", source.about) for source in api.sources()),
        *((f"{one.key}:", one.about) for one in api.descriptions()),
        *((one.name, one.about) for one in api.sidecars()),
        *((cataloger.name, cataloger.about) for cataloger in (*api.catalogers(), *api.evidence_catalogers())),
        *((writer.format, writer.about) for writer in api.writers()),
        *((rule.name, rule.about) for rule in api.rules()),
        *((form.kind, form.about) for form in api.findings_writers()),
    ):
        listed = re.sub(r"\n {9,}", " ", shown).splitlines()  # what goes on in the next line
        assert any(line.startswith(f"  {name} ") and line.endswith(f"  {about}") for line in listed), name
    assert max(map(len, shown.splitlines())) <= 80
    titles = [line for line in shown.splitlines() if line and line[0] != " "]
    known = ["Targets:", "Descriptions of products:", "SBOMs and manifests of images:"]
    known += ["Catalogers:", "Evidence catalogers:", "Formats:"]
    assert titles == [*known, "Policy rules:", "Findings:", "Reports:"]


def test_verbose_adds_the_patterns_of_each_cataloger():
    shown = plugins("-v").splitlines()
    for cataloger in (*api.catalogers(), *api.evidence_catalogers()):
        for pattern in cataloger.wants.paths:
            assert f"      {pattern}" in shown
    assert not set(plugins().splitlines()) & {f"      {path}" for one in api.catalogers() for path in one.wants.paths}
