"""Platforms as people and tools write them."""

import pytest

from sbomctl.errors import ConfigError
from sbomctl.model import Platform
from sbomctl.sources.platforms import listed, may_satisfy, normalized, parse_platform, satisfies


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/aarch64", "linux/arm64/8"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/7"),
        ("linux/armel", "linux/arm/v6"),
        ("Linux/x86_64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("i386", "linux/386"),
        ("macos/arm64", "darwin/arm64"),
    ],
)
def test_spellings_of_one_platform(one, other):
    assert normalized(parse_platform(one)) == normalized(parse_platform(other))
    assert satisfies(parse_platform(one), parse_platform(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("linux/arm", "linux/arm64"),
        ("linux/arm/v6", "linux/arm/v7"),
        ("linux/arm64/v9", "linux/arm64"),
        ("linux/amd64/v3", "linux/amd64"),
        ("windows/amd64", "linux/amd64"),
    ],
)
def test_different_platforms(one, other):
    assert not satisfies(parse_platform(one), parse_platform(other))


def test_a_config_without_variant_may_be_any():
    assert may_satisfy(Platform("linux", "arm"), Platform("linux", "arm", "v6"))
    assert not may_satisfy(Platform("linux", "arm", "v7"), Platform("linux", "arm", "v6"))


@pytest.mark.parametrize("text", ["", "/", "linux/", "linux//v7", "a/b/c/d"])
def test_what_is_no_platform_is_a_usage_error(text):
    with pytest.raises(ConfigError, match="is no platform"):
        parse_platform(text)


def test_a_list_for_messages():
    assert listed([Platform("linux", "b"), Platform(), Platform("linux", "a"), Platform("linux", "b")]) == (
        "linux/a, linux/b, unknown"
    )
