"""Real archives with random damage: a scan ends with a result or with one error that says what is wrong with them."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from datetime import UTC, datetime

import pytest
from bad_input import docker_files, oci_files
from conftest import FIXTURES, layer_tar, tar_of

from sbomctl import api
from sbomctl.errors import ConfigError, InputError, ToolError
from sbomctl.model import ImageSpec, Product, Role

SEEDS = range(6)
MUTATIONS = 100  # of each seed
INTERESTING = (
    b"\0",
    b"\xff",
    b"{",
    b"[",
    b'"',
    b"/",
    b"..",
    b"\n\n",
    b"9" * 11,
    b"\x80",
    b"-1",
    b".wh.",
    b"ustar",
    b"L",
    b"x",
)
VALUES = (None, -1, "", "../x", [], {}, [None], 1 << 70, "sha256:0", "\ud800", {"a": 1}, True)
LIMIT = 64 << 20
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def real_layers() -> list[bytes]:
    """Layers with a database of each kind, taken from the fixtures of the catalogers."""
    layers = []
    for cataloger in sorted((FIXTURES / "catalogers").iterdir()):
        layers += [layer_tar(layer) for layer in sorted(cataloger.glob("*/layer-*"))]
    return [layer for layer in layers if len(layer) < 200_000]


def forms() -> dict[str, bytes]:
    layers = real_layers()
    all_in_one = b"".join(layer.rstrip(b"\0") + bytes(-len(layer.rstrip(b"\0")) % 512) for layer in layers) + bytes(
        1024
    )
    return {
        "docker-archive": tar_of(docker_files(*layers)),
        "oci-archive": tar_of(oci_files(*layers, stored=tuple(layers))),
        "oci-archive of gzip": tar_of(oci_files(*layers)),
        "rootfs": all_in_one,
        "rootfs of gzip": gzip.compress(all_in_one, mtime=0),
    }


FORMS = forms()


def damaged(chance: random.Random, data: bytes) -> bytes:
    """One to eight random changes anywhere, more often where names and numbers are."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.choice((chance.randrange(len(out)), chance.randrange(0, len(out), 512) + chance.randrange(0, 512)))
        match chance.randrange(6):
            case 0:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                word = chance.choice(INTERESTING)
                out[at : at + len(word)] = word
            case 2:
                del out[at : at + chance.choice((1, 512, 1024, 4096))]
            case 3:
                out[at:at] = chance.choice((b"\0" * 512, chance.randbytes(512), bytes(out[:512])))
            case 4:
                out[at:] = out[at : at + chance.randrange(1, 100_000)]
            case 5:
                length = chance.randrange(1, 2048)
                source = chance.randrange(len(out))
                out[at : at + length] = out[source : source + length]
        out = out or bytearray(1)
    return bytes(out)


def mended(data: bytes) -> bytes:
    """The same with right checksums in its tar headers: damage behind the first line of defense."""
    out = bytearray(data)
    for at in range(0, len(out) - 511, 512):
        if out[at + 257 : at + 262] == b"ustar":
            block = out[at : at + 148] + b" " * 8 + out[at + 156 : at + 512]
            out[at + 148 : at + 156] = b"%06o\0 " % sum(block)
    return bytes(out)


def changed_document(chance: random.Random, data: bytes) -> bytes:
    """An archive whose JSON documents have a value replaced, with the digests left as they were."""
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            files[member.name] = tar.extractfile(member).read()
    name = chance.choice(sorted(name for name, content in files.items() if content[:1] in (b"{", b"[")))
    document = json.loads(files[name])
    node = document
    while isinstance(node, dict | list) and node:
        key = chance.choice(sorted(node)) if isinstance(node, dict) else chance.randrange(len(node))
        if not isinstance(node[key], dict | list) or not node[key] or chance.random() < 0.2:
            node[key] = chance.choice(
                (None, -1, "", "../x", [], {}, [None], 1 << 70, "sha256:0", "\ud800", {"a": 1}, True)
            )
            break
        node = node[key]
    return tar_of(files | {name: json.dumps(document).encode()})


def mutations(seed: int):
    chance = random.Random(seed)
    for number in range(MUTATIONS):
        form = chance.choice(sorted(FORMS))
        data = FORMS[form]
        if form in ("docker-archive", "oci-archive") and number % 4 == 0:
            yield form, changed_document(chance, data)
        else:
            wrong = damaged(chance, data)
            yield form.partition(" ")[0], mended(wrong) if chance.random() < 0.5 else wrong


@pytest.mark.parametrize("seed", SEEDS)
def test_damage_is_an_error_of_ours_or_a_problem(tmp_path, seed):
    path = tmp_path / "image"
    options = api.ScanOptions(engine="native", cache=False, jobs=1, max_layer_bytes=LIMIT)
    ends = {"read": 0, "refused": 0}
    for number, (form, data) in enumerate(mutations(seed)):
        path.write_bytes(data)
        target = f"{form}:{path}" if number % 3 else str(path)
        product = Product("fuzz", images=(ImageSpec("image", Role.CONTAINER, target),))
        try:
            (inventory,) = api.scan(product, options)
            for wanted in ("sbomctl-json", "spdx-json", "cyclonedx-xml"):
                api.write(api.merge([inventory], product), wanted, io.BytesIO(), created=MOMENT)
        except (ConfigError, InputError, ToolError) as error:
            assert error.message
            ends["refused"] += 1
        else:
            assert not [problem for problem in inventory.problems if "the cataloger failed" in problem.reason]
            ends["read"] += 1
    assert min(ends.values()) > 0, "damage of both kinds"
