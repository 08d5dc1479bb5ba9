"""A bundle that somebody changed, and one that was made to harm."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import stat
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from backports import zstd
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from test_whole_bundle import POLICY, files, known, write

from sbomctl import bundle
from sbomctl.bundle import attestation, checksums, reading
from sbomctl.errors import ConfigError, CorruptInput, InputError, ToolMissing

SUMS, ATTESTATION = "SHA256SUMS", "attestation.intoto.jsonl"


def keys(place: Path, name: str) -> tuple[str, str]:
    """The files of a new pair of keys."""
    private = ed25519.Ed25519PrivateKey.generate()
    secret, public = place / f"{name}.pem", place / f"{name}.pub"
    secret.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(secret), str(public)


@pytest.fixture(scope="module")
def signed(tmp_path_factory) -> Path:
    """A signed bundle, and beside it the keys of its maker and of another."""
    place = tmp_path_factory.mktemp("signed")
    secret, _ = keys(place, "ours")
    keys(place, "other")
    write(known(signed=True), place / "bundle", signer=bundle.Signer(secret))
    return place


@pytest.fixture
def copy(signed, tmp_path) -> Path:
    return shutil.copytree(signed / "bundle", tmp_path / "bundle")


def faults(place: Path, key: Path | None = None) -> tuple[str, ...]:
    return bundle.verify(str(place), str(key) if key else "").faults


def test_a_whole_bundle_has_no_fault(signed):
    found = bundle.verify(str(signed / "bundle"), str(signed / "ours.pub"))
    held = files(signed / "bundle")
    assert (found.faults, found.files, found.documents) == ((), len(held), 3)
    assert found.size == sum(map(len, held.values()))
    assert found.signed
    assert len(found.signed_by) == 64


def test_every_changed_byte_is_noticed(copy, signed):
    for path, data in files(copy).items():
        for position in {0, len(data) // 2, len(data) - 1}:
            (copy / path).write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
            try:
                assert faults(copy, signed / "ours.pub"), (path, position)
            except CorruptInput as error:
                assert path == SUMS, error
        (copy / path).write_bytes(data)
    assert not faults(copy, signed / "ours.pub")


def test_each_file_is_named(copy):
    (copy / "NOTICE.txt").unlink()
    (copy / "report.html").write_bytes(b"all is well")
    (copy / "sbom/more.txt").write_bytes(b"")
    (copy / "link").symlink_to("/etc/passwd")
    (copy / "folder").symlink_to("/etc")
    os.mkfifo(copy / "pipe")
    assert sorted(faults(copy)) == [
        "NOTICE.txt: it is missing",
        "folder: it is a link",
        "link: it is a link",
        "pipe: it is no file",
        "report.html: it has changed",
        "sbom/more.txt: SHA256SUMS does not name it",
    ]


def resum(place: Path) -> None:
    """New checksums, as somebody would write them who has changed a file."""
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files(place).items()}
    for path in (SUMS, ATTESTATION):
        sums.pop(path, None)
    (place / SUMS).write_bytes(checksums.written(sums))


@pytest.mark.parametrize(
    ("name", "members", "key"),
    [("cdx", "components", "bom-ref"), ("spdx", "packages", "SPDXID"), ("spdx3", "@graph", "spdxId")],
)
def test_new_checksums_do_not_hide_a_missing_component(copy, name, members, key):
    file = copy / f"sbom/product.{name}.json"
    document = json.loads(file.read_bytes())
    gone = next(
        one
        for one in document[members]
        if "c-" in one.get(key, "") and one.get("type", "software_Package") in ("software_Package", "library")
    )
    document[members].remove(gone)
    file.write_text(json.dumps(document))
    resum(copy)
    attested, counted = faults(copy)
    assert attested == f"{ATTESTATION}: it and SHA256SUMS differ in 1 file"
    assert f"product.{name}.json has " in counted
    assert counted.endswith(" in only one of them")


def test_nor_a_component_that_the_inventory_does_not_have(copy):
    file = copy / "sbom/product.cdx.json"
    document = json.loads(file.read_bytes())
    document["components"].append({"type": "library", "name": "smuggled", "bom-ref": f"c-{0xFF:016x}"})
    file.write_text(json.dumps(document))
    resum(copy)
    _, counted = faults(copy)
    assert counted.endswith(f": c-{0xFF:016x} in only one of them")


@pytest.mark.parametrize(
    ("part", "key", "reason"),
    [
        ("envelope", "payloadType", "is no in-toto statement"),
        ("statement", "_type", "is no in-toto statement"),
        ("statement", "predicateType", "is about something else than a bundle"),
    ],
)
def test_statements_about_something_else(copy, part, key, reason):
    """A signed one of another kind, under the name of ours."""
    envelope = json.loads((copy / ATTESTATION).read_bytes())
    said = json.loads(base64.b64decode(envelope["payload"]))
    (envelope if part == "envelope" else said)[key] = "https://elsewhere.example/v1"
    envelope["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    (copy / ATTESTATION).write_text(json.dumps(envelope))
    assert faults(copy) == (f"the attestation {reason}",)


def test_who_has_signed(copy, signed):
    assert faults(copy, signed / "other.pub") == (
        f"the attestation is not signed by the key in {signed / 'other.pub'}",
    )
    (copy / ATTESTATION).unlink()
    assert faults(copy) == ()  # nobody said that it is signed
    assert faults(copy, signed / "ours.pub") == (f"{ATTESTATION}: it is missing, so nobody has signed",)


def test_the_same_key_gives_the_same_envelope(signed, tmp_path):
    write(known(signed=True), tmp_path / "bundle.zip", signer=bundle.Signer(str(signed / "ours.pem")))
    assert files(tmp_path / "bundle.zip") == files(signed / "bundle")


def test_the_statement_is_one_of_in_toto(signed):
    envelope = json.loads((signed / "bundle" / ATTESTATION).read_bytes())
    assert envelope.keys() == {"payload", "payloadType", "signatures"}
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    said = json.loads(base64.b64decode(envelope["payload"]))
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert {one["name"]: one["digest"]["sha256"] for one in said["subject"]} == checksums.read(
        (signed / "bundle" / SUMS).read_bytes()
    )
    assert said["predicate"]["check"]["policyFiles"].keys() == POLICY


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100_000, b'{"payload":"!","payloadType":"x","signatures":[]}', b"\xff"]
)
def test_damaged_attestations(copy, signed, data):
    (copy / ATTESTATION).write_bytes(data)
    assert faults(copy, signed / "ours.pub") == ("the attestation is damaged",)


def test_keys_that_do_not_do(signed, tmp_path):
    other, locked = tmp_path / "ec.pem", tmp_path / "locked.pem"
    pem = (Encoding.PEM, PrivateFormat.PKCS8)
    other.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*pem, NoEncryption()))
    locked.write_bytes(ed25519.Ed25519PrivateKey.generate().private_bytes(*pem, BestAvailableEncryption(b"x")))
    for file, reason in (
        (other, "not of the kind ed25519"),
        (locked, "is encrypted"),
        (signed / "ours.pub", "holds no private key"),
        (tmp_path / "gone", "cannot read the key"),
    ):
        with pytest.raises(ConfigError, match=reason):
            bundle.Signer(str(file))
    with pytest.raises(ConfigError, match="holds no public key"):
        faults(signed / "bundle", signed / "ours.pem")


def test_without_the_library_it_is_told_how_to_get_it(signed, monkeypatch):
    monkeypatch.setattr(attestation, "find_spec", lambda _: None)
    with pytest.raises(ToolMissing, match="securesystemslib") as caught:
        bundle.Signer(str(signed / "ours.pem"))
    assert "sbomctl[sign]" in caught.value.hint
    with pytest.raises(ToolMissing):
        faults(signed / "bundle", signed / "ours.pub")
    assert not faults(signed / "bundle")  # all but the signature can be checked


# Archives


def tar(members: dict[str, bytes | None]) -> bytes:
    """A .tar.zst; None is a link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data or b"")
            if data is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            packed.addfile(info, io.BytesIO(data or b""))
    return zstd.compress(out.getvalue())


