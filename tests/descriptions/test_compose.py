"""Compose files, compared with docker-compose where it knows as much."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ends, shared, tool
from described import images, references, written

from sbomctl.descriptions.detect import description_of
from sbomctl.errors import ConfigError

REAL = {
    "balena-sound/docker-compose.yml": (8, 0),  # all are built there
    "torizon-samples/opencv/docker-compose.yaml": (2, 0),  # both need variables that the device sets
    "torizon-samples/gps/dotnet/blazor/appconfig_0/docker-compose.arm32v7.yml": (2, 2),
    "torizon-samples/multi-display/dual-drm-interface/docker-compose.arm64.yml": (4, 4),
    "torizon-samples/multi-display/single-drm-interface/docker-compose.arm64.yml": (3, 3),
    "torizon-samples/multi-display/single-drm-interface/docker-compose.armhf.yml": (3, 3),
    "torizon-samples/uno-platform/DockerClone/docker-compose-arm32v7.yml": (2, 2),
    "torizon-samples/uno-platform/DockerClone/docker-compose-arm64v8.yml": (2, 2),
    "torizon-samples/crank/docker-compose.arm64.yml": (2, 2),
    "torizon-samples/crank/docker-compose.armhf.yml": (2, 2),
}
VARIABLES = {"CT_TAG_WESTON_VIVANTE": "2", "CT_TAG_WAYLAND_BASE_VIVANTE": "3.1"}


def docker_compose(*arguments: str, cwd: Path, stdin: str = "", **environment: str) -> dict[str, str]:
    """Service to image, as docker-compose sees it; "" for one that is only built."""
    plain = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
    command = [tool("docker-compose"), *arguments, "config"]
    done = subprocess.run(
        command, cwd=cwd, env=plain | environment, input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name: service.get("image", "") for name, service in yaml.safe_load(done.stdout)["services"].items()}


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_read_as_docker_compose_reads_them(name):
    file = shared("real/product") / name
    described = images(file, variables=VARIABLES)
    services, named = REAL[name]
    assert len(images(file)) == services
    assert sum(1 for one in images(file) if one.reference) == named
    text = file.read_text().replace("restart: no", 'restart: "no"')  # docker-compose 1 takes that for a boolean
    theirs = docker_compose("-f", "-", cwd=file.parent, stdin=text, **VARIABLES)
    assert {one.name: one.reference for one in described} == theirs


def test_a_real_file_that_is_no_yaml_is_told_with_its_line():
    file = shared("real/product/torizon-samples/gps/dotnet/blazor/appconfig_0/docker-compose.arm64v8.yml")
    with pytest.raises(ConfigError) as caught:
        images(file, key="compose")
    assert (caught.value.faults[0].line, caught.value.faults[0].column) == (68, 7)


SYNTAX = """\
version: "2.4"
x-base: &base
  image: "registry.example:5000/team/base:${TAG:-1.0}"
  restart: always
x-other: &other {image: never/seen, cpu_shares: 5}
services:
  merged: {<<: *base, cpu_shares: 3}
  merged-two: {<<: [*base, *other]}
  own: {<<: *base, image: "own:2"}
  digest: {image: "busybox@sha256:HEX"}
  both: {image: "busybox:1@sha256:HEX"}
  default-empty: {image: "q:${EMPTY:-9}"}
  default-set: {image: "q${EMPTY-9}"}
  given: {image: "q:${GIVEN}-$GIVEN"}
  given-error: {image: "q:${GIVEN:?must be set}"}
  plain-dollar: {image: "q:1", environment: {X: "$$Y ${NOBODY} ${GIVEN}"}}
  built: {build: .}
  built-named: {build: {context: .}, image: "own/built:1"}
