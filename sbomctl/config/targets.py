"""What the name of a target says: its scheme, whether it is a file here, a name for the image.

A target is ``SCHEME:REST``, a bare path, or the name of an image in a registry or daemon.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from sbomctl.config.schema import did_you_mean, shown

_NOT_FILES = frozenset({"docker", "registry"})  # what follows these schemes names nothing on this machine
_DIRECTORIES = frozenset({"dir", "oci-dir"})
_OTHER_FORM = {"oci-archive": "oci-dir", "oci-dir": "oci-archive", "rootfs": "dir", "dir": "rootfs"}
_EITHER = frozenset({"ostree", "tezi"})  # a directory, or a file that holds one
_LATER = frozenset({"ostree"})  # words that no image is called, so that a scheme can be

_SCHEME = re.compile(r"([a-z][a-z0-9+-]{0,30}):(.*)", re.DOTALL)
_PORT = re.compile(r"[0-9]{1,5}/")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?")
_IMAGE_NAME = re.compile(r"[a-z0-9][A-Za-z0-9._:/@-]{0,1023}")
_IMAGES = "img|wic|ext[234]|squashfs|sqsh|erofs|btrfs|ubi|ubifs|jffs2|cpio|itb|qcow2|raucb|swu|mender"
_PACKED = "gz|xz|zst|bz2|lz4|lzo|lzma|zip"
_FILE_SUFFIX = re.compile(rf"\.(tar|tgz|txz|tzst|tbz2|raw|{_IMAGES})(\.({_PACKED}))?$|\.({_PACKED})$")
_SUFFIXES = re.compile(rf"(\.(tar|tgz|txz|tzst|tbz2|rootfs|oci|docker|{_IMAGES}|{_PACKED}))+$")
_CUTS = 32  # signs in a target that may end its file name


NO_FILE = "no such file"


class TargetError(ValueError):
    """A target that no file and no image can stand for; the message says why."""


def split(target: str, schemes: Collection[str]) -> tuple[str, str]:
    """Scheme and rest of ``target``; the scheme is "" for a bare path or image name.

    ``debian:12`` and ``localhost:5000/app`` are image names, ``rootfss:x.tar`` is a
    misspelt scheme: raises ``TargetError``.
    """
    match = _SCHEME.fullmatch(target)
    if not match:
        return "", target
    scheme, rest = match.groups()
    if scheme in schemes:
        if not rest:
            raise TargetError(f"nothing follows {scheme}:")
        return scheme, rest
    close = did_you_mean(scheme, sorted(schemes))
    is_name = _PORT.match(rest) or (_TAG.fullmatch(rest) and not close)
    if is_name and scheme not in _LATER:
        return "", target
    known = ", ".join(sorted(schemes))
    raise TargetError(f"unknown scheme {shown(scheme)}{close or f'; known are {known}'}")


def resolve(target: str, base: Path, schemes: Collection[str]) -> str:
    """``target`` with its file name starting at ``base`` unless it is absolute.

    It is not made absolute: a document names its targets, and the place of a checkout on
    the machine that built it must not change the document. The scheme stays, and names of
    images stay as they are. Raises ``TargetError`` for a missing file, a directory where a
    file belongs and the other way round, and an unknown scheme.
    """
    scheme, rest = split(target, schemes)
    if scheme in _NOT_FILES:
        return target
    path, selector = _existing(base, rest)
    if path is None:
        if not scheme and _is_image_name(rest):
            return target
        raise TargetError(f"{NO_FILE}: {base / rest}")
    if scheme and scheme in _DIRECTORIES and not path.is_dir():
        raise TargetError(f"{scheme}: needs a directory, {path} is a file{_rather(scheme, schemes)}")
    if scheme and scheme not in _DIRECTORIES | _EITHER and path.is_dir():
        raise TargetError(f"{scheme}: needs a file, {path} is a directory{_rather(scheme, schemes)}")
    return f"{scheme}:{path}{selector}" if scheme else f"{path}{selector}"


def _rather(scheme: str, schemes: Collection[str]) -> str:
    """The scheme for the same thing in the other form, as words that end a sentence."""
    other = _OTHER_FORM.get(scheme, "")
    return f"; write {other}:" if other in schemes else ""


def short_name(target: str, schemes: Collection[str]) -> str:
    """A name for the image in ``target``: the last part of its path without suffixes, tag and digest."""
    scheme, rest = split(target, schemes)
    file_like = scheme not in _NOT_FILES and (scheme or not _is_image_name(rest) or _exists(Path(rest)))
    path = _existing(Path(), rest)[0] or Path(rest)
    last = Path(os.path.realpath(path)).name if file_like else rest.partition("@")[0].rpartition("/")[2]
    stem = _SUFFIXES.sub("", last) if file_like else last.partition(":")[0]
    words = re.sub(r"[^A-Za-z0-9._+-]+", "-", stem).strip("-._+")
    return words[:100] or "image"


def _existing(base: Path, rest: str) -> tuple[Path | None, str]:
    """The file that ``rest`` names, and ``:REFERENCE`` or ``@DIGEST`` behind it that chooses an image in it.

    The longest beginning that exists is the file, so its name may hold these signs itself.
    """
    cuts = [at for at, sign in enumerate(rest) if sign in ":@" and at]
    for end in (len(rest), *reversed(cuts[:_CUTS])):
        path = base / rest[:end]
        if _exists(path):
            return path, rest[end:]
    return None, ""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name, a zero byte
        return False


def _is_image_name(text: str) -> bool:
    return bool(_IMAGE_NAME.fullmatch(text)) and not _FILE_SUFFIX.search(text)