def test_archives_that_reach_out(signed, tmp_path):
    held = {f"top/{path}": data for path, data in files(signed / "bundle").items()}
    bad = tmp_path / "bad.tar.zst"
    bad.write_bytes(tar({**held, "../../evil": b"", "/abs": b"", "top/link": None}))
    assert sorted(faults(bad)) == [
        "../../evil: SHA256SUMS does not name it",
        "/abs: SHA256SUMS does not name it",
        "link: it is a link",
    ]
    assert [one.name for one in tmp_path.iterdir()] == ["bad.tar.zst"]


def test_a_zip_may_hold_links_too(signed, tmp_path):
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as packed:
        for path, data in files(signed / "bundle").items():
            info = zipfile.ZipInfo(f"top/{path}")
            info.external_attr = (stat.S_IFLNK if path == "NOTICE.txt" else stat.S_IFREG) | 0o644
            info.external_attr <<= 16
            packed.writestr(info, data)
    assert faults(bad) == ("NOTICE.txt: it is a link", "NOTICE.txt: it is missing")


@pytest.mark.parametrize("name", ["bundle", "bundle.tar.zst", "bundle.zip"])
def test_more_files_than_a_bundle_has(tmp_path, monkeypatch, name):
    write(known(), tmp_path / name)
    monkeypatch.setattr(reading, "_MOST_FILES", 10)
    with pytest.raises(CorruptInput, match="holds more than 10 files"):
        faults(tmp_path / name)


