"""Disk images and file systems: against other readers, and against the same tree in a tar, in one run on one machine.

    python benchmarks/disks.py ROOT_FILE_SYSTEM.tar [--runs N] [--scratch DIRECTORY] [--write]

Makes an ext4, a squashfs, an UBIFS, a JFFS2 and a GPT disk of the tree in the tar (run it as root, so that devices
and owners are kept). Listing is: open, and every path with type, permissions, size. dissect and
pytsk3 are compared with where they are installed; nothing of sbomctl needs them.
``--write`` puts the figures into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import stat
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cost import compared

from sbomctl.filesystems.blob import FileBlob
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.walk import walk

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "benchmarks" / "README.md"
MARK, END = "<!-- disks -->", "<!-- /disks -->"
LIMIT = 10_000_000
LISTED = ("ext4", "squashfs", "ubifs", "jffs2")


def run(*command: object, stdin: Path | None = None) -> None:
    with (stdin or Path(os.devnull)).open("rb") as source:
        subprocess.run([str(word) for word in command], check=True, stdin=source, stdout=subprocess.DEVNULL)


def build(tar: Path, scratch: Path) -> dict[str, Path]:
    """The images, made where they are not there yet."""
    images = {name: scratch / name for name in (*LISTED, "disk.img")}
    if all(image.exists() for image in images.values()):
        return images
    tree = scratch / "tree"
    tree.mkdir(exist_ok=True)
    run("tar", "-C", tree, "-xf", tar)
    size = tar.stat().st_size * 3 // 2 + (64 << 20) & ~0xFFFFF
    for name in ("ext4", "disk.img"):
        with images[name].open("wb") as file:
            file.truncate(size + (3 << 20 if name == "disk.img" else 0))
    run("mkfs.ext4", "-q", "-F", "-L", "rootfs", "-d", tree, images["ext4"])
    run("mksquashfs", tree, images["squashfs"], "-noappend", "-no-progress", "-quiet", "-comp", "zstd")
    run("mkfs.ubifs", "-m", 2048, "-e", 126976, "-c", 30_000, "-x", "zstd", "-r", tree, images["ubifs"])
    run("mkfs.jffs2", "-l", "-e", 131072, "-r", tree, "-o", images["jffs2"])
    (scratch / "table").write_text(f"label: gpt\nstart=2048,size={size // 512},name=root\n")
    run("sfdisk", "-q", images["disk.img"], stdin=scratch / "table")
    run(
        "dd",
        f"if={images['ext4']}",
        f"of={images['disk.img']}",
        "bs=1M",
        "seek=1",
        "conv=notrunc,sparse",
        "status=none",
    )
    return images


class Counting:
    """A blob that counts the bytes that are read of it."""

    def __init__(self, blob: FileBlob) -> None:
        self.blob, self.size, self.read = blob, blob.size, 0

    def pread(self, offset: int, size: int) -> bytes:
        data = self.blob.pread(offset, size)
        self.read += len(data)
        return data


def ours(image: Path) -> int:
    with image.open("rb") as file:
        return sum(1 for _ in walk(open_file_system(FileBlob(file.fileno())), LIMIT))


def by_pytsk(image: Path) -> int:
    import pytsk3

    system = pytsk3.FS_Info(pytsk3.Img_Info(str(image)))
    count, pending = 0, [system.open_dir("/")]
    while pending:
        for entry in pending.pop():
            if entry.info.name.name in (b".", b"..") or not entry.info.meta:
                continue
            count += 1
            if entry.info.meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                pending.append(entry.as_directory())
    return count


def by_dissect(image: Path) -> int:
    if image.name == "squashfs":
        from dissect.squashfs import SquashFS as System
    else:
        from dissect.extfs import ExtFS as System
    with image.open("rb") as file:
        system = System(file)
        count, pending = 0, [system.get("/")]
        while pending:
            for name, node in pending.pop().listdir().items():
                if name in (".", ".."):
                    continue
                if image.name == "squashfs":
                    mode, is_directory = node.mode, node.is_dir()
                else:
                    mode, is_directory = node.inode.i_mode, node.filetype == stat.S_IFDIR
                count += mode is not None and node.size is not None
                if is_directory:
                    pending.append(node)
    return count


def by_dissect_of_flash(image: Path) -> int:
    from dissect.jffs.jffs2 import JFFS2

    with image.open("rb") as file:
        count, pending = 0, [JFFS2(file).root]
        while pending:
            for name, node in pending.pop().listdir().items():
                if name in (".", ".."):
                    continue
                count += node.mode is not None and node.size is not None
                if node.is_dir():
                    pending.append(node)
    return count


READ_BY = {
    "ext4": (by_pytsk, by_dissect),
    "squashfs": (None, by_dissect),
    "ubifs": (None, None),
    "jffs2": (None, by_dissect_of_flash),
}


def timed(reader: Callable[[Path], int], image: Path, runs: int) -> tuple[float, int]:
    """Median processor seconds, after one run that warms the page cache, and the number of entries."""
    count = reader(image)
    times = []
    for _ in range(runs):
        started = time.process_time()
        reader(image)
        times.append(time.process_time() - started)
    return statistics.median(times), count


def listing(images: dict[str, Path], runs: int) -> list[str]:
    lines = ["| listing, processor time | entries | sbomctl | pytsk3 | dissect |", "|---|---|---|---|---|"]
    for name in LISTED:
        mine, count = timed(ours, images[name], runs)
        cells = [name, f"{count:,}", f"{mine:.3f} s"]
        for reader in READ_BY[name]:
            try:
                seconds, theirs = timed(reader, images[name], runs) if reader else (0.0, 0)
                cells.append(
                    f"{seconds:.3f} s = {seconds / mine:.1f} times ({theirs:,})" if reader else "does not read it"
                )
            except ImportError:
                cells.append("not installed")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def read_of(image: Path) -> str:
    with image.open("rb") as file:
        blob = Counting(FileBlob(file.fileno()))
        for _ in walk(open_file_system(blob), LIMIT):
            pass
        return f"{blob.read / 1e6:.1f} MB of {blob.size / 1e6:.0f} MB"


def scans(tar: Path, images: dict[str, Path], runs: int) -> list[str]:
    targets = {"rootfs (tar)": f"rootfs:{tar}", "ext": f"ext:{images['ext4']}",
               "squashfs": f"squashfs:{images['squashfs']}", "disk": f"disk:{images['disk.img']}"}  # fmt: skip
    tail = ["--engine", "native", "--no-cache", "-q", "-o", f"sbomctl-json={os.devnull}"]
    commands = {name: [sys.executable, "-m", "sbomctl", "scan", target, *tail] for name, target in targets.items()}
    costs = compared(commands, runs)
    base = next(iter(costs.values()))
    lines = ["| scan | wall time | processor time | peak memory | wall time, tar = 1 | processor, tar = 1 |"]
    lines.append("|---|---|---|---|---|---|")
    for name, each in costs.items():
        took = f"{each.seconds:.2f} s | {each.processor:.2f} s | {each.mebibytes:.0f} MiB"
        ratios = f"{each.seconds / base.seconds:.2f} | {each.processor / base.processor:.2f}"
        lines.append(f"| {name} | {took} | {ratios} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tar", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="where large files go, kept; default: a temporary directory")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = options.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        images = build(options.tar.resolve(), scratch)
        blocks = "; ".join(f"{name}: {read_of(images[name])}" for name in LISTED)
        head = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, median of {options.runs} runs."
        lines = [head, "", *listing(images, options.runs), "", f"Read for a listing, {blocks}.", "",
                 *scans(options.tar.resolve(), images, options.runs)]  # fmt: skip
    print("\n".join(lines))
    if options.write:
        text = README.read_text()
        before, _, rest = text.partition(MARK)
        README.write_text(f"{before}{MARK}\n" + "\n".join(lines) + f"\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
