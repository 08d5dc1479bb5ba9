"""Kubernetes objects, compared with what kubectl finds in them."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from pathlib import Path

import pytest
from conftest import FIXTURES, tool
from described import images, references, written

from sbomctl.descriptions.detect import description_of
from sbomctl.errors import ConfigError

OBJECTS = """\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: ns}
spec:
  nodeSelector: {kubernetes.io/arch: arm64}
  initContainers: [{name: i, image: "init:1"}]
  containers:
  - {name: a, image: "registry.example:5000/team/a@sha256:HEX"}
  - {name: b, image: "b:1"}
  ephemeralContainers: [{name: e, image: "debug:1", targetContainerName: a}]
---
# nothing but a comment
---
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: c}
  spec:
    schedule: "* * * * *"
    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "cron:1"}]}}}}
- apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: s}
  spec:
    serviceName: s
    selector: {matchLabels: {x: y}}
    template:
      metadata: {labels: {x: y}}
      spec:
        containers: [{name: s, image: "s:1", env: [{name: RELATED_IMAGE_BASE_TOOLS, value: "tools:1"}]}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: d}
spec:
  selector: {matchLabels: {x: y}}
  template: {metadata: {labels: {x: y}}, spec: {containers: [{name: d, image: "d:1"}]}}
""".replace("HEX", "b" * 64)


def kubectl(place: Path) -> set[str]:
    """Everything called image in a file or directory, as kubectl reads it without a cluster."""
    command = [tool("kubectl"), "annotate", "--local", "-R", "-f", str(place), "x=y", "-o", r"jsonpath={..image}{'\n'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_every_container_is_found_as_kubectl_finds_it(tmp_path):
    (file,) = written(tmp_path, {"o.yaml": OBJECTS})
    found = images(file)
    assert {one.reference for one in found} == kubectl(file) | {"tools:1"}
    assert [one.name for one in found] == ["i", "a", "b", "e", "c", "s", "base-tools", "d"]
    assert [one.platform for one in found[:5]] == ["linux/arm64"] * 4 + [""]
    assert (found[1].line, found[1].column) == (8, 22)
    assert found[4].notes == ("CronJob/c",)


def test_lists_in_lists(tmp_path):
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: c}]}}"
    text = "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: PodList, items: [%s]}]\n"  # no list for kubectl
    (file,) = written(tmp_path, {"o.yaml": text.replace("%s", pod)})
    assert references(file) == {"c": "c"}


def test_the_manifests_of_k3s(tmp_path):
    folder = FIXTURES / "descriptions/k3s"
    found = {one.name: one for one in images(folder)}
    assert found.keys() == {"local-path-provisioner", "helper-pod", "traefik", "traefik-chart"}
    assert "has the placeholder %{SYSTEM_DEFAULT_REGISTRY}% that nothing fills in" in found["helper-pod"].problem
    assert found["traefik"].reference == "rancher/mirrored-library-traefik:2.6.1"
    assert found["traefik-chart"].problem.startswith("the chart https://%{KUBERNETES_API}%/static/charts/traefik-10.9")
    text = (folder / "local-storage.yaml").read_text().replace("%{SYSTEM_DEFAULT_REGISTRY}%", "")
    (file,) = written(tmp_path, {"filled.yaml": text})
    assert kubectl(file) == {"rancher/local-path-provisioner:v0.0.29"}, "it does not look into texts"
    assert references(file) == {
        "local-path-provisioner": "rancher/local-path-provisioner:v0.0.29",
        "helper-pod": "rancher/mirrored-library-busybox:1.36.1",
    }


def test_what_operators_and_volumes_name(tmp_path):
    text = """\
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: p}
spec:
  image: quay.io/prometheus/prometheus:v2.50.0
  thanos: {image: {repository: quay.io/thanos/thanos, tag: v0.34.0, registry: mirror.example}}
  config: {image: {repository: only/name}}
---
apiVersion: v1
kind: Pod
metadata: {name: v}
spec:
  containers: [{name: c}]
  volumes: [{name: model, image: {reference: "models/m:1"}}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: x}
