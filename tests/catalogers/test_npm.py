import json

import pytest
from conftest import tar_of, view_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sbomctl.catalogers._package_json import read_package_json
from sbomctl.catalogers.npm import NpmCataloger
from sbomctl.model import Package, Problem

MODULES = "opt/app/node_modules"
MINIMAL = {"name": "foo", "version": "1.0.0"}


def catalog(files):
    plain = {path: json.dumps(value) if isinstance(value, dict) else value for path, value in files.items()}
    found = list(NpmCataloger().catalog(view_of(tar_of(plain), patterns=NpmCataloger.wants.paths)))
    return [p for p in found if isinstance(p, Package)], [p for p in found if isinstance(p, Problem)]


def one(files):
    (package,), problems = catalog(files)
    assert problems == []
    return package


def described(**members):
    return one({f"{MODULES}/foo/package.json": {**MINIMAL, **members}})


def roots(files):
    packages, problems = catalog(files)
    assert problems == []
    return [package.root for package in packages]


def test_an_installed_package():
    text = (
        '{\n "name": "@scope/foo",\n "version": "1.2.3",\n "description": "Does\\nthings",\n "homepage": "https://h",\n'
        ' "license": "(MIT OR GPL-3.0)",\n "_resolved": "https://r.example/foo.tgz",\n'
        ' "dependencies": {"b": "1", "a": "2"}, "optionalDependencies": {"c": "1"}, "peerDependencies": {"a": "*"},'
        ' "devDependencies": {"d": "1"}\n}'
    )
    package = one({f"{MODULES}/@scope/foo/package.json": text})
    assert (package.name, package.version) == ("@scope/foo", "1.2.3")
    assert package.purl == "pkg:npm/%40scope/foo@1.2.3"
    assert (package.description, package.homepage) == ("Does things", "https://h")
    assert package.download_url == "https://r.example/foo.tgz"
    assert package.depends_on == ("a", "b", "c")
    assert (package.root, package.owns_directories) == (f"{MODULES}/@scope/foo", (f"{MODULES}/@scope/foo",))
    assert (package.location.path, package.location.line) == (f"{MODULES}/@scope/foo/package.json", 1)
    (finding,) = package.licenses
    assert (finding.raw, finding.location.line) == ("(MIT OR GPL-3.0)", 6)


