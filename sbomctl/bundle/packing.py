"""A folder as one archive: sorted members, one time, no owners, so that the same files give the same bytes."""

from __future__ import annotations

import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

_LEVEL = 12  # of zstd: the knee; more takes seconds for a percent
_MODE = 0o644
_FIRST = datetime(1980, 1, 1, tzinfo=UTC)  # zip knows no time before
_LAST = datetime(2107, 12, 31, tzinfo=UTC)  # and none after


def zstd() -> Any:  # noqa: ANN401 - the module is another one in each Python
    """The module that reads and writes zstd; raises ``ImportError``."""
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    return zstd


def files_below(folder: Path) -> dict[str, Path]:
    """Every file below ``folder`` by its path there, sorted."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def pack(folder: Path, archive: str, out: BinaryIO, *, top: str, created: datetime) -> None:
    """Write all files of ``folder`` to ``out``, below one folder ``top``; ``archive`` is .tar.zst or .zip."""
    if archive == ".zip":
        _zip(folder, out, top, created)
        return
    options = {zstd().CompressionParameter.compression_level: _LEVEL, zstd().CompressionParameter.checksum_flag: 1}
    with zstd().ZstdFile(out, "wb", options=options) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for path, file in files_below(folder).items():
            info = tarfile.TarInfo(f"{top}/{path}")
            info.size, info.mode, info.mtime = file.stat().st_size, _MODE, int(created.timestamp())
            with file.open("rb") as data:
                tar.addfile(info, data)


def _zip(folder: Path, out: BinaryIO, top: str, created: datetime) -> None:
    moment = min(max(created.astimezone(UTC), _FIRST), _LAST)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path, file in files_below(folder).items():
            info = zipfile.ZipInfo(f"{top}/{path}", moment.timetuple()[:6])
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3  # Unix, whatever this machine is
            info.external_attr = (0o100000 | _MODE) << 16
            info.file_size = file.stat().st_size
            with file.open("rb") as data, packed.open(info, "w") as member:
                while block := data.read(1 << 20):
                    member.write(block)