spec: {versions: [{schema: {openAPIV3Schema: {properties: {image: {type: string, default: "nginx:1"}}}}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: broken}
data: {t: "containers:\\n- image: a:1\\n x: [\\n"}
"""
    (file,) = written(tmp_path, {"o.yaml": text})
    found = references(file)
    assert found["p"] == "quay.io/prometheus/prometheus:v2.50.0"
    assert found["thanos"] == "mirror.example/quay.io/thanos/thanos:v0.34.0"
    assert found["config"].startswith("only/name has no tag")
    assert found["c"].startswith("the container c of Pod/v has no image")
    assert found["model-volume"] == "models/m:1"
    assert found["broken-t"].startswith("t speaks of images, but is no YAML")
    assert len(found) == 6


def test_objects_that_fetch_others_are_gaps(tmp_path):
    kinds = {
        "argoproj.io/v1alpha1": "Application",
        "kustomize.toolkit.fluxcd.io/v1": "Kustomization",
        "fleet.cattle.io/v1alpha1": "GitRepo",
        "operators.coreos.com/v1alpha1": "Subscription",
        "apps.example/v1": "Application",
    }
    text = "---\n".join(
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: n-{number}}}\nspec: {{chart: x}}\n"
        for number, (version, kind) in enumerate(kinds.items())
    )
    (file,) = written(tmp_path, {"o.yaml": text})
    found = images(file)
    assert [one.name for one in found] == ["n-0", "n-1", "n-2", "n-3"]
    assert found[1].problem.startswith("Kustomization/n-1 fetches objects that are not named here")
    assert (found[1].line, found[1].column) == (6, 1)


def test_images_of_operators_by_other_names_and_with_the_tag_beside(tmp_path):
    text = """\
apiVersion: k0s.k0sproject.io/v1beta1
kind: ClusterConfig
metadata: {name: k0s}
spec:
  images:
    coredns: {image: quay.io/k0sproject/coredns, version: 1.7.0}
    pause: {image: "registry.k8s.io/pause:3.8", version: "3.8"}
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: pg}
spec:
  imageName: "ghcr.io/cloudnative-pg/postgresql:16.1"
  sidecarImage: side/car
  backgroundImage: logo.png
"""
    (file,) = written(tmp_path, {"o.yaml": text})
    found = references(file)
    assert found["coredns"].startswith("quay.io/k0sproject/coredns has no tag, but version 1.7.0 stands beside it")
    assert found["pause"] == "registry.k8s.io/pause:3.8"
    assert found["pg-imageName"] == "ghcr.io/cloudnative-pg/postgresql:16.1"
    assert found["pg-sidecarImage"] == "side/car"
    assert len(found) == 4


def test_pods_in_texts_of_any_form(tmp_path):
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "j", "image": "json:1"}]}}
    flow = "{apiVersion: v1, kind: Pod, spec: {containers: [{name: f, image: flow:1}]}}"
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"p": json.dumps(pod), "q": flow}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"v": "image: secret:1"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d"}, "data": {"p": '{"image": "logo.png"}'}},
    ]
    (file,) = written(tmp_path, {"o.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})})
    assert references(file) == {"j": "json:1", "f": "flow:1", "s": "secret:1"}


def test_texts_too_deep_inside_of_others_are_told(tmp_path):
    text = "image: deep:1\n"
    for _ in range(8):
        held = textwrap.indent(text, "    ")
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  p: |\n{held}"
    (file,) = written(tmp_path, {"o.yaml": text})
    (told,) = images(file)
    assert not told.reference and "speaks of images" in told.problem


def test_a_text_that_aliases_repeat_is_read_once(tmp_path):
    text = "x: &t 'image: a:1'\nitems:\n" + "".join(
        f"- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{number}}}, data: {{k: *t, l: 'image: b:1'}}}}\n"
        for number in range(3)
    )
    (file,) = written(tmp_path, {"o.yaml": f"apiVersion: v1\nkind: List\n{text}"})
    assert [one.reference for one in images(file)] == ["a:1", "b:1", "b:1", "b:1"]


def test_what_is_not_rendered_is_refused_with_what_renders_it(tmp_path):
    for files, message in (
        ({"a/Chart.yaml": "name: x"}, "helm template renders it"),
        ({"b/kustomization.yaml": "resources: []"}, "kubectl kustomize renders it"),
        ({"c/values.yaml": "image: nginx"}, "it has no apiVersion and kind"),
        ({"d/t.yaml": "apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}\n  x: 1\n"}, ""),
    ):
        folder = written(tmp_path, files)[0].parent
        with pytest.raises(ConfigError) as caught:
            images(folder, key="kubernetes")
        assert message in " ".join(map(str, [caught.value.hint, *caught.value.faults]))
    assert "helm template" in caught.value.hint


def test_directories_are_read_in_order_as_kubectl_reads_them(tmp_path):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{containers: [{{name: c, image: '{}'}}]}}\n"
    files = {"m/b.yaml": "b", "m/a.yml": "a", "m/sub/c.yaml": "c", "o/out.yaml": "outside", "o/more.yaml": "d"}
    written(tmp_path, {name: pod.format(image) for name, image in files.items()} | {"m/README.md": "no object"})
    (tmp_path / "m/link.yaml").symlink_to(tmp_path / "o/out.yaml")
    (tmp_path / "m/more").symlink_to(tmp_path / "o")
    (tmp_path / "m/loop").symlink_to(tmp_path / "m")
    assert [one.reference for one in images(tmp_path / "m")] == ["a", "b", "outside", "c"]
    assert description_of(tmp_path / "m")[1] == [tmp_path / "m"]
    assert kubectl(tmp_path / "m") == {"a", "b", "outside", "c"}


def test_what_in_a_directory_cannot_be_read_is_told_and_not_waited_for(tmp_path):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: c}]}\n"
    written(tmp_path, {"a/p.yaml": pod, "b/p.yaml": pod, "c/p.yaml": pod})
    os.mkfifo(tmp_path / "a/q.yaml")
    (tmp_path / "b/q.yaml").symlink_to("nowhere")
    for name, message in (("a", "it is no file"), ("b", "it is a link that leads nowhere")):
        with pytest.raises(ConfigError) as caught:
            images(tmp_path / name)
        assert [one.message for one in caught.value.faults] == [message]
    depth = 0
    here = os.open(tmp_path / "c", os.O_RDONLY)
    while depth < 4200:  # deeper than a path may be long
        os.mkdir("d" * 100, dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here, depth = below, depth + 101
    os.close(here)
    with pytest.raises(ConfigError, match="File name too long"):
        images(tmp_path / "c")


def test_values_in_json_and_keys_that_hold_an_image_in_parts(tmp_path):
    text = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: chart}
spec: {valuesContent: '{"image":{"repository":"r/x","tag":"1"}}'}
---
apiVersion: example.com/v1
kind: Operator
metadata: {name: op}
spec: {initImage: {repository: i/x, tag: "2"}, pullImage: {enabled: true}}
"""
    (file,) = written(tmp_path, {"o.yaml": text})
    assert references(file) == {"chart": "r/x:1", "initImage": "i/x:2"}
