"""What the README says is what the program does; SBOMCTL_UPDATE_FIXTURES=1 rewrites what it shows of the program."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import FIXTURES, ROOT, UPDATE, missing, tool

from sbomctl import api, errors
from sbomctl.cli.errors import BUG, HUNG_UP, INTERRUPTED, READER_GONE, TERMINATED
from sbomctl.cli.main import COMMANDS, cli
from sbomctl.filesystems.readers import READERS
from sbomctl.model import State

README = ROOT / "README.md"
HELP = re.compile(r"(?<=<!-- help -->\n).*?(?=<!-- /help -->)", re.DOTALL)
TOUR = re.compile(r"(?<=<!-- tour -->\n```console\n).*?(?=```\n)", re.DOTALL)
ELIDED = "…"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("*/README.md")),
    *sorted(FIXTURES.glob("**/README.md")),
]


def readme() -> str:
    return README.read_text(encoding="utf-8")


def prose() -> str:
    return HELP.sub("", readme())


def first_cells(heading: str) -> list[str]:
    """The first column of the table below a heading row that starts with ``heading``."""
    rows = prose().partition(f"| {heading} |")[2].splitlines()[2:]
    table = rows[: next((number for number, row in enumerate(rows) if not row.startswith("|")), len(rows))]
    return [row.split("|")[1].strip().strip("`") for row in table]


# The program's own words


def helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Each command and its --help, groups before what they hold."""
    words = [*name.split()[1:], "--help"]
    result = CliRunner().invoke(cli, words, prog_name="sbomctl", terminal_width=80)
    assert result.exit_code == 0, name
    yield name, result.output
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from helps(found, f"{name} {inner}")


def test_every_help_is_shown():
    shown = "".join(
        f"\n<details><summary><code>{name} --help</code></summary>\n\n```text\n{text.rstrip()}\n```\n\n</details>\n"
        for name, text in helps(cli, "sbomctl")
    )
    if UPDATE:
        README.write_text(HELP.sub(lambda _: shown + "\n", readme()), encoding="utf-8")
    assert HELP.search(readme())[0] == shown + "\n"


def test_every_command_is_named():
    assert first_cells("command") == [f"sbomctl {name}" for name in COMMANDS]


def test_every_scheme_is_named():
    assert sorted(first_cells("scheme")) == sorted(f"{scheme}:" for scheme in api.schemes())


def test_every_format_is_named_with_its_versions():
    assert first_cells("format") == [writer.format for writer in api.writers()]
    for writer in api.writers():
        assert f"| `{writer.format}` | {', '.join(writer.versions)}".rstrip() in prose()


def test_every_cataloger_is_named():
    assert sorted(first_cells("cataloger")) == sorted(one.name for one in api.catalogers())


def test_every_evidence_cataloger_is_named():
    assert first_cells("evidence cataloger") == [one.name for one in api.evidence_catalogers()]


def test_every_rule_is_named_with_its_severity():
    assert first_cells("rule") == [rule.name for rule in api.rules()]
    for rule in api.rules():
        assert f"| `{rule.name}` | {rule.severity} |" in prose()


def test_every_kind_of_findings_is_named():
    assert first_cells("kind") == [form.kind for form in api.findings_writers()]


def test_every_report_is_named_with_its_forms():
    forms: dict[str, list[str]] = {}
    for one in api.report_kinds():
        forms.setdefault(one.kind, []).append(one.form)
    assert first_cells("report") == list(forms)
    for kind, known in forms.items():
        assert f"| `{kind}` | {', '.join(known)} |" in prose()


def test_every_shipped_policy_is_named():
    listed = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "policies/README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == list(api.shipped_policies())


