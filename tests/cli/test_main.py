from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from sbomctl import __version__
from sbomctl.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
NOT_COMMANDS = {
    "__init__", "main", "errors", "options", "values", "inputs", "outputs", "clock", "problems", "progress", "memory",
    "starter", "matching", "chain", "image_chain", "license_chain", "lines", "identified", "default_group", "gate",
}  # fmt: skip


def test_the_table_of_commands_is_the_truth():
    """Each line of --help is the first sentence of the command's own help, and no command is left out."""
    modules = {file.stem for file in (ROOT / "sbomctl/cli").glob("*.py")} - NOT_COMMANDS
    assert modules == set(COMMANDS)
    for name, line in COMMANDS.items():
        command = import_module(f"sbomctl.cli.{name}").command
        assert command.name == name
        assert " ".join(command.help.split("\n\n")[0].split()).startswith(line.removesuffix("."))


def test_help_lists_every_command_and_the_exit_codes():
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.output
    assert "4 incomplete" in " ".join(result.output.split())
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name):
    result = CliRunner().invoke(cli, [name, "-h"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: cli {name} ")
    assert "\b" not in result.output


def test_version():
    result = CliRunner().invoke(cli, ["--version"])
    assert (result.exit_code, result.output) == (0, f"sbomctl, version {__version__}\n")


def test_no_arguments_show_the_help():
    result = CliRunner().invoke(cli, [])
    assert result.exit_code == 2
    assert "Commands:" in result.output


def loaded_by(*arguments: str) -> set[str]:
    code = (
        "import sys\nfrom sbomctl.__main__ import main\n"
        f"sys.argv = ['sbomctl', *{arguments!r}]\n"
        "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    return set(done.stderr.split())


def test_help_imports_neither_the_model_nor_any_command():
    loaded = loaded_by("--help")
    assert "click" in loaded
    assert not {"msgspec", "yaml", "jsonschema_rs", "rich", "sbomctl.model", "sbomctl.api"} & loaded
    assert not {f"sbomctl.cli.{name}" for name in COMMANDS} & loaded


def test_help_of_a_command_imports_no_library_for_its_work():
    loaded = loaded_by("scan", "--help")
    assert "sbomctl.cli.scan" in loaded
    assert not {"msgspec", "yaml", "jsonschema_rs", "rich", "sbomctl.model", "sbomctl.api"} & loaded


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_call_back_into_sbomctl(shell):
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert "_SBOMCTL_COMPLETE" in result.output
    assert f"{shell}_complete" in result.output


def complete(words: str) -> list[str]:
    environment = {"_SBOMCTL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    command = [sys.executable, "-m", "sbomctl"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_formats():
    assert complete("sbomctl sc") == ["plain,scan", "plain,schema"]
    assert complete("sbomctl scan --eng") == ["plain,--engine"]
    assert complete("sbomctl scan -o sbomctl") == ["plain,sbomctl-json"]
