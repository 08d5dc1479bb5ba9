"""When a harvest from the cache is believed, and when the layer is read all the same."""

from __future__ import annotations

import gzip
import hashlib
import io
from dataclasses import dataclass, field

import pytest
from conftest import tar_of

from sbomctl import engine
from sbomctl.catalogers import CATALOGERS
from sbomctl.engine.reading import is_as_promised, read_again
from sbomctl.errors import CorruptInput, DigestMismatch
from sbomctl.layers.harvest import harvest
from sbomctl.layers.patterns import Gate
from sbomctl.layers.store import Store
from sbomctl.model import Image, Layer, Role
from sbomctl.sources.base import Limits, OpenImage, Stored
from sbomctl.sources.directory import DirectoryLayer
from sbomctl.sources.image_config import MissingLayer
from sbomctl.sources.tar import TarLayer

TAR = tar_of({"etc/os-release": "ID=x\n", "bin/x": b"\x7fELF"})
EVIL = tar_of({"etc/os-release": "ID=y\n", "bin/x": b"\x7fELF"})
GATE = engine.gate_for(CATALOGERS)


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass
class Made:
    """A layer of ``data``; ``readings`` counts how often it was taken apart."""

    data: bytes
    diff_id: str = ""
    digest: str = ""
    changeset: bool = True
    remote: bool = False
    where: object = None
    readings: list[str] = field(default_factory=list)
    openings: list[str] = field(default_factory=list)

    def opened(self) -> TarLayer:
        made = self

        class Counting(TarLayer):
            def members(self, limits):
                made.readings.append(self.info.digest)
                return super().members(limits)

        def opened() -> io.BytesIO:
            self.openings.append(self.digest)
            return io.BytesIO(self.data)

        info = Layer(0, self.diff_id, self.digest)
        kept = {"remote": self.remote, "where": self.where}
        return Counting(info, opened, changeset=self.changeset, name="layer", **kept)

    def read(self, store: Store | None, gate: Gate = GATE, limits: Limits = Limits()):  # noqa: B008
        """The harvest, and how often the layer was read for it."""
        layer = self.opened()
        image = Image("id", "x", Role.CONTAINER, "x", layers=(layer.info,))
        before = len(self.readings)
        [[found]] = engine.read_layers([OpenImage(image, [layer])], gate, limits, 1, None, store)
        return found, len(self.readings) - before


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


PACKED = gzip.compress(TAR, mtime=0)
STORED = {
    "gzip": Made(PACKED, sha256(TAR), sha256(PACKED)),
    "gzip, by sha512": Made(PACKED, sha256(TAR), "sha512:" + hashlib.sha512(PACKED).hexdigest()),
    "gzip without diff_id": Made(PACKED, "", sha256(PACKED)),
    "plain tar": Made(TAR, sha256(TAR)),
    "plain tar with digest": Made(TAR, sha256(TAR), sha256(TAR)),
}


@pytest.mark.parametrize("made", STORED.values(), ids=STORED)
def test_the_second_scan_does_not_read_the_layer_again(store, made):
    assert made.read(store)[1] == 1
    again, readings = made.read(store)
    assert readings == 0
    assert (again, 1) == made.read(None)


def test_a_plain_tar_is_the_same_layer_with_and_without_digest(store):
    assert STORED["plain tar"].read(store)[1] == 1
    assert STORED["plain tar with digest"].read(store)[1] == 0


@pytest.mark.parametrize("made", [Made(TAR), Made(PACKED), Made(PACKED, sha256(TAR))])
def test_bytes_of_which_nothing_is_promised_are_never_kept(store, made):
    assert made.read(store) == made.read(store)
    assert len(made.readings) == 2
    assert store.kept() == []


def test_what_is_no_blob_is_never_kept():
    assert MissingLayer(Layer(0, sha256(TAR), sha256(PACKED), missing="it is not here")).stored() is None
    assert DirectoryLayer(Layer(0), b".", frozenset()).stored() is None


@pytest.mark.parametrize(
    ("kept", "given"),
    [
        (Made(PACKED, sha256(TAR), sha256(PACKED)), gzip.compress(EVIL, mtime=0)),
        (Made(TAR, sha256(TAR)), EVIL),
        (Made(TAR, sha256(TAR), sha256(TAR)), EVIL),
        (Made(PACKED, sha256(TAR), sha256(PACKED)), TAR),
        (Made(TAR, sha256(TAR)), PACKED + b"\0"),
    ],
)
def test_changed_bytes_never_pass_for_the_layer_that_was_read(store, kept, given):
    kept.read(store)
    changed = Made(given, kept.diff_id, kept.digest)
    try:
        unkept = changed.read(None)[0]
    except DigestMismatch as error:
        with pytest.raises(DigestMismatch, match=error.message.replace("(", r"\(")):
            changed.read(store)
    else:
        assert changed.read(store) == (unkept, 1)
    assert kept.read(store)[1] == 0, "what was kept stays"


