"""A view made of a dict, for tests that need a few files and no layers."""

import posixpath
import re

from sbomctl.catalogers import CATALOGERS
from sbomctl.layers.patterns import Gate, to_regex
from sbomctl.layers.view import File, NotHarvested
from sbomctl.model import FileEntry, FileType, Location


class DictView:
    """One layer; values are bytes of regular files, or str for the target of a symlink."""

    image = "img"
    depth = 1

    def __init__(self, files, wants=None):
        self.files = dict(files)
        patterns = wants if wants is not None else [p for c in CATALOGERS for p in c.wants.paths]
        self.gate = Gate(patterns)
        self.memo = {}

    def __iter__(self):
        return iter(self.files)

    def resolve(self, path):
        for _ in range(40):
            parts = path.split("/")
            for n in range(1, len(parts) + 1):
                target = self.files.get("/".join(parts[:n]))
                if isinstance(target, str):
                    base = "" if target.startswith("/") else "/".join(parts[: n - 1])
                    path = posixpath.normpath(f"/{base}/{target}/" + "/".join(parts[n:])).lstrip("/")
                    break
            else:
                return path
        return None

    def entry(self, path):
        real = self.resolve(path)
        data = self.files.get(real)
        return None if data is None else (0, FileEntry(real, FileType.REGULAR, len(data)))

    def lookup(self, path):
        return self.entry(path) if self.resolve(path) == path else None

    def stored(self, paths):
        return [path for path in paths if self.lookup(path)]

    def open(self, path):
        if not self.gate(path):
            raise NotHarvested(path)
        real = self.resolve(path)
        data = self.files.get(real)
        return None if data is None else File(path, Location("img", 0, real), data, self.memo)

    def glob(self, pattern):
        match = re.compile(to_regex(pattern)).fullmatch
        yield from (self.open(path) for path in sorted(self.files) if match(path) and self.entry(path))
