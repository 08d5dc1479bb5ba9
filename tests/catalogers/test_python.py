import posixpath

import pytest
from conftest import tar_of, view_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sbomctl.catalogers._python_files import below, read_direct_url, read_lines, read_record, read_requires
from sbomctl.catalogers._python_metadata import read_metadata
from sbomctl.catalogers.python import PythonCataloger
from sbomctl.model import Package, Problem

SITE = "usr/lib/python3/dist-packages"
INFO = f"{SITE}/foo-1.dist-info"
MINIMAL = "Name: foo\nVersion: 1\n"


def catalog(files):
    found = list(PythonCataloger().catalog(view_of(tar_of(files), patterns=PythonCataloger.wants.paths)))
    return [p for p in found if isinstance(p, Package)], [p for p in found if isinstance(p, Problem)]


def one(files):
    (package,), problems = catalog(files)
    assert problems == []
    return package


def described(headers):
    return one({f"{INFO}/METADATA": MINIMAL + headers})


@pytest.mark.parametrize("label", ["Source", "repository", "Source Code", "GitHub", "source-code"])
def test_the_project_url_of_the_source_code(label):
    assert described(f"Project-URL: Docs, https://d\nProject-URL: {label}, https://git.example/foo\n").vcs_url == (
        "https://git.example/foo"
    )


def test_the_headers_land_where_they_belong():
    package = one(
        {
            f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: Foo_Bar.baz\nVersion: 1.0+local\n"
            "Summary: Does\n  things\nHome-page: https://foo.example\nDownload-URL: https://dl.example/foo\n"
            "Author: Ann\nAuthor-email: ann@foo.example\nLicense: MIT\n"
            "Classifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: Utilities\n\nName: body\n"
        }
    )
    assert (package.name, package.version) == ("Foo_Bar.baz", "1.0+local")
    assert package.purl == "pkg:pypi/foo-bar.baz@1.0%2Blocal"
    assert package.provides == ("foo-bar-baz",)  # PEP 503, as others ask for it
    assert (package.supplier, package.homepage) == ("Ann <ann@foo.example>", "https://foo.example")
    assert (package.download_url, package.description) == ("https://dl.example/foo", "Does things")
    assert package.root == SITE
    assert (package.location.path, package.location.line) == (f"{INFO}/METADATA", 2)
    assert [(f.raw, f.location.line) for f in package.licenses] == [
        ("MIT", 10),
        ("License :: OSI Approved :: MIT License", 11),
    ]


@pytest.mark.parametrize(
    ("headers", "supplier"),
    [
        ("Author-email: Ann <ann@x.example>\n", "Ann <ann@x.example>"),
        ("Author: Ann\nAuthor-email: Ann <ann@x.example>\n", "Ann"),
        ("Author: UNKNOWN\nMaintainer: Bo\nMaintainer-email: bo@x.example\n", "Bo <bo@x.example>"),
        ("Author: UNKNOWN\n", ""),
    ],
)
def test_supplier(headers, supplier):
    assert described(headers).supplier == supplier


def test_a_homepage_may_be_a_project_url():
    assert described("Project-URL: Source, https://s\nProject-URL: Home Page, https://h\n").homepage == "https://h"
    assert described("Home-page: https://a\nProject-URL: homepage, https://h\n").homepage == "https://a"
    assert described("Project-URL: Homepage\n").homepage == ""


def test_a_license_expression_and_unknown():
    assert [f.raw for f in described("License: UNKNOWN\nLicense-Expression: MIT OR BSD-2-Clause\n").licenses] == [
        "MIT OR BSD-2-Clause"
    ]


def test_a_whole_license_text_is_kept_to_a_kilobyte():
    text = "".join(f"        line {n}\n" for n in range(1000))
    (finding,) = described(f"License: Copyright me\n{text}Platform: any\n").licenses
    assert finding.raw.startswith("Copyright me\nline 0\nline 1\n")
    assert len(finding.raw) == 1024


def test_dependencies_leave_out_extras_and_keep_other_markers():
    package = described(
        "Requires-Dist: A_b (>=1)\nRequires-Dist: c[x]>=2; python_version < '3'\n"
        "Requires-Dist: d; extra == 'test'\nRequires-Dist: e ; (os_name == 'nt') and extra=='y'\n"
        "Requires-Dist: f @ https://x.example/f.whl\nRequires-Dist: a-b\n"
    )
    assert package.depends_on == ("a-b", "c", "f")


def test_files_come_from_the_record():
    package = one(
        {
            f"{INFO}/METADATA": MINIMAL,
            f"{INFO}/RECORD": "foo/__init__.py,sha256=x,1\n../../../bin/foo,,\n"
            '"foo/a, ""b"".py",,3\n/usr/share/foo.txt,,\n',
        }
    )
    assert package.files == (
        f"{SITE}/foo/__init__.py", "usr/bin/foo", f'{SITE}/foo/a, "b".py', "usr/share/foo.txt",
    )  # fmt: skip
    assert package.owns_directories == (INFO,)