def test_a_config_that_promises_another_content_is_told_so(store):
    """The blob is what the manifest says, but not what the config says."""
    made = STORED["gzip"]
    made.read(store)
    with pytest.raises(DigestMismatch):
        Made(made.data, sha256(EVIL), made.digest).read(store)


def test_truncated_bytes_are_told_as_such(store):
    made = STORED["gzip"]
    made.read(store)
    with pytest.raises(CorruptInput):
        Made(made.data[:-20], made.diff_id, made.digest).read(store)


def test_a_layer_over_the_bound_is_refused_however_often_it_was_read(store):
    STORED["gzip"].read(store)
    with pytest.raises(CorruptInput):
        STORED["gzip"].read(store, limits=Limits(layer_bytes=1000))
    with pytest.raises(CorruptInput):
        STORED["gzip"].read(store, limits=Limits(members=1))


def test_other_patterns_and_other_meanings_of_whiteouts_read_it_anew(store):
    made = STORED["gzip"]
    made.read(store)
    assert made.read(store, Gate(["bin/x"]))[1] == 1
    assert Made(made.data, made.diff_id, made.digest, changeset=False).read(store)[1] == 1
    assert len(store.kept()) == 3


def test_a_damaged_cache_is_mended(store):
    made = STORED["plain tar"]
    before, _ = made.read(store)
    [file] = (store.place / "harvests").iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert made.read(store) == (before, 1)
    assert made.read(store) == (before, 0)


def test_what_a_link_leads_to_is_read_again_for_its_content(store):
    """The second look: its bytes are no part of a kept harvest."""
    status = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    data = tar_of({"var/lib/dpkg/status": ("sym", "../../../opt/database"), "opt/database": status})
    found = []
    for cache in (None, store, store):
        layer = Made(data, sha256(data)).opened()
        image = Image("id", "x", Role.CONTAINER, "x", layers=(layer.info,))
        [harvests] = engine.read_layers([OpenImage(image, [layer])], GATE, Limits(), 1, None, cache)
        stack = engine.stack_layers("x", [layer], harvests, CATALOGERS, Limits())
        found.append(engine.take_inventory(image, stack, CATALOGERS, harvests))
    assert [package.name for package in found[0].packages] == ["a"]
    assert found[0] == found[1] == found[2]
    assert len(store.kept()) == 1


def test_bytes_that_cannot_be_read_are_not_as_promised():
    def broken():
        raise OSError(5, "Input/output error")

    passed = []
    assert not is_as_promised(Stored(sha256(b""), broken), passed.append)
    assert is_as_promised(Stored(sha256(b"x" * 3_000_000), lambda: io.BytesIO(b"x" * 3_000_000)), passed.append)
    assert sum(passed) == 3_000_000


def test_a_remote_layer_that_was_read_is_not_even_opened(store):
    made = Made(PACKED, sha256(TAR), sha256(PACKED), remote=True)
    first = made.read(store)
    assert made.read(store) == (first[0], 0)
    assert len(made.openings) == 1
    Made(PACKED, sha256(TAR), sha256(PACKED)).read(store)
    assert made.read(store) == (first[0], 0)
    assert made.read(None) == first
    assert len(made.openings) == 2


def test_what_is_remote_is_never_kept_unless_it_was_as_promised(store):
    """What is trusted later was verified now."""
    for data, diff_id in ((gzip.compress(EVIL, mtime=0), ""), (PACKED, sha256(EVIL)), (PACKED[:-20], sha256(TAR))):
        with pytest.raises((DigestMismatch, CorruptInput)):
            Made(data, diff_id, sha256(PACKED), remote=True).read(store)
    assert store.kept() == []
    Made(PACKED, sha256(TAR), sha256(PACKED), remote=True).read(store)
    lying = Made(PACKED, sha256(EVIL), sha256(PACKED), remote=True)
    with pytest.raises(DigestMismatch):
        lying.read(store)
    assert len(lying.openings) == 1, "the config promises another content: only reading tells"


def test_a_copy_here_of_a_remote_layer_is_verified_and_the_remote_one_read_once(store):
    remote = Made(PACKED, sha256(TAR), sha256(PACKED), remote=True)
    again = Made(PACKED, sha256(TAR), sha256(PACKED), remote=True)
    shared_by(remote, again)
    assert [len(one.openings) for one in (remote, again)] == [1, 0]
    damaged = Made(gzip.compress(EVIL, mtime=0), sha256(TAR), sha256(PACKED))
    with pytest.raises(DigestMismatch):
        shared_by(Made(PACKED, sha256(TAR), sha256(PACKED), remote=True), damaged, store=store)


