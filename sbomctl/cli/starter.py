"""The product file that ``sbomctl init`` writes, as it is or with the images that a description names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sbomctl.terminal import printable

if TYPE_CHECKING:
    from sbomctl.model import ImageSpec

_HEAD = """\
# One deliverable: the base OS image of a device and its containers.
# sbomctl schema product prints what may stand here; file names are relative to this file.
product:
  name: my-device
  version: "1.0"
  # Who supplies the product; the written source offer names it.
  supplier:
    name: My Company Ltd
    # url: https://company.example
    # email: opensource@company.example
    # address: 1 Main Street, Town, Country

"""
_IMAGES = """\
# Every image that ships. A target is SCHEME:PLACE; sbomctl plugins lists the schemes.
# role is base-os (the root filesystem the device boots) or container.
images:
"""
_EXAMPLES = """\
  - name: os
    role: base-os
    target: rootfs:build/rootfs.tar
  - name: app
    role: container
    target: oci-archive:build/app.tar
    # platform: linux/arm64    # for an image of several platforms

"""
_TAIL = """\
# How the product reaches its users: yes, no or unknown. Some licenses ask.
distribution:
  user_product: unknown    # sold for personal, family or household use?
  locked_boot: unknown     # refuses software that the user modified?
  channels: [preinstalled]

# For the written source offer:
# source_offer:
#   last_shipped: 2030-12-31
#   support_ends: 2035-12-31
#   language: en

# policy: policy.yaml        # what the product is checked against
# curations: curations.yaml  # corrections of facts, each with reason and author
# waivers: waivers.yaml      # accepted violations, each with owner, reason and expiry
"""
STARTER = _HEAD + _IMAGES + _EXAMPLES + _TAIL

TO_DO = "FIXME"
"""A target that no scan takes: somebody must say where that image is."""

_FROM = """\
# {place} names the images below, each by the lines that are stated above it.
# Where it says {to_do}, nobody but you knows where the image is: a scan is refused until it is there.
"""
_BASE_OS = """\
  # {to_do}: the base OS that the containers run on. {place} does not name it.
  - name: {name}
    role: base-os
    target: {to_do}    # for example disk:build/os.wic.xz, ext:build/rootfs.ext4 or rootfs:build/rootfs.tar
"""


def described(place: str, specs: Sequence[ImageSpec]) -> str:
    """A product file with the images ``specs``, which ``place`` describes, and with a base OS to fill in."""
    lines = [_HEAD, _IMAGES.rpartition("images:")[0], _FROM.format(place=_plain(place), to_do=TO_DO), "images:\n"]
    if not any(spec.role.value == "base-os" for spec in specs):
        names = {spec.name for spec in specs}
        name = next(
            one for one in ("os", "base-os", *(f"os-{n}" for n in range(2, len(names) + 3))) if one not in names
        )
        lines.append(_BASE_OS.format(place=_plain(place), to_do=TO_DO, name=name))
    for spec in specs:
        lines += [f"{line}\n" for line in _image(spec)]
    return "".join([*lines, "\n", _TAIL])


def _image(spec: ImageSpec) -> Iterator[str]:
    for origin in spec.origin:
        yield f"  # {_plain(origin)}"
    if spec.gap:
        yield f"  # {TO_DO}: {_plain(spec.gap)}"
    yield f"  - name: {_scalar(spec.name)}"
    yield f"    role: {spec.role.value}"
    if spec.gap:
        yield f"    target: {TO_DO}" + f"    # there it says {_plain(spec.target)}" * bool(spec.target)
    else:
        yield f"    target: {_scalar(spec.target)}"
    if spec.platform:
        yield f"    platform: {_scalar(spec.platform)}"


def _plain(text: str) -> str:
    """Text for a comment: on one line, whatever a file says."""
    return " ".join(printable(text).split())


def _scalar(text: str) -> str:
    """A value in quotes, which is YAML and JSON alike."""
    return json.dumps(text, ensure_ascii=False)
