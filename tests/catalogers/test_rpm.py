"""The rpm cataloger: real databases against their recorded truth and against rpm itself."""

import subprocess
import tarfile

import pytest
from conftest import shared, tool
from dict_view import DictView
from rpm_databases import (
    INT32,
    STRING,
    STRINGS,
    berkeley,
    berkeley_file,
    blobs_of,
    header,
    installed,
    ndb,
    package_header,
    sqlite_database,
    sqlite_with_log,
)

from sbomctl.catalogers.rpm import RpmCataloger
from sbomctl.model import Package, Problem

QUERY = r"%{NAME}\t%{EVR}\t%{ARCH}\t%{SOURCERPM}\t%{LICENSE}\t%{VENDOR}\t%{URL}\t%{SUMMARY}\n"
WANTS = RpmCataloger.wants.paths


def catalog(files):
    found = list(RpmCataloger().catalog(DictView(files, WANTS)))
    return [f for f in found if isinstance(f, Package)], [f for f in found if isinstance(f, Problem)]


def rootfs(name):
    """The rpm and os-release files of a root filesystem."""
    with tarfile.open(shared(f"real/rootfs/{name}/rootfs.tar.gz")) as tar:
        return files_of(tar)


def files_of(tar, prefix="./"):
    members = [m for m in tar if m.isreg() and ("var/lib/rpm/" in m.name or m.name.endswith("os-release"))]
    return {m.name.removeprefix(prefix): tar.extractfile(m).read() for m in members}


