"""Roots in the forms that systems keep them, made by the systems' own tools from small trees."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from conftest import missing, tool
from trees import MIB, make, sized

from sbomctl import api
from sbomctl.model import FileType, ImageSpec, Product, Role, path_text
from sbomctl.sources.base import Limits, OpenImage

STARTS_WITHIN = 120  # seconds, on a busy machine
STATUS = "Package: {}\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1.0-1\nDescription: x\n"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Files below a directory."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def debian(root: Path, package: str = "edge") -> Path:
    """A small Debian with one package."""
    return write(
        root,
        {
            "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
            "etc/passwd": "root:x:0:0::/:/bin/sh\n",
            "usr/bin/edge": f"#!/bin/sh\necho {package}\n",
            "usr/lib/libedge.so": "\x7fELF",
            "var/lib/dpkg/status": STATUS.format(package),
            f"var/lib/dpkg/info/{package}.list": "/usr/bin/edge\n/usr/lib/libedge.so\n",
        },
    )


def ext4(source: Path, image: Path, *options: str, size: int = 16) -> Path:
    make("mkfs.ext4", "-q", "-F", *options, "-d", source, sized(image, size * MIB))
    return image


def squashfs(source: Path, image: Path, *options: str) -> Path:
    make("mksquashfs", source, image, "-noappend", "-quiet", "-no-progress", *options)
    return image


def run(*command: object, **more: object) -> str:
    """What a program prints; the test is skipped where it is not installed."""
    program, *rest = map(str, command)
    done = subprocess.run([tool(program), *rest], capture_output=True, check=False, **more)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode().strip()


def scan(target: str, name: str = "os"):
    """The inventories of the image and of those inside it, by name."""
    product = Product("edge", images=(ImageSpec(name, Role.BASE_OS, target),))
    found = api.scan(product, api.ScanOptions(engine="native", cache=False))
    return {one.image.name: one for one in found}


def packages(inventory) -> list[str]:
    """Those that the package database records: what else a tree holds is evidence for other tests."""
    recorded = (one for one in inventory.packages if one.confidence == 1)
    return sorted(f"{one.name} {one.version}" for one in recorded)


Listing = dict[str, tuple[str, str]]


def listed(image: OpenImage) -> Listing:
    """Every path of the stacked layers, with its kind and the digest of its content or where it links to."""
    from sbomctl.layers.harvest import harvest
    from sbomctl.layers.stack import Stack

    harvests = [harvest(layer, lambda _: True, Limits()) for layer in image.layers]
    assert not [fault for one in harvests for fault in one.faults]
    view = Stack("image", harvests).view()
    found = {}
    for path in view:
        _, entry = view.lookup(path)
        kind = FileType.REGULAR if entry.type is FileType.HARDLINK else entry.type
        what = entry.sha256 if kind is FileType.REGULAR else entry.link_target
        found[path] = (kind.value, what)
    return found


def of_tree(root: Path) -> Listing:
    """The same of a directory of the host."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        name = path_text(os.fsencode(path.relative_to(root)))
        if stat.S_ISLNK(mode):
            found[name] = ("symlink", str(path.readlink()))
        elif stat.S_ISREG(mode):
            found[name] = ("regular", hashlib.sha256(path.read_bytes()).hexdigest())
        else:
            found[name] = ("directory" if stat.S_ISDIR(mode) else "other", "")
    return found


# --- OSTree ---


def ostree_tree(root: Path, package: str = "edge") -> Path:
    """A tree as meta-updater makes it: /etc below /usr, an empty /var, links into it."""
    debian(root, package)
    (root / "usr/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").rename(root / "usr/lib/dpkg/status")
    shutil.rmtree(root / "var")
    (root / "var").mkdir()
    (root / "etc").rename(root / "usr/etc")
    write(
        root,
        {
            "usr/lib/modules/6.1.0/vmlinuz": "kernel",
            "usr/lib/modules/6.1.0/initramfs.img": "initrd",
            "usr/lib/os-release": 'ID=torizon\nVERSION_ID="7"\n',
            "usr/package.manifest": f"{package} 1.0\n",
        },
    )
    for name in ("sysroot", "dev", "proc", "sys", "run", "tmp", "boot"):
        (root / name).mkdir()
    (root / "ostree").symlink_to("sysroot/ostree")
    (root / "home").symlink_to("var/home")
    (root / "usr/bin/second").hardlink_to(root / "usr/bin/edge")
    return root


def commit(repo: Path, tree: Path, branch: str = "7/edge", **metadata: str) -> str:
    """Commit a tree; the checksum."""
    words = ["--fsync=false", *(f"--add-metadata-string={key}={value}" for key, value in metadata.items())]
    user_only = "bare-user-only" in (repo / "config").read_text()
    words += ["--canonical-permissions", "--no-xattrs"] if user_only else []
    return run("ostree", f"--repo={repo}", "commit", f"--tree=dir={tree}", f"--branch={branch}", "--subject=s", *words)


