"""The rule about proprietary kernel modules on modules that no database records."""

from __future__ import annotations

from datetime import date

from conftest import tar_of
from elf_files import elf, module

from sbomctl import api
from sbomctl.model import ImageSpec, Product, Role

POLICY = "{schema_version: 1, name: p, licenses: {}}"
HEAD = "vermagic=6.1.0 SMP mod_unload aarch64\n"
MODULES = "lib/modules/6.1.0/"
TREE = {
    MODULES + "kernel/net/can.ko": module(HEAD + "license=GPL\nintree=Y\nname=can"),
    MODULES + "extra/acme.ko": module(HEAD + "license=Proprietary\nname=acme"),
    MODULES + "extra/silent.ko": module(HEAD + "name=silent"),
    MODULES + "extra/free.ko": module(HEAD + "license=Dual MIT/GPL\nname=free"),
    MODULES + "extra/unreadable.ko": elf({".text": b"x"}),
}


def test_each_module_counts_by_what_it_says_itself(tmp_path):
    image = tmp_path / "rootfs.tar"
    image.write_bytes(tar_of(TREE))
    product = Product("p", images=(ImageSpec("os", Role.BASE_OS, f"rootfs:{image}"),))
    bom = api.merge(api.scan(product, api.ScanOptions(engine="native", cache=False)), product)
    result = api.check(bom, api.load_policy("embedded-locked"), today=date(2026, 1, 1))
    found = [one for one in result.violations if one.rule == "proprietary-kernel-module"]
    named = {component.id: component.name for component in bom.components}
    assert sorted((named.get(one.component, one.component), one.message) for one in found) == [
        ("", "1 kernel module is in no package, so nothing says under which license"),
        ("acme", "it has kernel modules, under LicenseRef-proprietary"),
        ("silent", "it has kernel modules, under no known license"),
    ]