@pytest.mark.parametrize(
    ("stated", "url"),
    [
        ({"type": "git", "url": "git+https://github.com/a/b.git", "directory": "x"}, "git+https://github.com/a/b.git"),
        ("https://git.example/a/b", "https://git.example/a/b"),
        ("a/b.js", "https://github.com/a/b.js"),
        ("gitlab:a/b", "https://gitlab.com/a/b"),
        ("bitbucket:a/b", "https://bitbucket.org/a/b"),
        ("../b", "../b"),
        ({"url": 7}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_repository_in_all_its_forms(stated, url):
    assert described(repository=stated).vcs_url == url


@pytest.mark.parametrize(
    ("members", "raw"),
    [
        ({"license": {"type": "MIT", "url": "u"}}, ["MIT"]),
        ({"license": {"url": "https://l.example"}}, ["https://l.example"]),
        ({"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}, "MIT"]}, ["MIT", "Apache-2.0"]),
        ({"license": ["MIT", "ISC"]}, ["MIT", "ISC"]),
        ({"license": "MIT", "licenses": [{"type": "GPL-2.0"}]}, ["MIT", "GPL-2.0"]),
        ({"license": "SEE LICENSE IN LICENSE.md"}, ["SEE LICENSE IN LICENSE.md"]),
        ({"license": "UNLICENSED"}, ["UNLICENSED"]),
        ({"license": None, "licenses": 7}, []),
        ({"license": ""}, []),
        ({}, []),
    ],
)
def test_licenses_as_written(members, raw):
    assert [finding.raw for finding in described(**members).licenses] == raw


def test_the_line_of_a_license_is_only_claimed_when_it_is_certain():
    text = '{"name": "foo",\n "config": {\n"license": "x"},\n "version": "1",\n "license": "MIT"}'
    (finding,) = one({f"{MODULES}/foo/package.json": text}).licenses
    assert finding.location.line == 1


@pytest.mark.parametrize(
    ("members", "supplier"),
    [
        ({"author": "Ann <ann@x.example> (https://x.example)"}, "Ann <ann@x.example>"),
        ({"author": {"name": "Ann", "email": "ann@x.example", "url": "u"}}, "Ann <ann@x.example>"),
        ({"author": {}, "maintainers": [{"email": "bo@x.example"}]}, "bo@x.example"),
        ({"contributors": ["Cy"]}, "Cy"),
        ({"author": 3}, ""),
    ],
)
def test_supplier(members, supplier):
    assert described(**members).supplier == supplier


@pytest.mark.parametrize("url", ["file:../foo", "/build/foo", 7, None])
def test_a_place_on_the_build_machine_is_no_download(url):
    assert described(_resolved=url, dist={"tarball": url}, repository="https://git.example/foo").download_url == ""


def test_nested_copies_are_packages_of_their_own():
    nested = f"{MODULES}/bar/node_modules/foo"
    files = {f"{place}/package.json": MINIMAL for place in (f"{MODULES}/foo", nested, f"{nested}/node_modules/@s/foo")}
    assert sorted(roots(files)) == [nested, f"{nested}/node_modules/@s/foo", f"{MODULES}/foo"]


@pytest.mark.parametrize(
    "root",
    [
        "usr/share/nodejs/foo",
        "usr/share/nodejs/@s/foo",
        "usr/share/nodejs/npm/node_modules/foo",
        "usr/lib/nodejs/foo",
        "usr/lib/x86_64-linux-gnu/nodejs/foo",
        "usr/lib/node_modules/foo",
        "opt/x/node_modules/.pnpm/foo@1/node_modules/foo",
    ],
)
def test_places_where_node_looks(root):
    package = one({f"{root}/package.json": MINIMAL})
    assert (package.root, package.owns_directories) == (root, (root,))


def test_what_lies_inside_a_package_is_part_of_it():
    inside = {
        f"{MODULES}/foo/dist/esm/package.json": {"type": "module"},
        f"{MODULES}/foo/test/data/package.json": {"name": "data", "version": "1"},
        f"{MODULES}/foo/test/broken/package.json": "{",
        f"{MODULES}/.cache/package.json": {"x": 1},
    }
    assert roots({f"{MODULES}/foo/package.json": MINIMAL, **inside}) == [f"{MODULES}/foo"]


def test_an_application_vouches_for_nothing_but_its_manifest():
    package = one({"package.json": {"name": "app", "version": "1"}})
    assert (package.root, package.files, package.owns_directories) == ("", ("package.json",), ())


def test_an_application_without_a_version_is_no_package():
    assert roots({"srv/app/package.json": {"name": "app"}, "usr/share/doc/node-x/package.json": MINIMAL}) == []


def test_applications_may_lie_in_each_other():
    """Workspaces, and a manifest in the root of the image that must not swallow the others."""
    files = {f"{place}package.json": {"name": "app", "version": "1"} for place in ("", "opt/app/", "opt/app/server/")}
    assert roots({**files, "node_modules/app": ("sym", "../opt/app")}) == ["opt/app", "opt/app/server", ""]


def test_an_alias_provides_the_name_it_is_installed_under():
    package = one({f"{MODULES}/old-foo/package.json": MINIMAL})
    assert (package.name, package.provides) == ("foo", ("old-foo",))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a JSON object"),
        ('{"name": "foo", "ver', "not a JSON object"),
        ('{"name": "foo", "version": "1"} x', "not a JSON object"),
        ('{"name": "foo", "version": NaN}', "not a JSON object"),
        ("[]", "not a JSON object"),
        (b'{"name": "\xff", "version": "1"}', "no name"),
        (r'{"name": "\ud800", "version": "1"}', "no name"),
        ('{"name": "foo", "version": "1", "x": ' + "[" * 10**6, "nested too deeply"),
        ('{"name": "foo"}', "no version"),
        ('{"name": "foo", "version": 1}', "no version"),
        ('{"version": "1"}', "no name"),
        ('{"name": "a b", "version": "1"}', "no name"),
    ],
    ids=range(12),
)
def test_an_installed_package_that_cannot_be_read_is_a_problem(text, reason):
    packages, (problem,) = catalog({f"{MODULES}/foo/package.json": text})
    assert packages == []
    assert reason in problem.reason
    assert problem.location.path == f"{MODULES}/foo/package.json"


@pytest.mark.parametrize("half", [rb"\ud800", rb"\udfff", b"\xff", rb"\\\ud9ff"])
def test_characters_that_are_none_are_replaced_as_node_does(half):
    document = b'{"name": "foo", "version": "1", "license": "MIT", "description": "a%sb\\ud83d\\ude00"}' % half
    found = one({f"{MODULES}/foo/package.json": document})
    assert (found.name, found.licenses[0].raw) == ("foo", "MIT")
    assert found.description.lstrip("\\a").startswith("\N{REPLACEMENT CHARACTER}b\N{GRINNING FACE}")


def test_a_byte_order_mark_is_passed_over():
    assert one({f"{MODULES}/foo/package.json": b"\xef\xbb\xbf" + json.dumps(MINIMAL).encode()}).name == "foo"


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=5,
)
members = st.sampled_from(
    ["name", "version", "license", "licenses", "author", "maintainers", "_resolved", "dist", "dependencies", "homepage"]
)


@settings(deadline=None)  # the first call imports packageurl
@given(st.binary() | st.dictionaries(members, anything).map(lambda value: json.dumps(value).encode()))
def test_arbitrary_manifests_raise_nothing(data):
    read_package_json(data)
    packages, problems = catalog({f"{MODULES}/foo/package.json": data})
    assert len(packages) + len(problems) == 1
    assert all(p.purl for p in packages)
