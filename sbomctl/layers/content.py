"""What a regular file holds, judged by its first and last bytes and its name."""

from __future__ import annotations

import re

from sbomctl.model import Content

_ELF = b"\x7fELF"
_SCRIPT = b"#!"
_ZIP = b"PK\x03\x04"
_LIBRARY_MAGIC = (b"!<arch>\n", b"\0asm", b"MZ", b"\xca\xfe\xba\xbe")  # ar, WebAssembly, PE, Java class
_LIBRARY_SUFFIX = (".jar", ".war", ".ear", ".whl")
_MODULE_SUFFIX = (".ko.gz", ".ko.xz", ".ko.zst")  # kernel modules as the kernel's own build compresses them
_SCRIPT_SUFFIX = (
    ".py", ".pl", ".pm", ".rb", ".js", ".mjs", ".cjs", ".lua", ".php", ".sh", ".bash", ".tcl", ".awk", ".uc",
)  # fmt: skip
_MAGIC = (_ELF, _SCRIPT, _ZIP, *_LIBRARY_MAGIC)
_SUFFIX = (*_SCRIPT_SUFFIX, *_MODULE_SUFFIX, ".pyc")
# Type 4, then the owner "Go"; both byte orders. Looked for by the owner: a pattern that starts with zeros is tried
# nearly everywhere, in a head that is full of them.
_GO_NOTE = re.compile(rb"Go\0\0(?<=\x04\0\0\0Go\0\0|\0\0\0\x04Go\0\0)")
_PLAIN = Content.PLAIN
EDGE = 8192  # bytes of both ends of an ELF file that are enough to tell what made it


def classify(path: str, head: bytes) -> Content:
    """The content class of a file from its first bytes, 8 or more if it has them.

    ELF: System V gABI, "ELF Header".
    """
    if head.startswith(_MAGIC):  # most files are nothing of all this: two tests are enough for them
        if head.startswith(_ELF):
            return Content.ELF
        if head.startswith(_SCRIPT):
            return Content.SCRIPT
        if head.startswith(_LIBRARY_MAGIC) or path.endswith(_LIBRARY_SUFFIX):
            return Content.LIBRARY
    return _by_name(path) if path.endswith(_SUFFIX) else _PLAIN


def _by_name(path: str) -> Content:
    if path.endswith(_SCRIPT_SUFFIX):
        return Content.SCRIPT
    without_source = path.endswith(".pyc") and "__pycache__/" not in path
    return Content.LIBRARY if without_source or path.endswith(_MODULE_SUFFIX) else Content.PLAIN


def classify_elf(head: bytes, tail: bytes) -> Content:
    """Which compiler's bookkeeping an ELF file carries, from its first and last ``EDGE`` bytes.

    Go leaves a note with its build id near the front and a section named ``.go.buildinfo``;
    cargo-auditable a section ``.dep-v0``; section names are stored at the end of a file.
    """
    if b".go.buildinfo\0" in tail or _GO_NOTE.search(head):
        return Content.GO
    if b".dep-v0\0" in tail:
        return Content.RUST
    return Content.ELF