def test_without_a_record_what_top_level_names_is_owned_if_it_is_there():
    package = one(
        {
            f"{INFO}/METADATA": MINIMAL,
            f"{INFO}/top_level.txt": "foo\nbar\nmissing\n../../../../etc\n",
            f"{SITE}/foo/x.py": "",
            f"{SITE}/foo/__init__.py": "",
            f"{SITE}/bar.py": "",
        }
    )
    assert package.files == (f"{SITE}/bar.py",)
    assert package.owns_directories == (f"{SITE}/foo", INFO)


def test_egg_info_directory():
    info = f"{SITE}/foo-1.egg-info"
    package = one(
        {
            f"{info}/PKG-INFO": MINIMAL,
            f"{info}/installed-files.txt": "../foo.py\nPKG-INFO\n../../../../bin/foo\n",
            f"{info}/requires.txt": "six>=1\n\n[dev]\npytest\n\n[:python_version<'3']\nenum34\n",
        }
    )
    assert package.files == (f"{SITE}/foo.py", f"{info}/PKG-INFO", "usr/bin/foo")
    assert package.depends_on == ("six", "enum34")
    assert (package.root, package.owns_directories) == (SITE, (info,))


def test_egg_info_file():
    package = one({f"{SITE}/foo-1.egg-info": MINIMAL})
    assert (package.root, package.files) == (SITE, (f"{SITE}/foo-1.egg-info",))


def test_an_unpacked_egg_is_one_directory():
    package = one({f"{SITE}/foo-1-py3.egg/EGG-INFO/PKG-INFO": MINIMAL})
    assert (package.root, package.owns_directories) == (SITE, (f"{SITE}/foo-1-py3.egg",))


def test_a_link_to_metadata_is_no_second_package():
    files = {f"{SITE}/foo-1.egg-info": MINIMAL, f"{SITE}/foo.egg-info": ("sym", "foo-1.egg-info")}
    assert one(files).version == "1"


def test_a_distribution_recorded_twice_is_one_that_owns_both():
    """As Debian's python3-cryptography is."""
    old = f"{SITE}/foo.egg-info"
    package = one({f"{INFO}/METADATA": MINIMAL, f"{INFO}/RECORD": "foo.py,,\n", f"{old}/PKG-INFO": MINIMAL})
    assert package.location.path == f"{INFO}/METADATA"
    assert (package.files, package.owns_directories) == ((f"{SITE}/foo.py",), (INFO, old))


def test_two_environments_are_two_packages():
    packages, _ = catalog({f"{place}/foo-1.dist-info/METADATA": MINIMAL for place in ("a/site", "b/site")})
    assert [p.root for p in packages] == ["a/site", "b/site"]


@pytest.mark.parametrize(
    ("document", "url"),
    [
        ('{"url": "https://x/y.whl", "archive_info": {}}', "https://x/y.whl"),
        ('{"url": "https://x/y", "vcs_info": {"vcs": "git", "commit_id": "abc"}}', "git+https://x/y@abc"),
        ('{"url": "file:///build/y", "dir_info": {"editable": true}}', "https://dl"),
        ("{", "https://dl"),
        ('{"url": 1}', "https://dl"),
    ],
)
def test_where_it_was_installed_from(document, url):
    package = one({f"{INFO}/METADATA": MINIMAL + "Download-URL: https://dl\n", f"{INFO}/direct_url.json": document})
    assert package.download_url == url


@pytest.mark.parametrize(
    "metadata", ["", "\n\nName: foo\nVersion: 1\n", "Version: 1\n", "Name: foo\n", "Name: a/b\nVersion: 1\n"]
)
def test_metadata_without_an_identity_is_a_problem(metadata):
    packages, (problem,) = catalog({f"{INFO}/METADATA": metadata})
    assert packages == []
    assert problem.location.path == f"{INFO}/METADATA"


def test_line_ends_byte_order_mark_and_bytes_that_are_no_utf8():
    package = one(
        {f"{INFO}/METADATA": b"\xef\xbb\xbfName: foo\r\nVersion: 1\r\nAuthor: Ren\xe9\r\n\r\nLicense: body\r\n"}
    )
    assert (package.version, package.supplier, package.licenses) == ("1", "Ren\\xe9", ())


def test_a_path_never_leaves_the_image():
    assert below("a/b", ("../../../../etc/x", "/etc/y", "./z")) == ("etc/x", "etc/y", "a/b/z")
    assert below("", ("x", "../y")) == ("x", "y")


metadata_lines = st.lists(
    st.sampled_from([b"Name: a", b"Version: 1", b" fold", b"", b"Requires-Dist: ;", b"License: \xff", b":", b"Name: /"])
)


@settings(deadline=None)  # the first call imports packageurl
@given(st.binary() | metadata_lines.map(b"\n".join))
def test_arbitrary_metadata_raises_nothing(data):
    read_metadata(data)
    packages, problems = catalog({f"{INFO}/METADATA": data})
    assert len(packages) + len(problems) == 1
    assert all(p.purl for p in packages)


@settings(deadline=None)  # the first call imports packageurl
@given(st.binary())
def test_arbitrary_companions_raise_nothing(data):
    assert all(
        posixpath.normpath(p) == p and not p.startswith("..") for p in below("a", read_record(data)) if ".." in p
    )
    for read in (read_lines, read_requires, read_direct_url):
        read(data)