def test_every_command_in_a_snippet_is_one_of_ours():
    lines = re.findall(
        r"^(?:- run: |    - )?(sbomctl (?:scan|check|policy|report|bundle) .*?)(?: +#.*)?$", prose(), re.MULTILINE
    )
    assert len(lines) >= 7
    for line in lines:
        _, name, *arguments = shlex.split(line)
        command = cli.get_command(click.Context(cli), name)
        while isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), arguments[0])
            command = inner or command.commands[command.default]
            del arguments[: inner is not None]
        command.make_context(name, arguments)


def test_the_waiver_shown_is_valid():
    shown = next(
        block for block in re.findall(r"^```yml\n(.*?)^```", readme(), re.MULTILINE | re.DOTALL) if "W-7" in block
    )
    waivers = api.parse_waivers(shown.encode(), "waivers.yaml", None, date(2026, 11, 20))
    assert [one.id for one in waivers] == ["W-7"]


def test_every_file_system_is_named():
    assert sorted(first_cells("file system")) == sorted(reader.kind for reader in READERS)


def test_every_state_is_named():
    assert first_cells("state") == [state.value for state in State]


def test_every_exit_code_is_named():
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.SbomctlError)]
    ends = {BUG, HUNG_UP, INTERRUPTED, READER_GONE, TERMINATED}
    codes = {0, 1, click.UsageError.exit_code, *ends, *(kind.exit_code for kind in kinds)}
    assert first_cells("code") == [str(code) for code in sorted(codes)]


def test_every_variable_is_named():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "sbomctl").rglob("*.py"))
    read = set(re.findall(r"""environ(?:\.get\(|\[)["']([A-Z_]+)""", code))
    assert read
    assert read <= {name for cell in first_cells("variable") for name in re.findall(r"[A-Z_]+", cell)}


def test_every_room_is_on_the_map():
    package = ROOT / "sbomctl"
    rooms = {path.parent.name + "/" for path in package.glob("*/__init__.py")}
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    assert sorted(first_cells("room of `sbomctl/`")) == sorted(rooms | modules)


