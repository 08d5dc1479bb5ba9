"""Files that hold a disk in a form of their own, as the disk they hold."""

from __future__ import annotations

from sbomctl.filesystems import android_sparse, qcow2
from sbomctl.filesystems.base import Blob


def is_container(blob: Blob) -> bool:
    """Whether it is such a file; never raises ``Damaged`` for one that is read nowhere."""
    return android_sparse.is_sparse(blob) or qcow2.is_qcow2(blob)


def opened_container(blob: Blob) -> Blob | None:
    """The disk inside, None when the blob is one itself; raises ``Damaged``."""
    if qcow2.is_qcow2(blob):
        return qcow2.Qcow2(blob)
    return android_sparse.Sparse(blob) if android_sparse.is_sparse(blob) else None
