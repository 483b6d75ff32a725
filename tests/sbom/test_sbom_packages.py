from __future__ import annotations

import pytest
from image_archives import file, link
from small_images import ALPINE, ELF, SITE, TEA, WEB, apk_record, described, distribution, image

from kube_acceptance.errors import ImageError
from kube_acceptance.sbom import Package, apk, inventory, node, packages, python, system


def test_alpine_packages_with_what_scanners_need() -> None:
    record = apk_record(
        "libcrypto3", "3.5.4-r0", {"usr/lib/libcrypto.so.3": b"c"}, o="openssl", D="so:libc.so /bin/sh !x"
    )
    database = record + apk_record("busybox", "1.37.0-r30", {"bin/sh": b""}, o="busybox", p="so:libc.so=1 cmd:sh=1")
    with image(
        [file("etc/os-release", "ID=alpine\nVERSION_ID=3.23.6\n"), file("lib/apk/db/installed", database)]
    ) as contents:
        crypto, busybox = apk.installed(contents)
    assert crypto.package == Package(
        "apk",
        "libcrypto3",
        "3.5.4-r0",
        "pkg:apk/alpine/libcrypto3@3.5.4-r0?arch=x86_64&distro=alpine-3.23.6&upstream=openssl",
        "lib/apk/db/installed",
    )
    assert busybox.package.purl == "pkg:apk/alpine/busybox@1.37.0-r30?arch=x86_64&distro=alpine-3.23.6"
    assert crypto.files == {"usr/lib/libcrypto.so.3": "sha1:84a516841ba77a5b4648de2cd0dfcb30ea46dbb4"}
    assert crypto.licence == "MIT"
    # what it needs by the names of files and libraries is told by packages' names
    assert crypto.needs == ("busybox",)


def test_the_database_of_images_whose_lib_is_below_usr() -> None:
    with image([link("lib", "usr/lib"), file("usr/lib/apk/db/installed", apk_record("musl", "1"))]) as contents:
        assert [each.package.name for each in apk.installed(contents)] == ["musl"]


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("P:musl\n\n", "a record has no name or no version"),
        ("P:musl\nV:1\nF:lib\nR:x\nZ:X1abc\n\n", "X1abc is not a checksum of Alpine's"),
    ],
)
def test_a_damaged_database_is_told(database: str, said: str) -> None:
    with (
        image([file("lib/apk/db/installed", database)]) as contents,
        pytest.raises(ImageError, match=f"^shop:1 has a damaged /lib/apk/db/installed: {said}$"),
    ):
        apk.installed(contents)


def test_python_distributions_wherever_they_are() -> None:
    vendored = distribution("inner", "2", {"inner.py": b""}, site=f"{SITE}/tea/_vendor")
    egg = [
        file("opt/old.egg-info/PKG-INFO", "Name: Old.Egg\nVersion: 3\nLicense: BSD\n"),
        file("opt/one.egg-info", "Name: one\nVersion: 4\n"),
    ]
    listed = [file("opt/old.egg-info/installed-files.txt", "../old.py\nPKG-INFO\n")]
    needy = distribution("needy", "5", {}, head='Requires-Dist: Tea.Pot>=1\nRequires-Dist: more; extra == "all"\n')
    with image([*TEA, *vendored, *egg, *listed, *needy]) as contents:
        found = {each.package.name: each for each in python.installed(contents)}
    assert {str(each.package) for each in found.values()} == {"old-egg 3", "one 4", "tea-pot 1.0", "needy 5", "inner 2"}
    assert found["tea-pot"].package.purl == "pkg:pypi/tea-pot@1.0"
    assert found["tea-pot"].licence == "MIT"
    assert found["tea-pot"].files[f"{SITE}/tea/__init__.py"] == (
        "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    )
    assert "usr/bin/tea" in found["tea-pot"].files
    assert found["old-egg"].files == {"opt/old.py": "", "opt/old.egg-info/PKG-INFO": ""}
    assert found["needy"].needs == ("tea-pot",)


def test_metadata_without_a_version_is_told() -> None:
    with (
        image([file(f"{SITE}/a-1.dist-info/METADATA", "Name: a\n")]) as contents,
        pytest.raises(ImageError, match=rf"^shop:1 has a damaged /{SITE}/a-1.dist-info/METADATA: it has no name"),
    ):
        python.installed(contents)


def test_node_packages_with_scopes_nested_ones_and_what_they_carry_along() -> None:
    nested = described("app/node_modules/next/node_modules/postcss", name="postcss", version="8")
    own = described("app", name="shop", version="1")
    with image([*WEB, *nested, *own]) as contents:
        found = {each.package.purl: each for each in node.installed(contents)}
    assert set(found) == {
        "pkg:npm/next@16.4.5",
        "pkg:npm/%40next/env@16.4.5",
        "pkg:npm/react-is@19.3.0",
        "pkg:npm/postcss@8",
    }
    following = found["pkg:npm/next@16.4.5"]
    assert following.package.name == "next"
    assert found["pkg:npm/%40next/env@16.4.5"].package.name == "@next/env"
    # without a version it is a part of what is around it, and named there
    assert following.bundled == ("semver",)
    assert "app/node_modules/next/dist/compiled/semver/index.js" in following.files
    assert not any("react-is" in path or "postcss" in path for path in following.files)
    assert following.needs == ("@next/env",)


def test_a_package_json_that_is_none_is_told() -> None:
    with (
        image([file("node_modules/a/package.json", "{")]) as contents,
        pytest.raises(ImageError, match=r"^shop:1 has a damaged /node_modules/a/package.json: "),
    ):
        node.installed(contents)


def test_everything_together_in_order() -> None:
    with image(ALPINE, [*TEA, *WEB]) as contents:
        found = packages(contents)
        assert system(contents).distro == "alpine-3.23.6"
    assert [f"{each.kind} {each}" for each in found] == [
        "apk busybox 1.37.0-r30",
        "apk musl 1.2.5-r23",
        "generic node 22.20.0",
        "npm @next/env 16.4.5",
        "npm next 16.4.5",
        "npm react-is 19.3.0",
        "pypi tea-pot 1.0",
    ]


def test_what_nothing_explains_is_found_and_nothing_at_all_is_told() -> None:
    with image(ALPINE, [file("opt/strange", ELF + b"?", 0o755)]) as contents:
        assert list(inventory(contents).unknown) == ["opt/strange"]
    with (
        image([file("etc/motd", "hello")]) as contents,
        pytest.raises(ImageError, match=r"^shop:1 holds no package and no program that is known$"),
    ):
        packages(contents)