def test_two_members_of_one_name(signed, tmp_path):
    held = files(signed / "bundle")
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as packed:
        for path, data in held.items():
            packed.writestr(f"top/{path}", data)
        with pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr("top/NOTICE.txt", b"other")
    assert faults(bad) == ("NOTICE.txt: there are two files of that name",)


@pytest.mark.parametrize("name", ["bundle.tar.zst", "bundle.zip"])
def test_archives_cut_off_anywhere(signed, tmp_path, name):
    write(known(), tmp_path / name)
    data = (tmp_path / name).read_bytes()
    for length in (0, 3, 4, 100, len(data) // 2, len(data) - 30, len(data) - 1):
        (tmp_path / name).write_bytes(data[:length])
        with contextlib.suppress(InputError):
            assert faults(tmp_path / name), length


@pytest.mark.parametrize("name", ["bundle.tar.zst", "bundle.zip"])
def test_archives_damaged_anywhere(tmp_path, name):
    write(known(), tmp_path / name)
    whole, data = files(tmp_path / name), (tmp_path / name).read_bytes()
    told = []
    for position in range(0, len(data), 1009):
        (tmp_path / name).write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        try:
            found = faults(tmp_path / name)
        except InputError:
            found = ("it cannot be read",)
        told.append(found)
        assert found or files(tmp_path / name) == whole, "where the damage is in a date, say, the files are whole"
    assert sum(map(bool, told)) > len(told) / 2


def test_what_is_no_bundle(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello")
    (tmp_path / "other.tar.zst").write_bytes(tar({"a/b": b""}))
    for name in ("empty", "text", "other.tar.zst"):
        with pytest.raises(CorruptInput, match="is no bundle"):
            bundle.verify(str(tmp_path / name))
    with pytest.raises(InputError, match="cannot read"):
        bundle.verify(str(tmp_path / "gone"))


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"hello\n", b"0" * 64 + b"  a\n" + b"1" * 64 + b"  a\n", b"0" * 63 + b"  a\n"]
)
def test_checksums_that_are_none(copy, data):
    (copy / SUMS).write_bytes(data)
    with pytest.raises(CorruptInput, match="SHA256SUMS"):
        faults(copy)


def test_verifying_loads_no_templates_and_no_scanner():
    code = "import sys; from sbomctl.bundle import verify; print(*sys.modules)"
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {"jinja2", "securesystemslib", "sbomctl.engine"} & loaded