# What a reader can do


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A checkout whose environment is this one, so that its Makefile has nothing to install."""
    for name in ("Makefile", "fixtures", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name, module in (("python", ""), ("sbomctl", "-m sbomctl ")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n')
        (programs / name).chmod(0o755)
    (tmp_path / ".venv/.runtime").touch()
    return tmp_path


def run(where: Path, *command: str) -> str:
    """What a command writes, errors included, on a terminal of 80 columns; it sees nothing of our environment."""
    environment = {
        "PATH": f"{where / '.venv/bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(where),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        command, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    return done.stdout.decode()


def steps() -> list[tuple[str, str]]:
    """Each command of the tour and what it is said to write."""
    shown = "".join(block[0] for block in TOUR.finditer(readme()))
    return [tuple(step.partition("\n")[::2]) for step in re.split(r"^\$ ", shown, flags=re.MULTILINE)[1:]]


def is_shown(shown: str, written: str) -> bool:
    """Whether ``shown`` is ``written`` but for what its lines of an ellipsis leave out."""
    pieces = re.split(rf"^{ELIDED}\n", shown, flags=re.MULTILINE)
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, pieces)), written) is not None


def test_the_tour_gives_what_it_shows(workshop: Path) -> None:
    tool("make")
    tour = steps()
    assert len(tour) > 5
    script = "".join(f"{command}\nprintf '\\0'\n" for command, _ in tour)
    outputs = run(workshop, "sh", "-c", script).split("\0")
    for (command, shown), written in zip(tour, outputs, strict=False):
        if UPDATE and ELIDED not in shown.split("\n"):
            text = readme()
            README.write_text(text.replace(f"$ {command}\n{shown}", f"$ {command}\n{written}"), encoding="utf-8")
        else:
            assert is_shown(shown, written), f"$ {command}\n{written}"


def demo(where: Path) -> None:
    run(where, "python", "fixtures/build_product.py", "fixtures/products/edge-gateway", "demo-output")


def code_block(language: str, start: str = "") -> str:
    (block,) = re.findall(rf"^```{language}\n({start}.*?)^```", readme(), re.MULTILINE | re.DOTALL)
    return block


def test_the_python_example_runs(workshop: Path) -> None:
    demo(workshop)
    assert run(workshop, "python", "-c", code_block("python")).endswith(" components, complete: True\n")
    assert json.loads((workshop / "edge-gateway.cdx.json").read_bytes())["bomFormat"] == "CycloneDX"


def test_the_product_file_is_valid(workshop: Path) -> None:
    demo(workshop)
    file = workshop / "demo-output/readme.yaml"
    file.write_text(code_block("yaml", "product:"))
    assert [image.name for image in api.load_product(file).images] == ["os", "dashboard"]


def test_the_product_file_that_leaves_images_to_others_is_valid(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {web: {build: .}, proxy: {image: 'nginx:${RELEASE}'}}",
        "docker-compose.prod.yml": "services: {proxy: {image: 'nginx:1.25'}, app: {image: 'acme/app:${RELEASE}'}}",
        "manifests/pod.yaml": "{apiVersion: v1, kind: Pod, spec: {containers: [{name: edge, image: x}]}}",
        **dict.fromkeys(("build/os.wic.xz", "build/nginx.tar", "build/web.tar"), ""),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "product.yaml").write_text("product: {name: p}\n" + code_block("yaml", "images:"))
    images = {image.name: image.target for image in api.load_product(tmp_path / "product.yaml").images}
    assert images == {
        "os": f"disk:{tmp_path}/build/os.wic.xz",
        "web": f"oci-archive:{tmp_path}/build/web.tar",
        "proxy": f"oci-archive:{tmp_path}/build/nginx.tar",
        "app": "docker:acme/app:2.4",
        "edge": "docker:x",
    }


def test_the_product_file_with_manifests_is_valid(tmp_path: Path) -> None:
    licenses = [f"deploy/licenses/core-image/{name}.manifest" for name in ("license", "image_license")]
    for name in ("deploy/core-image.tar.zst", *licenses):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    file = tmp_path / "product.yaml"
    file.write_text("product: {name: p}\n" + code_block("yaml", "# an image with what its build wrote"))
    (image,) = api.load_product(file).images
    assert image.sbom == tuple(f"{tmp_path}/{name}" for name in licenses)


def test_every_kind_of_manifest_has_a_row() -> None:
    assert len(first_cells("manifest")) == len(api.sidecars()) - 1, "the two forms of Yocto's SPDX share one"


def test_the_curations_file_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "curations.yaml"
    file.write_text(code_block("yaml", "curations:"))
    decisions = api.load_curations(file)
    assert [one.id for one in (*decisions.curations, *decisions.choices)] == ["C-1", "E-1"]


# What holds for every document and file


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_named_make_targets_exist(document: Path) -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    for target in re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE):
        assert target in targets


def tracked() -> list[Path]:
    command = [tool("git"), "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        missing("this is no git checkout")
    return [ROOT / name for name in os.fsdecode(done.stdout).split("\0") if name]


REGISTRIES = ("pypi", "pythonhosted", "npmjs", "crates", "proxy[.]golang", "maven", "maven[.]apache", "deb[.]debian")
HOSTS = re.compile(rf"[\w.-]*\b(?:{'|'.join(REGISTRIES)})[.](?:org|io|com)\b".encode())
PLACES = re.compile(rb"(?<![\w.}/-])/(?:work|home|Users)/[a-z]\w*/")


def test_no_file_names_a_registry_or_a_place_on_one_machine():
    files = {path: path.read_bytes() for path in tracked() if path.is_file() and not path.is_symlink()}
    assert files
    found = [f"{path}: {match[0]!r}" for path, data in files.items() for match in HOSTS.finditer(data)]
    ours = {path: data for path, data in files.items() if not path.is_relative_to(FIXTURES)}
    found += [f"{path}: {match[0]!r}" for path, data in ours.items() for match in PLACES.finditer(data)]
    assert not found
