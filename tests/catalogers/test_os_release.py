import pytest
from conftest import tar_of, view_of
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.catalogers._assignments import read_assignments
from sbomctl.catalogers._release_files import RELEASE_FILES
from sbomctl.catalogers.os_release import OsReleaseCataloger, distro_qualifier, read_os_release


def view(files):
    return view_of(tar_of(files), patterns=OsReleaseCataloger.wants.paths)


def read(files):
    seen = view(files)
    return read_os_release(seen), list(OsReleaseCataloger().catalog(seen))


def test_every_field_is_unquoted():
    os, problems = read(
        {
            "etc/os-release": '# comment\n\nNAME=\'Edge "Box"\'\nID=edge\nID_LIKE="debian ubuntu"\r\n'
            'VERSION="1 \\"A\\" \\$5"\nVERSION_ID=1.0\\ 1 # why not\nPRETTY_NAME=Edge Box  1\nCPE_NAME="cpe:/o:e:e:1"\n'
            "HOME_URL=https://edge.example/#top\n"
        }
    )
    assert problems == []
    assert (os.name, os.id, os.id_like, os.version) == ('Edge "Box"', "edge", ("debian", "ubuntu"), '1 "A" $5')
    assert (os.version_id, os.pretty_name, os.cpe_name) == ("1.0 1", "Edge Box  1", "cpe:/o:e:e:1")
    assert os.home_url == "https://edge.example/#top"
    assert os.location == "etc/os-release"


def test_a_later_assignment_wins():
    assert read({"etc/os-release": "ID=a\nID=b\n"})[0].id == "b"


def test_etc_wins_over_usr_lib():
    os, _ = read({"usr/lib/os-release": "ID=low\n", "etc/os-release": "ID=high\n"})
    assert (os.id, os.location) == ("high", "etc/os-release")


def test_the_location_is_where_the_link_leads():
    seen = view({"etc/os-release": ("sym", "../usr/lib/os-release"), "usr/lib/os-release": b"ID=x\nbad line\n"})
    assert read_os_release(seen).location == "usr/lib/os-release"
    (problem,) = OsReleaseCataloger().catalog(seen)
    assert str(problem.location) == "image layer 0 usr/lib/os-release:2"


def test_a_fault_behind_a_link_is_reported_once():
    seen = view({"etc/os-release": ("sym", "../usr/lib/os-release"), "usr/lib/os-release": b"bad line\n"})
    assert [p.reason for p in OsReleaseCataloger().catalog(seen)] == ["not a NAME=value line", "states no ID"]


@pytest.mark.parametrize(
    ("path", "text", "qualifier", "version"),
    [
        ("etc/debian_version", "9.8\n", "debian-9", "9.8"),
        ("etc/debian_version", "buster/sid\n", "debian", "buster/sid"),
        ("etc/alpine-release", "3.10.9\n", "alpine-3.10.9", "3.10.9"),
        ("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\n", "ubuntu-18.04", "18.04"),
        ("etc/openwrt_release", "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.0'\n", "openwrt-23.05.0", "23.05.0"),
        ("etc/openwrt_release", 'DISTRIB_ID="OpenWrt"\nDISTRIB_RELEASE="Bleeding Edge"\n', "openwrt", "Bleeding Edge"),
        ("etc/redhat-release", "CentOS Linux release 7.6.1810 (Core) \n", "centos-7.6.1810", "7.6.1810"),
        ("etc/rocky-release", "Rocky Linux release 8.4 (Green Obsidian)", "rocky-8.4", "8.4"),
        ("etc/almalinux-release", "AlmaLinux release 8.4 (Electric Cheetah)", "almalinux-8.4", "8.4"),
        ("etc/oracle-release", "Oracle Linux Server release 7.6\n", "ol-7.6", "7.6"),
        ("etc/redhat-release", "Fedora release 29 (Twenty Nine)\n", "fedora-29", "29"),
        ("etc/redhat-release", "Red Hat Linux release 6.2 (Zoot)\n", "red-hat-6.2", "6.2"),
        ("etc/mariner-release", "CBL-Mariner 1.0.20220122\nX=1\n", "mariner-1.0", "1.0.20220122"),
        ("etc/angstrom-version", "Angstrom v2013.06 (Core edition)\n", "angstrom", "v2013.06"),
        ("etc/buildinfo", "---\nBuild Configuration:\nDISTRO = poky\nDISTRO_VERSION = 4.0.1\n", "poky-4.0.1", "4.0.1"),
        ("etc/issue", "Poky (Yocto Project Reference Distro) 1.7.1 \\n \\l\n\n", "poky-1.7.1", "1.7.1"),
    ],
)
def test_forerunners_of_os_release(path, text, qualifier, version):
    os, problems = read({path: text})
    assert (distro_qualifier(os), os.version, os.location, problems) == (qualifier, version, path, [])


