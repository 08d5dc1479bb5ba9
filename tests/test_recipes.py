"""Each recipe of CONTRIBUTING.md, carried out in a copy of the tree: its files, its changed lines, its commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### … ([^\n]+)\n(.*?)(?=^##)", GUIDE, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"(?:`([^`\n]+)`[^`]*:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COPIED = ("sbomctl", "tests", "fixtures", "pyproject.toml", "policies", "report_templates")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "products"))
        else:
            shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def changed(text: str, difference: str) -> str:
    """``text`` with each added line of ``difference`` behind the line that stands before it there."""
    lines = text.splitlines()
    before = ""
    for line in difference.splitlines():
        sign, content = line[:1], line[1:]
        assert sign in " +", line
        assert sign == "+" or lines.count(content) == 1, f"no such line: {content}"
        if sign == "+":
            lines.insert(lines.index(before) + 1, content)
        before = content
    return "".join(f"{line}\n" for line in lines)


def run(tree: Path, script: str) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(tree)}
    for name in [name for name in environment if name.startswith(("SBOMCTL_", "PYTEST_"))]:
        del environment[name]
    command = ["sh", "-e", "-c", script]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_a_recipe_for_each_kind_of_plugin():
    kinds = ["package database", "image format", "file system", "system", "SBOM format", "license detector",
             "policy rule", "report", "command"]  # fmt: skip
    assert list(RECIPES) == kinds


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works_as_written(name: str, tree: Path) -> None:
    written = []
    for place, language, content in BLOCK.findall(RECIPES[name]):
        if language == "sh":
            run(tree, content)
        elif language == "diff":
            file = tree / place
            file.write_text(changed(file.read_text(encoding="utf-8"), content), encoding="utf-8")
        else:
            file = tree / place
            file.parent.mkdir(parents=True, exist_ok=True)
            assert place
            assert not file.exists()
            file.write_text(content, encoding="utf-8")
            written += [place] if language == "python" else []
    assert written
    run(tree, f"python -m ruff check --no-cache {' '.join(written)}")
    run(tree, f"python -m ruff format --no-cache --check {' '.join(written)}")