def rpm_says(database, query=QUERY):
    """What ``rpm -qa`` prints, keys left out."""
    command = [tool("rpm"), "--dbpath", str(database), "-qa", "--qf", query]
    done = subprocess.run(command, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    return sorted(line for line in done.stdout.decode().splitlines() if line and not line.startswith("gpg-pubkey\t"))


def as_rpm_prints(package):
    source = f"{package.source.name}-{package.source.version}.src.rpm" if package.source else "(none)"
    facts = (package.name, package.version, package.architecture, source, package.licenses[0].raw)
    rest = (package.supplier, package.homepage, package.description)
    return "\t".join((*facts, *rest))


def without_vendor(line):
    """rpm prints (none) where we name the packager instead."""
    fields = line.split("\t")
    return "\t".join([*fields[:5], *("" if field == "(none)" else field for field in fields[6:])])


@pytest.fixture
def edge(tmp_path):
    """rpm's own database of three packages."""
    return installed(tmp_path, tool("rpmbuild"), tool("rpm"))


def test_equals_the_recorded_truth_of_a_yocto_image_with_a_btree():
    truth = shared("real/rootfs/yocto-girbu-rpm-bdb/groundtruth.packages.tsv").read_text(encoding="utf-8")
    rows = {tuple(line.split("\t")[1:]) for line in truth.splitlines()[1:]}
    packages, problems = catalog(rootfs("yocto-girbu-rpm-bdb"))
    assert problems == []
    assert len(packages) == len(rows) == 397
    assert {
        (p.name, p.version.partition(":")[2] or p.version, p.architecture, source_file(p), p.licenses[0].raw)
        for p in packages
    } == rows
    assert all(p.files == tuple(name.lstrip("/") for name in p.files) for p in packages)
    dbus = next(p for p in packages if p.name == "python-dbus-dev")
    assert dbus.depends_on == ("python-dbus",)  # the other fourteen are recommendations


def source_file(package):
    return f"{package.source.name}-{package.source.version}.src.rpm"


def test_a_lost_main_table_is_said():
    packages, problems = catalog(rootfs("yocto-petalinux-kria-rpm"))
    assert packages == []
    assert [problem.location.path for problem in problems] == ["var/lib/rpm"]
    assert "main table" in problems[0].reason
    assert "names 1280 packages" in problems[0].reason


def test_equals_the_dump_of_a_real_hash_database():
    with tarfile.open(shared("real/pkgdb/rpm-bdb-scancode-var-lib-rpm/var-lib-rpm.tar.xz")) as tar:
        files = files_of(tar, "rootfs/")
    with tarfile.open(shared("real/pkgdb/rpm-bdb-scancode-var-lib-rpm/rpm.xmlish.expected.tar.xz")) as tar:
        dump = tar.extractfile("rpm.xmlish.expected").read().decode()
    packages, problems = catalog(files)
    assert problems == []
    expected = [dumped(record) for record in dump.split("<rpmHeader>")[1:]]
    expected = sorted(record for record in expected if record[0] != "gpg-pubkey")
    assert len(expected) == 99
    assert sorted((p.name, p.version, p.architecture, source_file(p), p.licenses[0].raw) for p in packages) == expected
    assert sum(len(p.files) for p in packages) == dump_files(dump)


def dumped(record):
    epoch = _element(record, "Epoch", "integer")
    version = f"{_element(record, 'Version')}-{_element(record, 'Release')}"
    evr = f"{epoch}:{version}" if epoch else version
    facts = (_element(record, name) for name in ("Arch", "Sourcerpm", "License"))
    return (_element(record, "Name"), evr, *facts)


def _element(record, name, kind="string"):
    _, found, rest = record.partition(f'<rpmTag name="{name}">\n\t<{kind}>')
    return rest.partition(f"</{kind}>")[0].replace("&amp;", "&") if found else ""


def dump_files(dump):
    return sum(part.partition("</rpmTag>")[0].count("<string>") for part in dump.split('name="Basenames">')[1:])


@pytest.mark.parametrize(
    ("path", "place", "count"),
    [
        ("real/pkgdb/rpm-sqlite-2pkgs/rpmdb.sqlite", "rpmdb.sqlite", 2),
        ("real/pkgdb/rpm-bdb-libuuid/Packages", "Packages", 1),
        ("real/pkgdb/syft-redhat/testdata/Packages", "Packages", 1),
    ],
)
def test_equals_rpm_on_real_databases(tmp_path, path, place, count):
    data = shared(path).read_bytes()
    (tmp_path / place).write_bytes(data)
    packages, problems = catalog({f"var/lib/rpm/{place}": data})
    backend = "sqlite" if place == "rpmdb.sqlite" else "bdb_ro"
    says = subprocess.run(
        [tool("rpm"), "--dbpath", str(tmp_path), "--define", f"_db_backend {backend}", "-qa", "--qf", QUERY],
        capture_output=True,
        check=True,
    )
    lines = sorted(line for line in says.stdout.decode().splitlines() if line)
    assert problems == []
    assert len(packages) == count
    assert sorted(without_vendor(as_rpm_prints(p)) for p in packages) == [without_vendor(line) for line in lines]


def test_reads_a_real_ndb_database():
    packages, problems = catalog(
        {"usr/lib/sysimage/rpm/Packages.db": shared("real/pkgdb/rpm-ndb-sle15-bci/Packages.db").read_bytes()}
    )
    assert problems == []
    assert len(packages) == 35
    bash = packages[0]
    assert (bash.name, bash.version, bash.architecture) == ("bash", "4.4-19.6.1", "x86_64")
    assert bash.purl == "pkg:rpm/bash@4.4-19.6.1?arch=x86_64&upstream=bash-4.4-19.6.1.src.rpm"
    assert "usr/bin/bash" in bash.files or "bin/bash" in bash.files
    assert all(p.source and p.licenses and p.files for p in packages if p.name != "rpm-config-SUSE")


def test_reads_real_manifests_of_distroless_images():
    path = "real/pkgdb/mariner-rpmmanifest/scan/var/lib/rpmmanifest/container-manifest-2"
    packages, problems = catalog({"var/lib/rpmmanifest/container-manifest-2": shared(path).read_bytes()})
    assert problems == []
    assert len(packages) == 12
    certificates = next(p for p in packages if p.name == "prebuilt-ca-certificates")
    assert certificates.version == "1:2.0.0-16.cm2"
    assert certificates.location.line == 10
    libgcc = next(p for p in packages if p.name == "libgcc")
    assert (libgcc.source.name, libgcc.source.version) == ("gcc", "11.2.0-8.cm2")


def test_files_that_are_no_databases_are_problems():
    folder = shared("real/pkgdb/syft-redhat/testdata/glob-paths")
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    packages, problems = catalog(files)
    assert packages == []
    assert {p.location.path for p in problems} == {
        name for name in files if "rpm" in name and not name.endswith(".rpm")
    }


def test_equals_rpm_on_its_own_database(edge):
    packages, problems = catalog({"var/lib/rpm/rpmdb.sqlite": (edge / "rpmdb.sqlite").read_bytes()})
    assert problems == []
    assert sorted(map(as_rpm_prints, packages)) == rpm_says(edge)
    owned = rpm_says(edge, r"[%{FILENAMES}\t%{=NAME}\n]")
    assert sorted(f"/{name}\t{p.name}" for p in packages for name in p.files) == owned
    base = next(p for p in packages if p.name == "edge-base")
    assert base.depends_on == ("config(edge-base)", "edge-tools", "editor|edge-tools")
    assert base.provides == ("config(edge-base)", "edge-base(x86-64)", "editor")
    assert base.source.url == "git+https://edge.example/base.git#0123abc"


def test_all_forms_of_one_database_are_equal(edge):
    blobs, load = blobs_of(edge), tool("db5.3_load")
    directory = "var/lib/rpm/"
    forms = {
        "sqlite": {directory + "rpmdb.sqlite": (edge / "rpmdb.sqlite").read_bytes()},
        "own sqlite": {directory + "rpmdb.sqlite": sqlite_database(blobs)},
        "ndb": {directory + "Packages.db": ndb(blobs)},
    }
    for form in ("hash", "btree"):
        for order in ("little", "big"):
            for options in ({}, {"db_pagesize": 512}, {"db_pagesize": 65536}, {"chksum": 1}):
                data = berkeley(blobs, form, load=load, order=order, **options)
                forms[f"{form} {order} {options}"] = {directory + "Packages": data}
    results = {form: catalog(files) for form, files in forms.items()}
    names = {form: [without_place(p) for p in packages] for form, (packages, _) in results.items()}
    assert {form: problems for form, (_, problems) in results.items() if problems} == {}
    assert len(names["sqlite"]) == 3
    assert {form for form, found in names.items() if found != names["sqlite"]} == set()


def without_place(package):
    return (package.purl, package.version, package.files, package.depends_on, package.source, package.licenses[0].raw)


def test_many_headers_of_many_sizes_survive_every_form():
    load = tool("db5.3_load")
    blobs = [package_header(f"p{n:03}", t1004=(STRING, "x" * (n * 37 % 9000))) for n in range(300)]
    expected = [f"p{n:03}" for n in range(300)]
    for files in (
        {"var/lib/rpm/rpmdb.sqlite": sqlite_database(blobs, page_size=512)},
        {"var/lib/rpm/Packages": berkeley(blobs, "hash", load=load)},
        {"var/lib/rpm/Packages": berkeley(blobs, "btree", load=load)},
    ):
        packages, problems = catalog(files)
        assert [p.name for p in packages] == expected
        assert problems == []


def test_installations_in_the_write_ahead_log_count():
    before, log = sqlite_with_log([package_header("old")], [package_header("new"), package_header("newer")])
    files = {"var/lib/rpm/rpmdb.sqlite": before, "var/lib/rpm/rpmdb.sqlite-wal": log}
    packages, problems = catalog(files)
    assert [(p.name, p.location.path) for p in packages] == [
        ("new", "var/lib/rpm/rpmdb.sqlite-wal"),
        ("newer", "var/lib/rpm/rpmdb.sqlite-wal"),
    ]
    assert problems == []
    assert [p.name for p in catalog(files | {"var/lib/rpm/rpmdb.sqlite-wal": b""})[0]] == ["old"]


def test_a_broken_log_is_a_problem_and_the_database_still_counts():
    before, log = sqlite_with_log([package_header("old")], [package_header("new")])
    for broken in (b"no log", b"\xff" * 32 + log[32:], log[:10] + b"\xff" + log[11:]):
        packages, problems = catalog({"var/lib/rpm/rpmdb.sqlite": before, "var/lib/rpm/rpmdb.sqlite-wal": broken})
        assert [p.name for p in packages] == ["old"]
        assert "write-ahead log" in problems[0].reason


def test_a_log_that_ends_early_gives_what_was_committed():
    before, log = sqlite_with_log([package_header("old")], [package_header("new")])
    packages, problems = catalog({"var/lib/rpm/rpmdb.sqlite": before, "var/lib/rpm/rpmdb.sqlite-wal": log[:-100]})
    assert [p.name for p in packages] == ["old"]
    assert "its end is cut off" in problems[0].reason
    damaged = log[:-100] + b"!" + log[-99:]
    packages, problems = catalog({"var/lib/rpm/rpmdb.sqlite": before, "var/lib/rpm/rpmdb.sqlite-wal": damaged})
    assert [p.name for p in packages] == ["old"]
    assert "it is damaged from byte" in problems[0].reason


def test_frames_of_an_older_log_do_not_count():
    before, log = sqlite_with_log([package_header("old")], [package_header("new")])
    older = log[:32] + log[32:] + log[32:40] + b"oldsalts" + log[48:]
    packages, problems = catalog({"var/lib/rpm/rpmdb.sqlite": before, "var/lib/rpm/rpmdb.sqlite-wal": older})
    assert [p.name for p in packages] == ["new"]
    assert problems == []


def test_an_unfinished_transaction_is_a_problem():
    files = {"var/lib/rpm/rpmdb.sqlite": sqlite_database([package_header("a")])}
    journal = {"var/lib/rpm/rpmdb.sqlite-journal": bytes.fromhex("d9d505f920a163d7") + bytes(500)}
    packages, problems = catalog(files | journal)
    assert [p.name for p in packages] == ["a"]
    assert "-journal" in problems[0].reason


def test_the_newest_form_wins_and_a_difference_is_said():
    files = {
        "var/lib/rpm/Packages.db": ndb([package_header("kept"), package_header("stale")]),
        "var/lib/rpm/rpmdb.sqlite": sqlite_database([package_header("kept"), package_header("added")]),
    }
    packages, problems = catalog(files)
    assert [p.name for p in packages] == ["added", "kept"]
    assert [p.location.path for p in problems] == ["var/lib/rpm/Packages.db"]
    assert "stale-1-2.noarch" in problems[0].reason
    same = files | {"var/lib/rpm/Packages.db": ndb([package_header("added"), package_header("kept")])}
    assert catalog(same)[1] == []


def test_an_empty_database_does_not_hide_a_full_one():
    files = {"var/lib/rpm/rpmdb.sqlite": sqlite_database([]), "var/lib/rpm/Packages.db": ndb([package_header("a")])}
    packages, problems = catalog(files)
    assert [p.name for p in packages] == ["a"]
    assert problems == []


def test_one_database_behind_a_link_is_read_once():
    files = {
        "usr/lib/sysimage/rpm/Packages.db": ndb([package_header("a")]),
        "var/lib/rpm": "../../usr/lib/sysimage/rpm",
    }
    packages, problems = catalog(files)
    assert [(p.name, p.location.path) for p in packages] == [("a", "usr/lib/sysimage/rpm/Packages.db")]
    assert problems == []


def test_a_broken_header_costs_only_its_record():
    good = package_header("good")
    packages, problems = catalog({"var/lib/rpm/Packages.db": ndb([good[:30], good, b"\0" * 8, package_header("")])})
    assert [p.name for p in packages] == ["good"]
    assert len(problems) == 1
    assert problems[0].reason.startswith("3 unreadable package records: ")


def test_a_truncated_berkeley_database_says_so():
    blobs = [package_header(f"p{n}", t1004=(STRING, "x" * 3000)) for n in range(20)]
    data = berkeley(blobs, "hash", load=tool("db5.3_load"))
    packages, problems = catalog({"var/lib/rpm/Packages": data[: len(data) // 2]})
    assert len(packages) < 20
    assert any("it ends after" in problem.reason for problem in problems)


@pytest.mark.parametrize(
    "file_name", ["a", ".src.rpm", "a-1.src.rpm", "/-1-2.src.rpm", "--.src.rpm", "a-1-2.x86_64.rpm"]
)
def test_what_is_no_source_package_is_said(file_name):
    packages, problems = catalog({"var/lib/rpm/Packages.db": ndb([package_header("a", t1044=(STRING, file_name))])})
    assert packages[0].source is None
    assert problems[0].reason.startswith("1 unknown source package: ")


def test_keys_are_no_packages_and_unknown_sources_are_said():
    odd = package_header("odd", t1044=(STRING, "odd-8.17.0-1-src.rpm"), t1003=(INT32, 0))
    plain = package_header("plain", t1044=(STRING, "(none)"))
    packages, problems = catalog({"var/lib/rpm/Packages.db": ndb([odd, plain, package_header("gpg-pubkey")])})
    assert [(p.name, p.version, p.source) for p in packages] == [("odd", "0:1-2", None), ("plain", "1-2", None)]
    assert len(problems) == 1
    assert "odd-8.17.0-1-src.rpm" in problems[0].reason


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("foo-bar-1.0-2.el9.src.rpm", ("foo-bar", "1.0-2.el9", "pkg:rpm/redhat/foo-bar@1.0-2.el9?arch=src")),
        ("firefox-3.5-1.nosrc.rpm", ("firefox", "3.5-1", "pkg:rpm/redhat/firefox@3.5-1?arch=src")),
        ("1:bar-9-123a.src.rpm", ("bar", "1:9-123a", "pkg:rpm/redhat/bar@9-123a?arch=src&epoch=1")),
    ],
)
def test_sources_are_parsed_from_the_right(file_name, expected):
    files = {
        "var/lib/rpm/Packages.db": ndb([package_header("a", t1044=(STRING, file_name))]),
        "etc/os-release": b"ID=rhel\nVERSION_ID=9.4\n",
    }
    ((package,), problems) = catalog(files)
    assert problems == []
    assert (package.source.name, package.source.version, package.source.purl) == expected


@pytest.mark.parametrize(
    ("release", "start", "distro"),
    [
        (b"ID=fedora\nVERSION_ID=41\n", "pkg:rpm/fedora/", "distro=fedora-41"),
        (b"ID=rhel\nVERSION_ID=9.4\n", "pkg:rpm/redhat/", "distro=rhel-9.4"),
        (b"ID=opensuse-leap\nVERSION_ID=15.6\n", "pkg:rpm/opensuse/", "distro=opensuse-leap-15.6"),
        (b"ID=sles\nVERSION_ID=15.3\n", "pkg:rpm/sles/", "distro=sles-15.3"),
        (b"", "pkg:rpm/a@", "arch=noarch"),
    ],
)
def test_package_urls_name_the_vendor(release, start, distro):
    files = {"var/lib/rpm/Packages.db": ndb([package_header("a")]), "etc/os-release": release}
    packages, _ = catalog(files)
    assert packages[0].purl.startswith(start)
    assert distro in packages[0].purl


def test_module_and_epoch_stand_in_the_package_url():
    blob = package_header("a", t1003=(INT32, 7), t5096=(STRING, "nodejs:14:8060:e6e4"))
    packages, _ = catalog({"var/lib/rpm/Packages.db": ndb([blob])})
    assert packages[0].purl == "pkg:rpm/a@1-2?arch=noarch&epoch=7&rpmmod=nodejs:14:8060:e6e4"


def test_unchanged_headers_are_parsed_once_for_all_layers():
    view = DictView({"var/lib/rpm/Packages.db": ndb([package_header("a"), package_header("b")])}, WANTS)
    first = list(RpmCataloger().catalog(view))
    parsed = dict(view.memo)
    view.files["var/lib/rpm/Packages.db"] = ndb([package_header("b"), package_header("a"), package_header("c")])
    second = list(RpmCataloger().catalog(view))
    assert [p.name for p in first] == ["a", "b"]
    assert [p.name for p in second] == ["a", "b", "c"]
    assert second[0].files is first[0].files
    assert len(view.memo) == len(parsed) + 2  # the new database and one header


def test_name_index_of_several_entries_is_counted():
    records = [(name.encode(), bytes(8)) for name in ("a", "b", "c")]
    name = berkeley_file(records, "hash", tool("db5.3_load"), {})
    packages, problems = catalog({"usr/lib/sysimage/rpm/Name": name})
    assert packages == []
    assert "names 3 packages" in problems[0].reason
    assert "names" not in catalog({"usr/lib/sysimage/rpm/Name": b"?"})[1][0].reason


def test_no_database_is_no_problem_of_this_cataloger():
    assert catalog({"etc/os-release": b"ID=debian\n"}) == ([], [])


def test_old_headers_without_region_and_with_whole_paths():
    tags = {1000: (STRING, "old"), 1001: (STRING, "1"), 1002: (STRING, "2"), 1027: (STRINGS, ["/a/b", "/c"])}
    packages, _ = catalog({"var/lib/rpm/Packages.db": ndb([header(tags, region=False)])})
    assert packages[0].files == ("a/b", "c")
    assert packages[0].purl == "pkg:rpm/old@1-2"