@pytest.mark.parametrize(
    ("path", "text"),
    [("etc/issue", "Welcome to ACME 3.1\n"), ("etc/debian_version", ""), ("etc/redhat-release", "hello\n")],
)
def test_a_file_that_says_nothing(path, text):
    assert read({path: text})[0] is None


def test_no_release_file_at_all_is_no_problem():
    assert read({}) == (None, [])
    assert distro_qualifier(None) == ""


def test_ubuntu_is_not_taken_for_debian():
    os, _ = read({"etc/debian_version": "jessie/sid", "etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\n"})
    assert distro_qualifier(os) == "ubuntu-14.04"


def test_without_an_id_an_older_file_knows_better():
    os, problems = read({"etc/os-release": 'NAME="Alpine Linux"\n', "etc/alpine-release": "3.15.4\n"})
    assert (distro_qualifier(os), os.location) == ("alpine-3.15.4", "etc/alpine-release")
    assert [p.reason for p in problems] == ["states no ID"]


def test_without_an_id_anywhere_it_is_linux():
    os, problems = read({"etc/os-release": "NAME=Foo\nVERSION_ID=1\n"})
    assert (os.id, os.version_id, os.name, distro_qualifier(os)) == ("linux", "1", "Foo", "")
    assert [p.reason for p in problems] == ["states no ID"]


def test_faults_have_their_line():
    _, problems = read({"etc/os-release": "ID=x\nno equals\n1A=2\nNAME=\"open\nVERSION='\n"})
    assert [(p.location.line, p.reason) for p in problems] == [
        (2, "not a NAME=value line"),
        (3, "not a NAME=value line"),
        (4, "unfinished quote or escape in NAME"),
        (5, "unfinished quote or escape in VERSION"),
    ]


def test_bytes_that_are_no_text_are_shown_and_reported():
    seen = view({"etc/os-release": b"ID=x\nNAME=a\xffb\nVERSION=1\x002\n"})
    os = read_os_release(seen)
    assert (os.name, os.version) == ("a\ufffdb", "12")
    assert [p.location.line for p in OsReleaseCataloger().catalog(seen)] == [2, 3]


def test_a_binary_file_is_not_a_flood_of_problems():
    seen = view({"etc/os-release": b"\n".join([b"\x7fELF"] * 5000)})
    problems = list(OsReleaseCataloger().catalog(seen))
    assert len(problems) == 21
    assert problems[-1].reason == "4981 more lines cannot be read"


@given(st.binary(max_size=300))
def test_no_bytes_break_a_reader(data):
    for _, reader in RELEASE_FILES:
        reader(data)


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), st.text(), max_size=5))
def test_shell_quoted_values_come_back(values):
    printable = {name: "".join(filter(str.isprintable, value)).strip() for name, value in values.items()}
    lines = [
        name + '="' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`") + '"'
        for name, value in printable.items()
    ]
    assert read_assignments("\n".join(lines).encode()) == (printable, ())