class Sysroot:
    """A sysroot with deployments, whose files cannot be changed until :meth:`release`."""

    def __init__(self, path: Path, system: str = "torizon") -> None:
        self.path, self.system = path, system
        path.mkdir()
        run("ostree", "admin", "init-fs", path)
        run("ostree", "admin", f"--sysroot={path}", "os-init", system)
        self.repo = path / "ostree/repo"

    def deploy(self, tree: Path, branch: str = "7/edge") -> str:
        """Commit a tree to the repository of the sysroot and deploy it; the checksum."""
        found = commit(self.repo, tree, branch)
        self.deploy_again(branch)
        return found

    def deploy_again(self, branch: str = "7/edge") -> None:
        run("ostree", "admin", f"--sysroot={self.path}", "deploy", f"--os={self.system}", branch)

    @property
    def var(self) -> Path:
        return self.path / f"ostree/deploy/{self.system}/var"

    def deployment(self, checksum: str, number: int = 0) -> Path:
        return self.path / f"ostree/deploy/{self.system}/deploy/{checksum}.{number}"

    def release(self) -> None:
        subprocess.run(["chattr", "-R", "-f", "-i", self.path], check=False, capture_output=True)


# --- Docker and balena engines ---


class Engine:
    """An engine of its own with a data-root that can be read once the engine has stopped."""

    def __init__(self, folder: Path, data_root: Path, driver: str = "overlay2") -> None:
        program, _ = tool("dockerd"), tool("docker")
        # Names of sockets may have about 100 characters, and those of pytest's directories have more.
        self._short = Path(tempfile.mkdtemp(prefix="engine-"))
        self._socket = self._short / "d.sock"
        self._pid = folder / "pid"
        command = [program, "--host", f"unix://{self._socket}", "--data-root", data_root, "--exec-root"]
        command += [self._short / "exec", "--pidfile", self._pid]
        command += ["--iptables=false", "--ip6tables=false", "--bridge=none"]
        with (folder / "log").open("wb") as log:
            words = [*map(str, command), "--storage-driver", driver]
            own = {**os.environ, "TMPDIR": str(self._short)}  # its containerd writes there what it did when it is slow
            self._process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, env=own)
        self._await(folder / "log")

    def _await(self, log: Path) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            if subprocess.run(self._words("info"), check=False, capture_output=True).returncode == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.25)
        self.stop()
        missing(f"no engine of its own could be started: {log.read_text()[-300:]}")

    def _words(self, *command: object) -> list[str]:
        return [tool("docker"), "--host", f"unix://{self._socket}", *map(str, command)]

    def __call__(self, *command: object, **more: object) -> str:
        """What a docker command prints."""
        return run(*self._words(*command), env={**os.environ, "DOCKER_BUILDKIT": "0"}, **more)

    def load(self, root: Path, name: str) -> None:
        """A tree as an image of one layer."""
        packed = subprocess.run(["tar", "-C", root, "-c", "."], check=True, capture_output=True).stdout
        self("import", "--change", 'CMD ["/bin/sh"]', "-", name, input=packed)

    def build(self, folder: Path, name: str, *steps: str) -> None:
        """An image of a Dockerfile."""
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text("\n".join(steps) + "\n")
        self("build", "-q", "-t", name, folder)

    def export(self, container: str, folder: Path) -> Path:
        """The file system of a container, unpacked."""
        folder.mkdir()
        packed = subprocess.run(self._words("export", container), check=True, capture_output=True).stdout
        subprocess.run(["tar", "-C", folder, "-x"], input=packed, check=True)
        return folder

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        subprocess.run(["rm", "-rf", "--one-file-system", self._short], check=False, capture_output=True)


@contextmanager
def engine(folder: Path, data_root: Path, driver: str = "overlay2"):
    folder.mkdir(parents=True, exist_ok=True)
    running = Engine(folder, data_root, driver)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def containerd(folder: Path, root: Path):
    """A containerd of its own; gives a function that calls ctr."""
    folder.mkdir(parents=True, exist_ok=True)
    program, _ = tool("containerd"), tool("ctr")
    short = Path(tempfile.mkdtemp(prefix="containerd-"))
    address = short / "c.sock"
    words = [program, "--root", root, "--state", short / "state", "--address", address]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(list(map(str, words)), stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not address.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        if not address.exists() or process.poll() is not None:
            missing(f"no containerd could be started: {(folder / 'log').read_text()[-300:]}")
        yield lambda *words: run("ctr", "-a", address, "-n", "k8s.io", *words)
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run(["rm", "-rf", "--one-file-system", short], check=False, capture_output=True)