""".replace("HEX", "a" * 64)


def test_variables_anchors_and_digests(tmp_path):
    (file, _) = written(tmp_path, {"docker-compose.yml": SYNTAX, ".env": "GIVEN=7\nEMPTY=\n"})
    ours = {one.name: one.reference for one in images(file)}
    assert ours == docker_compose(cwd=tmp_path)
    assert ours["merged-two"] == "registry.example:5000/team/base:1.0"
    assert ours["default-set"] == "q"
    newer = "services: {a: {image: 'q:${GIVEN:+x}${NO:+y}${EMPTY+z}'}, b: {image: 'q:${NO:-${NO:-${GIVEN}}}'}}"
    (file,) = written(tmp_path, {"newer.yml": newer})  # docker-compose 1 knows neither
    assert references(file) == {"a": "q:xz", "b": "q:7"}


ENV = """\
# a comment

export A=1
B = two words
C="a \\"quoted\\" # no comment"
D='${A} as it is'
E=tag # a comment
F=x#y
G=
H=${A}-${B}
"""


def test_env_files_are_read_as_docker_compose_reads_them(tmp_path):
    services = "".join(f"  {name.lower()}: {{image: 'q', hostname: '<${{{name}}}>'}}\n" for name in "ABCDEFGH")
    text = 'version: "2.4"\nservices:\n' + services.replace("image: 'q', hostname:", "image:")
    written(tmp_path, {"docker-compose.yml": text, ".env": ENV})
    ours = {
        one.name: one.problem.partition("'")[2].partition("' ")[0] for one in images(tmp_path / "docker-compose.yml")
    }
    assert ours.pop("d") == "<${A} as it is>", "as documented; docker-compose 1 fills it in"
    theirs = docker_compose(cwd=tmp_path)
    assert ours == {name: value for name, value in theirs.items() if name != "d"}


def test_profiles_and_volumes_that_are_reset_or_replaced(tmp_path):
    volume = "volumes: [{type: image, source: 'v:1', target: /v}]"
    files = {
        "a.yml": f"services:\n  a: {{image: 'a:1', profiles: [x], {volume}}}\n  b: {{image: 'b:1', profiles: [x]}}\n"
        "  c: {extends: {service: b}, profiles: !reset []}\n",
        "b.yml": "services:\n  a: {profiles: !reset [], volumes: !reset []}\n  b: {profiles: !override [y]}\n",
    }
    paths = written(tmp_path, files)
    assert references(*paths) == {"a": "a:1", "b": "b:1", "c": "b:1"}
    assert references(*paths, profiles=[]) == {"a": "a:1", "c": "b:1"}
    assert references(*paths, profiles=["y"]) == {"a": "a:1", "b": "b:1", "c": "b:1"}


def test_a_profile_that_no_service_is_in_is_refused_rather_than_to_leave_services_out(tmp_path):
    text = (
        "services:\n  a: {image: 'a:1'}\n  b: {image: 'b:1', profiles: [field]}\n  c: {image: c, profiles: ['${P}']}\n"
    )
    (file,) = written(tmp_path, {"c.yml": text})
    with pytest.raises(ConfigError, match="no service is in the profile 'feild'") as caught:
        images(file, profiles=["field", "feild"])
    assert "field" in caught.value.hint
    assert [*references(file, profiles=["*"])] == ["a", "b", "c"]
    assert [*references(file, profiles=[])] == ["a", "c"], "nobody knows of which profile c is"
    assert [*references(file, profiles=["lab"], variables={"P": "lab"})] == ["a", "c"]


def test_a_variable_of_an_env_file_that_needs_one_that_is_not_set_is_told_where_an_image_needs_it(tmp_path):
    env = "PASSWORD=a$word\nSUFFIX=${NOBODY}\nBOTH=x-$SUFFIX\n"
    text = "services: {a: {image: 'a${SUFFIX}'}, b: {image: '${BOTH:-b}'}, c: {image: 'c${SUFFIX:+x}'}, d: {image: d}}"
    (file, _) = written(tmp_path, {"c.yml": text, ".env": env})
    found = {one.name: one.reference or one.problem for one in images(file)}
    for name in "ab":
        assert found[name].startswith("the variable NOBODY is not set; set NOBODY in .env or in the environment")
    assert (found["c"], found["d"]) == ("c", "d")
    assert set(references(file, variables={"NOBODY": "1"}).values()) == {"a1", "x-1", "cx", "d"}


def test_a_brace_that_is_not_closed_is_told_whatever_is_set(tmp_path):
    (file,) = written(tmp_path, {"c.yml": "services: {a: {image: 'a:${T'}, b: {image: 'b:${T:-${U}'}}"})
    found = references(file, variables={"T": "1"})
    assert all("is not closed" in problem for problem in found.values())


def test_where_a_variable_comes_from(tmp_path):
    files = {
        "docker-compose.yml": "services: {a: {image: 'q:$T'}}\nversion: '2.4'",
        ".env": "T=dotenv",
        "other.env": "T=other",
    }
    (file, *_) = written(tmp_path, files)
    assert references(file) == {"a": "q:dotenv"} == docker_compose(cwd=tmp_path)
    other = docker_compose("--env-file", "other.env", cwd=tmp_path)
    assert references(file, env_files=[tmp_path / "other.env"]) == {"a": "q:other"} == other
    assert references(file, environment={"T": "shell"}) == {"a": "q:shell"} == docker_compose(cwd=tmp_path, T="shell")
    assert references(file, environment={"T": "shell"}, variables={"T": "file"}) == {"a": "q:file"}


def test_what_cannot_be_told_is_told_with_place_and_remedy(tmp_path):
    text = """\
