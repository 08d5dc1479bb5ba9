from __future__ import annotations

import pytest

from sbomctl import resources


@pytest.fixture
def package(tmp_path):
    (tmp_path / "sbomctl").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/b.yaml").write_text("checkout")
    (tmp_path / "policies/a.yaml").write_text("checkout")
    (tmp_path / "secret.yaml").write_text("outside")
    return tmp_path / "sbomctl"


def test_a_checkout_has_them_beside_the_package(package):
    assert resources.names("policies", package) == ("a.yaml", "b.yaml")
    assert resources.find("policies", "a.yaml", package) == package.parent / "policies/a.yaml"


def test_an_installation_has_them_inside_and_that_comes_first(package):
    (package / "_data/policies").mkdir(parents=True)
    (package / "_data/policies/c.yaml").write_text("installed")
    assert resources.names("policies", package) == ("c.yaml",)


@pytest.mark.parametrize("name", ["gone.yaml", "../secret.yaml", "/etc/passwd", "..", "", "."])
def test_only_files_of_the_folder_are_found(package, name):
    assert resources.find("policies", name, package) is None


def test_a_broken_installation_is_told(package):
    with pytest.raises(FileNotFoundError, match="report_templates/ is missing"):
        resources.folder("report_templates", package)
