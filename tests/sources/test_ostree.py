"""Repositories that ostree wrote, in each of its modes: a commit is what was committed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import shared
from image_builder import opened, read_all
from system_builder import commit, ext4, listed, of_tree, ostree_tree, packages, run, scan
from trees import hard_tree

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.sources.base import Limits
from sbomctl.sources.detect import find_source

LIMITS = Limits()
MODES = ["archive", "bare", "bare-user", "bare-user-only"]


def committable(root: Path) -> Path:
    """What a commit can hold: no devices, and only names in UTF-8. Not all of the many files: they take long."""
    hard = hard_tree(root)
    for path in sorted((hard / "big").iterdir())[300:]:
        path.unlink()
    for path in list(hard.rglob("*")):
        if (
            not (path.is_symlink() or path.is_file() or path.is_dir())
            or not path.name.isprintable()
            or "\udce9" in path.name
        ):
            path.unlink()
    return hard


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    root = ostree_tree(folder / "tree")
    (root / "usr/share").mkdir()
    committable(root / "usr/share/hard")
    return root


def repository(folder: Path, tree: Path, mode: str) -> tuple[Path, str]:
    folder.mkdir(parents=True, exist_ok=True)
    repo = folder / "repo"
    run("ostree", f"--repo={repo}", "init", f"--mode={mode}")
    return repo, commit(repo, tree, "7/edge", version="7.0.0")


def expected(tree: Path):
    found = of_tree(tree)
    etc = {path.replace("usr/etc", "etc", 1): what for path, what in found.items() if path.startswith("usr/etc")}
    return {path: what for path, what in found.items() if not path.startswith("usr/etc/")} | etc


@pytest.mark.parametrize("mode", MODES)
def test_a_commit_is_what_was_committed(tmp_path, tree, mode):
    repo, checksum = repository(tmp_path, tree, mode)
    with opened(f"ostree:{repo}") as image:
        assert image.problems == ()
        assert image.image.id == f"sha256:{checksum}"
        assert dict(image.image.labels)["version"] == "7.0.0"
        assert image.image.created.endswith("Z")
        assert listed(image) == expected(tree)
        modes = {member.path: member.mode for layer in image.layers for member in layer.members(LIMITS)}
    if mode != "bare-user-only":
        assert modes["usr/share/hard/program"] == 0o4755
    assert find_source(str(repo))[0].scheme == "ostree"


def test_a_directory_of_more_than_64_kib_of_names(tmp_path):
    root = ostree_tree(tmp_path / "tree")
    for number in range(1500):
        (root / f"usr/lib/a-file-with-a-rather-long-name-{number}").touch()
    repo, _ = repository(tmp_path, root, "archive")
    with opened(f"ostree:{repo}") as image:
        assert listed(image) == expected(root)


def test_packages_and_the_form_of_a_target(tmp_path, tree):
    repo, checksum = repository(tmp_path, tree, "archive")
    for target in (str(repo), f"ostree:{repo}:7/edge", f"ostree:{repo}:{checksum}"):
        found = scan(target)["os"]
        assert packages(found) == ["edge 1.0-1"]
        assert not found.problems


@pytest.mark.parametrize("form", ["tar", "ext4", "parent"])
def test_a_repository_in_something_else(tmp_path, tree, form):
    """Owners and attributes survive in an ext4, and an archive needs none."""
    repo, _ = repository(tmp_path / "sysroot/ostree", tree, "archive" if form == "tar" else "bare-user")
    whole = tmp_path / "sysroot"
    path = tmp_path / "image"
    if form == "tar":
        run("tar", "-C", whole, "-czf", path, ".")
    elif form == "ext4":
        ext4(whole, path, size=64)
    else:
        path = whole
    with opened(f"ostree:{path}") as image, opened(f"ostree:{repo}") as same:
        assert listed(image) == listed(same)


def test_one_of_several_branches_must_be_named(tmp_path, tree):
    repo, first = repository(tmp_path, tree, "archive")
    (tree / "usr/new").write_text("x")
    second = commit(repo, tree, "8/edge")
    (tree / "usr/new").unlink()
    with pytest.raises(UnsupportedInput, match="a repository with 2 branches") as error, opened(f"ostree:{repo}"):
        pass
    assert "7/edge, 8/edge" in error.value.hint
    with opened(f"ostree:{repo}:8/edge") as image:
        assert image.image.id == f"sha256:{second}"
    with opened(f"ostree:{repo}:{first}") as image:
        assert image.image.id == f"sha256:{first}"
    with pytest.raises(UnsupportedInput, match="no branch '9/edge'"), opened(f"ostree:{repo}:9/edge"):
        pass


def objects(repo: Path, kind: str) -> list[Path]:
    return sorted(repo.glob(f"objects/*/*.{kind}"), key=lambda path: (not path.is_symlink(), path.lstat().st_size))


def faults(repo: Path) -> list[str]:
    with opened(f"ostree:{repo}") as image:
        members = [member for layer in image.layers for member in list_read(layer)]
    return [member.fault for member in members if member.fault]


def list_read(layer):
    found = []
    for member in layer.members(LIMITS):
        for _ in member.chunks():
            pass
        found.append(member)
    return found


@pytest.mark.parametrize(("mode", "kind"), [("archive", "filez"), ("bare-user", "file"), ("bare-user-only", "file")])
def test_changed_and_missing_files_are_faults(tmp_path, tree, mode, kind):
    repo, _ = repository(tmp_path, tree, mode)
    *_, gone, largest = objects(repo, kind)
    data = bytearray(largest.read_bytes())
    data[-100] ^= 1
    largest.unlink()
    largest.write_bytes(data)
    if mode == "bare-user":
        os.setxattr(largest, "user.ostreemeta", os.getxattr(gone, "user.ostreemeta"))
    gone.unlink()
    told = faults(repo)
    assert any("checksum is" in fault or "its content is damaged" in fault for fault in told), told
    assert any(f"{gone.parent.name}{gone.stem}.{kind} is missing" in fault for fault in told), told


@pytest.mark.parametrize("kind", ["dirtree", "dirmeta"])
def test_damaged_directories_are_faults(tmp_path, tree, kind):
    repo, _ = repository(tmp_path, tree, "archive")
    path = objects(repo, kind)[-1]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\0")
    assert any(f"{kind} is" in fault for fault in faults(repo))


def test_a_commit_that_is_no_commit(tmp_path, tree):
    repo, checksum = repository(tmp_path, tree, "archive")
    (path,) = objects(repo, "commit")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(CorruptInput, match="the checksum of the object"), opened(f"ostree:{repo}"):
        pass
    path.unlink()
    with pytest.raises(CorruptInput, match=f"{checksum}.commit is missing"), opened(f"ostree:{repo}"):
        pass


def test_a_commit_pulled_in_part_is_told(tmp_path, tree):
    repo, checksum = repository(tmp_path, tree, "archive")
    (repo / f"state/{checksum}.commitpartial").touch()
    assert [problem.reason for problem in scan(str(repo))["os"].problems] == [
        "the commit was pulled in part only; what is missing is not known"
    ]


@pytest.mark.parametrize("config", ["[core]\nmode=other\n", "[core]\n", "x"])
def test_a_directory_that_is_no_repository(tmp_path, config):
    (tmp_path / "objects").mkdir()
    (tmp_path / "config").write_text(config)
    with pytest.raises(UnsupportedInput), opened(f"ostree:{tmp_path}"):
        pass


def test_repositories_of_ostree_itself(tmp_path):
    """One that another version of the tool wrote."""
    run("tar", "-C", tmp_path, "-xf", shared("real/embedded/ostree/pre-endian-deltas-repo-little.tar.xz"))
    (config,) = tmp_path.rglob("config")
    refs = run("ostree", f"--repo={config.parent}", "refs").split()
    for ref in refs:
        out = tmp_path / f"out-{ref.replace('/', '-')}"
        run("ostree", f"--repo={config.parent}", "checkout", "-U", ref, out)
        with opened(f"ostree:{config.parent}:{ref}") as image:
            assert listed(image) == of_tree(out)


def test_a_tar_of_a_repository_of_mode_bare(tmp_path, tree):
    repo, _ = repository(tmp_path, tree, "bare")
    subprocess.run(["tar", "-C", repo, "-cf", tmp_path / "repo.tar", "."], check=True)
    assert read_all(f"ostree:{tmp_path / 'repo.tar'}") == read_all(f"ostree:{repo}")