def test_a_second_look_at_what_is_remote_is_kept(store):
    layer = Made(PACKED, sha256(TAR), sha256(PACKED), remote=True)
    first = read_again(layer.opened(), {"bin/x"}, Limits(), store)
    assert list(first.blobs) == [first.entries["bin/x"].sha256]
    assert list(first.entries) == ["bin/x"]
    assert read_again(layer.opened(), {"bin/x"}, Limits(), store) == first
    assert len(layer.openings) == 1
    assert read_again(layer.opened(), {"etc/os-release"}, Limits(), store).blobs != first.blobs
    assert layer.read(store)[1] == 1, "it is no harvest for all patterns"
    with pytest.raises(DigestMismatch):
        read_again(Made(PACKED, sha256(EVIL), sha256(PACKED), remote=True).opened(), {"bin/x"}, Limits(), store)


def test_when_one_layer_fails_the_others_are_told_to_stop():
    told = []
    good, bad = Made(PACKED, sha256(TAR), sha256(PACKED)), Made(PACKED, sha256(EVIL), sha256(PACKED))
    images = []
    for number, made in enumerate((good, bad)):
        layer = made.opened()
        image = Image(f"{number}", "x", Role.CONTAINER, "x", layers=(layer.info,))
        images.append(OpenImage(image, [layer], abandon=lambda number=number: told.append(number)))
    with pytest.raises(DigestMismatch):
        engine.read_layers(images, GATE, Limits(), 2)
    assert set(told) == {0, 1}


def shared_by(*copies: Made, store: Store | None = None, jobs: int = 1):
    """Harvests of images that promise the same layer."""
    images = []
    for number, made in enumerate(copies):
        layer = made.opened()
        images.append(OpenImage(Image(f"{number}", "x", Role.CONTAINER, "x", layers=(layer.info,)), [layer]))
    return [one for [one] in engine.read_layers(images, GATE, Limits(), jobs, None, store)]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("made", STORED.values(), ids=STORED)
def test_each_copy_of_a_shared_layer_must_be_what_its_image_promises(store, made, cached, jobs):
    def copy(data: bytes = made.data) -> Made:
        return Made(data, made.diff_id or sha256(TAR), made.digest)

    cache = store if cached else None
    copies = [copy(), copy(), copy()]
    one, two, three = shared_by(*copies, store=cache, jobs=jobs)
    assert one is two is three
    assert sum(len(each.readings) for each in copies) == 1, "copies are hashed, not taken apart"
    changed = EVIL if made.data is TAR else gzip.compress(EVIL, mtime=0)
    for place in range(3):
        copies = [copy(), copy(), copy()]
        copies[place] = copy(changed)
        with pytest.raises(DigestMismatch):
            shared_by(*copies, store=cache, jobs=jobs)


@pytest.mark.parametrize(("places", "opened"), [("aaa", [1, 0, 0]), ("aba", [1, 1, 0]), ((None,) * 3, [1, 1, 1])])
def test_what_lies_in_one_place_is_no_copy(places, opened):
    copies = [Made(PACKED, sha256(TAR), sha256(PACKED), where=where) for where in places]
    one, two, three = shared_by(*copies)
    assert one is two is three
    assert [len(each.openings) for each in copies] == opened


def test_two_promises_of_one_place_are_both_kept():
    """A layout may name one blob by two digests, by links."""
    good, wrong = (Made(PACKED, sha256(TAR), sha256(data), where="a") for data in (PACKED, EVIL))
    with pytest.raises(DigestMismatch):
        shared_by(good, wrong)


def test_a_layer_shared_in_other_compression_is_verified_too(store):
    packed = [gzip.compress(TAR, level, mtime=0) for level in (1, 9)]
    copies = [Made(data, sha256(TAR), sha256(data)) for data in (TAR, *packed)]
    assert len({id(one) for one in shared_by(*copies, store=store)}) == 1
    evil = gzip.compress(EVIL, mtime=0)
    with pytest.raises(DigestMismatch):  # the blob is as its manifest says, the content is not as the config says
        shared_by(*copies, Made(evil, sha256(TAR), sha256(evil)), store=store)


def told_of(files: dict) -> list[int]:
    """What a harvest of these files reports as it goes."""
    told: list[int] = []
    layer = TarLayer(Layer(0), lambda: io.BytesIO(tar_of(files)), changeset=True, name="layer")
    harvest(layer, GATE, Limits(), advance=told.append)
    return told


def test_every_byte_of_content_is_told_of_but_not_every_file():
    sizes = [5, 0, 100_000, 3_000_000, 1, 700_000, 700_000]
    told = told_of({f"f{number}": "x" * size for number, size in enumerate(sizes)})
    assert sum(told) == sum(sizes)
    assert len(told_of({f"f{number}": "x" for number in range(200)})) == 1


def test_a_scan_that_is_to_stop_does_so_among_a_million_empty_files():
    assert len(told_of({f"f{number}": "" for number in range(2000)})) > 5