services:
  unset:
    image: acme/app:${TAG}-${TAG}-$OTHER
  demanded:
    image: acme/app:${TAG:?give a release}
  wrong:
    image: Acme/App:1
  placeholder:
    image: <registry>/app:1
  braces:
    image: "app:${TAG:-1"
  odd:
    image: app:${1}
  built:
    build: .
  nothing:
    command: sh
  platform:
    image: app:1
    platform: linux/${ARCH}
"""
    (file,) = written(tmp_path, {"c.yml": text})
    found = {one.name: ((one.line, one.column), one.problem) for one in images(file)}
    assert not any(one.reference for one in images(file) if one.name != "platform")
    remedy = "set TAG, OTHER in .env or in the environment, or say under targets where its image is"
    reason = "the variable TAG is not set; the variable OTHER is not set"
    assert found["unset"] == ((3, 12), f"{reason}; {remedy}")
    assert found["demanded"][1].startswith("the variable TAG is not set: give a release; set TAG in")
    assert found["wrong"][1].startswith("its image 'Acme/App:1' is no image reference")
    assert found["placeholder"][1].startswith("its image '<registry>/app:1' has the placeholder <registry>")
    assert "is not closed" in found["braces"][1]
    assert "$$ stands for the sign itself" in found["odd"][1]
    reason = "it is built here and has no image: name; build it, and say under targets where its image is"
    assert found["built"] == ((15, 5), reason)
    assert found["nothing"][1].startswith("it has no image")
    assert found["platform"][1].startswith("its platform is not known: the variable ARCH is not set; set ARCH")


# Several files


def test_files_are_merged_as_docker_compose_merges_them(tmp_path):
    base = 'version: "2.4"\nservices:\n  a: {image: "a:1"}\n  b: {build: .}\n  c: {image: "c:1", build: .}\n'
    over = 'version: "2.4"\nservices:\n  b: {image: "b:2"}\n  a: {image: "a:$T"}\n  d: {image: "d:1"}\n'
    files = written(tmp_path, {"docker-compose.yml": base, "sub/over.yml": over, ".env": "T=3", "sub/.env": "T=wrong"})
    expected = {"a": "a:3", "b": "b:2", "c": "c:1", "d": "d:1"}
    assert references(*files[:2]) == expected
    assert docker_compose("-f", "docker-compose.yml", "-f", "sub/over.yml", cwd=tmp_path) == expected


def test_extends_is_followed_as_docker_compose_follows_it(tmp_path):
    main = """\
version: "2.4"
services:
  a: {extends: {service: base}, cpu_shares: 1}
  base: {image: "base:1"}
  c: {extends: {file: other/more.yml, service: two}}
  d: {extends: {file: other/more.yml, service: two}, image: "own:1"}
