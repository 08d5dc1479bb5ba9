"""Which package of an image an entry of a manifest is about, and what then becomes of both."""

from __future__ import annotations

import msgspec
from conftest import tar_of, view_of

from sbomctl.engine.findings import Findings
from sbomctl.engine.reconcile import reconcile
from sbomctl.model import LicenseFinding, Location, Package, Reconciliation, State
from sbomctl.sidecars.base import Fault, Listed, Sidecar

VIEW = view_of(tar_of({"etc/x": ""}))
WITHIN = Location("image", 0, "usr/share/common-licenses/license.manifest", 1)


def installed(name: str, version: str = "1-r0", kind: str = "generic", **facts) -> Package:
    """A package that a database in the image records."""
    return Package(
        name, version, f"pkg:{kind}/{name}@{version}", Location("image", 0, "status", 1), "opkg",
        state=facts.pop("state", State.VISIBLE), **facts,
    )  # fmt: skip


def within(name: str, version: str = "1", **facts) -> Package:
    """One that a manifest in the image lists."""
    return msgspec.structs.replace(installed(name, version, **facts), location=WITHIN, found_by="manifest:yocto")


def compared(
    packages: list[Package], *listed: Listed, faults: tuple[Fault, ...] = ()
) -> tuple[Findings, Reconciliation]:
    """What a manifest beside the image makes of what is in it."""
    found = reconcile(Findings(tuple(packages)), [Sidecar("m.manifest", "yocto", listed, faults=faults)], VIEW)
    (account,) = found.reconciled
    return found, account


def stated(found: Findings) -> list[tuple[str, ...]]:
    return [tuple(one.raw for one in package.licenses) for package in found.packages]


def test_a_package_of_a_language_is_not_the_one_of_the_system_that_is_called_so():
    packages = [installed("six"), installed("six", kind="pypi")]
    found, account = compared(packages, Listed("six", "1", licenses=("MIT",)))
    assert stated(found) == [("MIT",), ()]
    assert (account.confirmed, account.only_in_image) == (1, ())
    found, account = compared(packages[:1], Listed("six", "1", licenses=("MIT",), purl="pkg:pypi/six@1"))
    assert (account.confirmed, account.only_listed, stated(found)) == (0, ("six 1",), [()])


def test_a_package_for_another_processor_is_another():
    packages = [installed("libz1", architecture="armv7"), installed("libz1", architecture="aarch64")]
    found, account = compared(packages, Listed("libz1", "1", architecture="armv7", licenses=("Zlib",)))
    assert stated(found) == [("Zlib",), ()]
    assert (account.confirmed, account.only_in_image) == (1, ("libz1 1-r0",))
    found, account = compared(packages, Listed("libz1", "1", licenses=("Zlib",)))
    assert stated(found) == [("Zlib",), ("Zlib",)], "it does not say which"
    assert account.only_in_image == ()


def test_a_statement_that_stands_twice_counts_once():
    again = Listed("acl", "1", licenses=("MIT",))
    found, account = compared([installed("acl")], again, again, Listed("acl", "1", licenses=("ISC",)))
    assert stated(found) == [("MIT", "ISC")]
    assert account.listed == 3
    known = LicenseFinding("MIT", Location("image", -1, "m.manifest"), "manifest:yocto")
    assert stated(compared([installed("acl", licenses=(known,))], again)[0]) == [("MIT",)]


def test_what_an_upper_layer_hides_is_neither_confirmed_nor_missed():
    hidden = installed("acl", state=State.DELETED)
    found, account = compared([hidden, installed("bash")], Listed("acl", "1", licenses=("MIT",)), Listed("bash", "1"))
    assert (account.confirmed, account.only_listed, account.only_in_image) == (1, ("acl 1",), ())
    assert found.packages[0] == hidden
    assert compared([hidden, installed("bash")], Listed("bash", "1"))[1].only_in_image == ()


def test_a_manifest_that_an_upper_layer_hides_is_not_compared_but_what_it_lists_ships():
    old, new = within("acl", "1", state=State.SHADOWED), within("acl", "2")
    found = reconcile(Findings((old, new)), [], VIEW)
    (account,) = found.reconciled
    assert (account.listed, account.only_listed, account.alone) == (1, ("acl 2",), True)
    assert found.packages == (new, old)
    database = installed("acl", "2-r0")
    found = reconcile(Findings((database, old, new)), [], VIEW)
    assert [one.version for one in found.packages] == ["2-r0"], "what a database records it tells of all layers"
    assert found.reconciled[0].confirmed == 1


def test_entries_that_cannot_be_read_are_problems_with_their_place():
    found, _ = compared([installed("acl")], Listed("acl", "1"), faults=((7, "a line that is no KEY: value"),))
    (problem,) = found.problems
    assert (problem.location, problem.found_by) == (Location("image", -1, "m.manifest", 7), "manifest:yocto")
    assert problem.reason == "a line that is no KEY: value"
