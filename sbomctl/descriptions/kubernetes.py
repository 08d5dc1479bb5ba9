"""Kubernetes objects as they are applied, or as Helm and Kustomize render them (Kubernetes API, "PodSpec")."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from sbomctl.config.asked import Asked
from sbomctl.config.document import Document
from sbomctl.descriptions import _kubernetes_images as objects
from sbomctl.descriptions._reading import documents, text
from sbomctl.errors import ConfigError, Fault
from sbomctl.model import DescribedImage

_SUFFIXES = (".yaml", ".yml", ".json")
_FILES = 10_000
_RENDER = {
    "Chart.yaml": "this is a Helm chart: helm template renders it; name what comes out",
    "kustomization.yaml": "this is a Kustomization: kubectl kustomize renders it; name what comes out",
}


class Kubernetes:
    """``kubernetes:``, files and directories of them."""

    key: ClassVar[str] = "kubernetes"
    about: ClassVar[str] = "Kubernetes objects: k3s, MicroK8s, Helm and Kustomize once rendered"

    def accepts(self, document: Document) -> bool:
        """Whether it is an object of the API."""
        return objects.is_object(document.root)

    def files(self, directory: Path) -> list[Path]:
        """The directory itself where an object is in it."""
        for file in _files_of(directory):
            try:
                if any(self.accepts(document) for document in documents(file)):
                    return [directory]
            except ConfigError:
                continue
        return []

    def images(self, asked: Asked) -> Iterator[DescribedImage]:
        """The images of all containers, ephemeral ones, volumes, and of known places of charts and operators."""
        for named in asked.files:
            for file in _files_of(named) if named.is_dir() else [named]:
                for document in documents(file):
                    yield from _of_document(document)


def _of_document(document: Document) -> Iterator[DescribedImage]:
    kind, version = (text(document.root.items.get(key)) for key in ("kind", "apiVersion"))
    if kind == "Kustomization" and not version.startswith("kustomize.toolkit.fluxcd.io/"):
        raise _refused(document.file, _RENDER["kustomization.yaml"])
    if not objects.is_object(document.root):
        raise ConfigError(
            f"{document.file} cannot be read",
            "name the files one by one where others lie beside them",
            (document.fault((), "this is no Kubernetes object: it has no apiVersion and kind"),),
        )
    yield from objects.images_of(document)


def _files_of(directory: Path) -> Sequence[Path]:
    """What may hold objects below a directory, sorted; as for kubectl, links lead to files, not to directories."""
    found: list[Path] = []
    for folder, folders, names in os.walk(directory, onerror=_unreadable):
        folders.sort()
        for name in sorted(names):
            if name in _RENDER:
                raise _refused(str(Path(folder, name)), _RENDER[name])
            if name.endswith(_SUFFIXES):
                found.append(_regular(Path(folder, name)))
        if len(found) > _FILES:
            raise ConfigError(f"{directory} holds more than {_FILES} files", "name the files, not the directory")
    return sorted(found)


def _regular(file: Path) -> Path:
    """The file, or what is wrong with it: a pipe would be waited for."""
    if not file.is_file():
        raise _refused(str(file), "it is no file" if file.exists() else "it is a link that leads nowhere")
    return file


def _unreadable(error: OSError) -> None:
    raise ConfigError(f"cannot read the directory {error.filename}: {error.strerror}") from error


def _refused(file: str, message: str) -> ConfigError:
    return ConfigError(f"{file} cannot be read as Kubernetes objects", "", (Fault(file, 0, 0, message),))