"""
    more = 'version: "2.4"\nservices:\n  one: {image: "one:$T"}\n  two: {extends: {service: one}}\n'
    written(tmp_path, {"docker-compose.yml": main, "other/more.yml": more, ".env": "T=5"})
    ours = references(tmp_path / "docker-compose.yml")
    assert ours == docker_compose(cwd=tmp_path) == {"a": "base:1", "base": "base:1", "c": "one:5", "d": "own:1"}


def test_include_has_its_own_folder_and_variables(tmp_path):
    main = (
        "include: [sub/c.yml, {path: [sub/c2.yml, sub/c3.yml], env_file: x.env}]\nservices: {top: {image: 'top:$T'}}\n"
    )
    (file, *_) = written(
        tmp_path,
        {
            "compose.yaml": main,
            ".env": "T=1",
            "x.env": "U=4",
            "sub/.env": "S=2",
            "sub/c.yml": "services: {low: {image: 'low:$T-$S'}, ext: {extends: {file: e.yml, service: e}}}",
            "sub/c2.yml": "services: {two: {image: 'two:$U'}}",
            "sub/c3.yml": "services: {two: {platform: linux/arm64}}",
            "sub/e.yml": "services: {e: {image: e}}",
        },
    )
    assert references(file) == {"low": "low:1-2", "ext": "e", "two": "two:4", "top": "top:1"}
    assert [one.platform for one in images(file)] == ["", "", "linux/arm64", ""]


def test_what_is_elsewhere_is_a_gap(tmp_path):
    text = """\
include: [oci://registry.example/app:1]
services:
  a: {extends: {file: "https://example.com/c.yml", service: x}}
  b: {extends: {file: "https://example.com/c.yml", service: x}, image: "b:1"}
"""
    (file,) = written(tmp_path, {"compose.yaml": text})
    found = {one.name: one.reference or one.problem for one in images(file)}
    assert found.keys() == {"a", "b", "include"}
    assert found["b"] == "b:1"
    assert "oci://registry.example/app:1 is included, which is not fetched" in found["include"]
    assert "https://example.com/c.yml, which is not fetched" in found["a"]
    (file,) = written(tmp_path, {"compose.yaml": text + "  include: {image: include}\n"})
    assert [one.reference for one in images(file, profiles=["there"]) if one.name == "include"] == ["include", ""]


def test_an_include_that_is_no_list_is_refused(tmp_path):
    (file, _) = written(tmp_path, {"c.yml": "services: {a: {image: a}}\ninclude: b.yml\n", "b.yml": "services: {}\n"})
    with pytest.raises(ConfigError) as caught:
        images(file)
    assert str(caught.value.faults[0]).endswith("c.yml:2:10: include must be a list")


def test_profiles_all_ship_unless_some_are_asked_for(tmp_path):
    text = """\
version: "3.9"
services:
  a: {image: a}
  b: {image: b, profiles: [debug, lab]}
  c: {image: c, profiles: [field]}
"""
    (file,) = written(tmp_path, {"docker-compose.yml": text})
    assert [(one.name, one.notes) for one in images(file)] == [
        ("a", ()),
        ("b", ("profile debug", "profile lab")),
        ("c", ("profile field",)),
    ]
    assert references(file, profiles=["lab"]) == {"a": "a", "b": "b"}
    assert references(file, profiles=[]) == {"a": "a"}
    assert references(file) == docker_compose(cwd=tmp_path), "its config shows the services of all profiles"


def test_tags_of_the_specification_and_image_volumes(tmp_path):
    files = written(
        tmp_path,
        {
            "a.yml": "services:\n  a: {image: 'a:1', build: .}\n  b: {image: 'b:1'}\n"
            "  c: {image: 'c:1', platform: linux/arm64}\n",
            "b.yml": "services:\n  a: {image: !reset null}\n  b: !reset null\n  c: !override {image: 'c:2'}\n"
            "  v: {image: v, volumes: ['x:/y', {type: image, source: 'models/x:1', target: /m}]}\n",
        },
    )  # fmt: skip
    found = references(*files)
    assert found.keys() == {"a", "c", "v", "v-volume-1"}
    assert found["a"].startswith("it is built here")
    assert (found["c"], found["v-volume-1"]) == ("c:2", "models/x:1")
    assert all(not one.platform for one in images(*files))


def test_the_files_of_a_directory(tmp_path):
    text = "version: '2.4'\nservices: {a: {image: 'a:%d'}}"
    written(tmp_path, {"docker-compose.yml": text % 1, "docker-compose.override.yml": text % 2})

    kind, files = description_of(tmp_path)
    assert (kind.key, [file.name for file in files]) == (
        "compose",
        ["docker-compose.yml", "docker-compose.override.yml"],
    )
    assert references(*files) == {"a": "a:2"} == docker_compose(cwd=tmp_path)


def test_a_service_that_a_provider_makes_is_told(tmp_path):
    """Docker documentation, "Use provider services": no container, but a program outside of compose makes it."""
    text = """\
services:
  app: {image: app, depends_on: [database, llm]}
  database: {provider: {type: awesomecloud, options: {type: mysql}}}
  llm: {provider: {type: model, options: {model: "ai/smollm2:${TAG}"}}}
  odd: {provider: {}, image: never/run}
"""
    (file,) = written(tmp_path, {"compose.yaml": text})
    found = {one.name: (one.line, one.reference, one.problem) for one in images(file, variables={"TAG": "1"})}
    told = "nothing here tells what that is; say under targets where its image is"
    assert found == {
        "app": (2, "app", ""),
        "database": (3, "", f"it is no container: the program awesomecloud provides it, and {told}"),
        "llm": (4, "", f"it is no container: the program model provides the model ai/smollm2:1, and {told}"),
        "odd": (5, "", f"it is no container: the program that it does not name provides it, and {told}"),
    }


MODELS = """\
services:
  app: {image: app, models: [small]}
  lab: {image: lab, profiles: [lab], models: {large: {endpoint_var: URL}, gone: {}}}
models:
  small: {model: "ai/small:${TAG:-1}", context_size: 1024}
  large: {model: ai/large}
  unused: {model: ai/unused}
"""


def test_models_are_no_images_and_are_told(tmp_path):
    """Compose specification, 15-models.md: artifacts that a model runner serves."""
    over = "models: {small: {context_size: 2}, large: {model: ai/larger}}\n"
    files = written(tmp_path, {"compose.yaml": MODELS, "over.yaml": over})
    found = {one.name: (one.file, one.line, one.written) for one in images(*files) if one.problem}
    one, other = map(str, files)
    assert found == {
        "small": (one, 5, "ai/small:1"),
        "large": (other, 1, "ai/larger"),
        "unused": (one, 7, "ai/unused"),
        "gone": (one, 3, "lab"),
    }
    problems = {one.name: one.problem for one in images(files[0], profiles=[])}
    assert problems.keys() == {"app", "small", "unused"}
    assert problems["small"].startswith("the model ai/small:1 is no image, and what is in it, its license too")


def test_the_files_that_the_environment_file_names_are_taken(tmp_path):
    files = {f"{name}.yml": f"services: {{{name}: {{image: {name}}}}}" for name in ("a", "b", "c", "compose")}
    (a, b, *_) = written(tmp_path, files | {".env": "COMPOSE_FILE=a.yml:${SECOND}\nSECOND=b.yml\n"})
    with pytest.raises(ConfigError, match="COMPOSE_FILE is not known: the variable SECOND is not set"):
        description_of(tmp_path)
    written(tmp_path, {".env": "SECOND=b.yml\nCOMPOSE_FILE=a.yml:${SECOND}\n"})
    assert description_of(tmp_path)[1] == [a, b]
    assert references(tmp_path) == {"a": "a", "b": "b"} == docker_compose(cwd=tmp_path)
    assert references(tmp_path, variables={"COMPOSE_FILE": "c.yml"}) == {"c": "c"}
    (alone,) = [one for one in images(a) if one.problem]
    assert (alone.name, alone.file) == ("COMPOSE_FILE", str(tmp_path / ".env"))
    assert alone.problem == f"COMPOSE_FILE has compose take {b} too; name every file, or the directory of them"
    assert references(a, b) == {"a": "a", "b": "b"}
    assert references(a, variables={"COMPOSE_FILE": "a.yml"}) == {"a": "a"}, "somebody says that it is meant"
    written(tmp_path, {".env": "COMPOSE_FILE=a.yml;gone.yml\nCOMPOSE_PATH_SEPARATOR=;\n"})
    with pytest.raises(ConfigError, match=r"COMPOSE_FILE names .*gone.yml, which is not there"):
        description_of(tmp_path)


# Hostile and faulty ones


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"c.yml": "services: {a: {extends: b}, b: {extends: a}}"}, "extends itself"),
        ({"c.yml": "services: {a: {extends: b}}"}, "there is no service 'b'"),
        ({"c.yml": "services: {a: {extends: {file: gone.yml, service: b}}}"}, "no such file: "),
        ({"c.yml": "include: [c.yml]\nservices: {}"}, "includes itself"),
        ({"c.yml": "include: [d.yml]\nservices: {a: {image: a}}", "d.yml": "include: [c.yml]"}, "includes itself"),
        ({"c.yml": "include: ['${X}/d.yml']\nservices: {}"}, "the variable X is not set"),
        ({"c.yml": "include: [d.yml, e.yml]\nservices: {}", "d.yml": "services: {a: {}}", "e.yml": "services: {a: {}}"},
         "the service 'a' is also in"),
        ({"c.yml": "services: {a: {image: a}, a: {image: b}}"}, "key 'a' is already given in line 1"),
        ({"c.yml": "services: {a: {image: a}}", ".env": "A=1\n!!\n"}, "no NAME=VALUE"),
        ({"c.yml": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 30))},
         "values once aliases are expanded"),
        ({"c.yml": "services: " + "{a: " * 200 + "1" + "}" * 200}, "nested deeper than"),
        ({"c.yml": "services: &a {b: *a}"}, "alias *a stands inside itself"),
        ({"c.yml": "services: {a: {image: '\ud800'}}"}, "UTF-8"),
    ],
)  # fmt: skip
def test_faulty_files_are_told(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError) as caught:
        images(tmp_path / "c.yml", key="compose")
    assert message in " ".join(map(str, [caught.value.message, *caught.value.faults]))
    assert all(fault.file and fault.line for fault in caught.value.faults)


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {image: '" + "${A:-" * 2000 + "}" * 2000 + "'}}",
        "services: {a: {image: '" + "$" * 100_000 + "'}}",
        "services: {a: {image: '" + "a-" * 100_000 + "'}}",
        "x: &m0 {k: 1}\n"
        + "".join(f"x{n}: &m{n} {{<<: *m{n - 1}, k{n}: 1}}\n" for n in range(1, 90))
        + "services: {a: {<<: *m89}}",
        "services:\n" + "".join(f"  s{n}: {{image: 'a:{n}', extends: s{n - 1}}}\n" for n in range(1, 15)) + "  s0: {}",
    ],
)  # fmt: skip
def test_hostile_files_end_soon(tmp_path, text):
    (file,) = written(tmp_path, {"c.yml": text})
    with ends():
        try:
            assert images(file, key="compose")
        except ConfigError as error:
            assert error.faults


def test_a_reset_in_the_only_file_leaves_nothing(tmp_path):
    (file,) = written(tmp_path, {"a.yml": "services:\n  a: {image: !reset null, build: .}\n"})
    assert references(file)["a"].startswith("it is built here and has no image")


def test_files_that_include_each_other_in_many_ways_end_soon(tmp_path):
    files = {f"f{number}.yml": f"include: [{f'f{number + 1}.yml, ' * 9}]\n" for number in range(15)}
    first, *_ = written(tmp_path, {**files, "f15.yml": "services: {}\n"})
    with pytest.raises(ConfigError) as caught:
        images(first, key="compose")
    assert "more than 1000 are included" in caught.value.faults[0].message
