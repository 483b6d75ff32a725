from __future__ import annotations

import tarfile
from collections.abc import Sequence
from typing import Any

import pytest
from image_archives import ALPINE_BASE, ALPINE_LAYER, Layer, file, folder, link, old_layout

from kube_acceptance.images import ImageContents, hygiene_findings


def verdicts(
    layers: Sequence[Layer], *, base: Sequence[str] = ALPINE_BASE, **settings: Any
) -> dict[str, tuple[bool, str]]:
    with ImageContents("x:1", old_layout(layers, **settings)) as contents:
        return {finding.rule: (finding.ok, finding.said) for finding in hygiene_findings(contents, base=base)}


def test_a_clean_image() -> None:
    whats = {
        "no-setuid": "setuid or setgid file",
        "no-world-writable": "path that everybody may write to",
        "no-build-tools": "compiler, linker or make",
        "no-headers": "C header",
        "no-package-managers": "package manager (apk aside)",
        "no-test-suites": "part of a test suite",
        "no-source-maps": "source map",
        "no-caches": "cached download",
        "no-repository": "part of a Git repository",
    }
    kept = {rule: (True, f"none of its 10 paths and of 0 hidden ones is a {what}") for rule, what in whats.items()}
    found = verdicts([ALPINE_LAYER, [file("app/main.py"), file("sbin/apk")]], User="10001:10001")
    assert found == {"non-root-user": (True, "its user is 10001:10001"), **kept}


def test_an_empty_image_proves_nothing() -> None:
    found = verdicts([], User="1")
    assert found.pop("non-root-user") == (True, "its user is 1")
    assert {said for _, said in found.values()} == {"x:1 has no files to look at"}
    assert not any(ok for ok, _ in found.values())


def test_a_base_alone_has_no_layer_of_its_own() -> None:
    assert verdicts([ALPINE_LAYER])["no-caches"] == (False, "x:1 has no layer above its base to look at")


@pytest.mark.parametrize(
    ("user", "ok", "said"),
    [
        ("", False, "it names no user, so it runs as root"),
        ("0", False, "its user is 0"),
        ("0:10001", False, "its user is 0:10001"),
        ("node", False, "its user is the name node, which Kubernetes cannot tell from root; a number can be checked"),
        ("10001:0", True, "its user is 10001:0"),
    ],
)
def test_users(user: str, ok: bool, said: str) -> None:
    assert verdicts([ALPINE_LAYER], User=user)["non-root-user"] == (ok, said)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("no-build-tools", "usr/bin/gcc"),
        ("no-build-tools", "usr/bin/x86_64-alpine-linux-musl-gcc"),
        ("no-build-tools", "usr/local/bin/make"),
        ("no-build-tools", "usr/bin/ld.bfd"),
        ("no-headers", "usr/include/stdio.h"),
        ("no-headers", "usr/local/include/python3.13/Python.h"),
        ("no-package-managers", "usr/local/bin/pip3.13"),
        ("no-package-managers", "usr/local/lib/python3.13/site-packages/pip/__init__.py"),
        ("no-package-managers", "usr/local/lib/python3.13/ensurepip/_bundled/pip-24.3.1-py3-none-any.whl"),
        ("no-package-managers", "usr/local/lib/node_modules/npm/package.json"),
        ("no-package-managers", "usr/local/bin/corepack"),
        ("no-package-managers", "opt/yarn-v1.22.22/package.json"),
    ],
)
def test_what_only_building_needs(rule: str, path: str) -> None:
    ok, said = verdicts([ALPINE_LAYER, [file(path)]])[rule]
    assert not ok
    assert said.startswith("1 of its paths are unwanted (")
    assert said.endswith(f"): /{path}")
    # whoever has the image has that too
    parent, _, name = path.rpartition("/")
    ok, said = verdicts([ALPINE_LAYER, [file(path)], [file(f"{parent}/.wh.{name}")]])[rule]
    assert not ok
    assert said.endswith(f"): /{path} (in layer 2, hidden by a later one)")


@pytest.mark.parametrize(
    "path",
    [
        *("app/make", "usr/bin/class", "usr/bin/catalog", "app/a.html", "usr/bin/pipeline", "usr/bin/test"),
        *("app/testimony.py", "app/contest_.py", "app/latest/x", "app/spec.js", "app/worldmap.js", "app/a.map"),
    ],
)
def test_names_that_only_look_alike(path: str) -> None:
    found = verdicts([ALPINE_LAYER, [file(path)]])
    rules = ("no-build-tools", "no-headers", "no-package-managers", "no-test-suites", "no-source-maps")
    assert all(found[rule][0] for rule in rules)


def test_many_files_are_counted_and_some_are_named() -> None:
    layer = [file(f"usr/include/{name}.h") for name in "abcdefg"]
    said = "7 of its paths are unwanted (C header): " + ", ".join(f"/usr/include/{name}.h" for name in "abcde")
    assert verdicts([ALPINE_LAYER, layer])["no-headers"] == (False, said + " and 2 more")


@pytest.mark.parametrize(
    ("rule", "path", "what"),
    [
        ("no-caches", "root/.cache/pip/http", "cached download"),
        ("no-caches", "var/cache/apk/APKINDEX.tar.gz", "cached download"),
        ("no-caches", "home/node/.npm/_logs/1", "cached download"),
        ("no-caches", "tmp/_cacache/index", "cached download"),
        ("no-caches", "app/.next/cache/webpack/1", "cached download"),
        ("no-repository", "app/.git/HEAD", "part of a Git repository"),
        ("no-headers", "app/src/native.hpp", "C header"),
        ("no-test-suites", "usr/lib/python3.13/site-packages/shop/tests/data.json", "part of a test suite"),
        ("no-test-suites", "app/shop/testing/__pycache__/test_cart.cpython-313.pyc", "part of a test suite"),
        ("no-test-suites", "app/conftest.py", "part of a test suite"),
        ("no-test-suites", "app/node_modules/left/__tests__/pad.js", "part of a test suite"),
        ("no-test-suites", "app/src/cart.test.tsx", "part of a test suite"),
        ("no-test-suites", "app/src/cart.spec.mjs", "part of a test suite"),
        ("no-source-maps", "app/.next/server/page.js.map", "source map"),
        ("no-source-maps", "app/static/page.css.map", "source map"),
    ],
)
def test_layers_keep_what_later_ones_delete(rule: str, path: str, what: str) -> None:
    top = path.partition("/")[0]
    found = verdicts([ALPINE_LAYER, [file(path)], [file(f".wh.{top}")]])
    said = f"1 of its paths are unwanted ({what}): /{path} (in layer 2, hidden by a later one)"
    assert found[rule] == (False, said)


def test_empty_cache_folders_and_their_deletion_are_no_cache() -> None:
    layer: Layer = [folder("var/cache/apk"), file("root/.cache/.wh.pip"), file("app/.gitignore")]
    found = verdicts([ALPINE_LAYER, layer])
    assert found["no-caches"][0]
    assert found["no-repository"][0]


def test_what_the_bases_layers_hide_is_the_bases() -> None:
    layers: list[Layer] = [[file("var/cache/apk/x")], [file("var/cache/apk/.wh.x")], [file("a")]]
    assert not verdicts(layers, base=["sha256:other"])["no-caches"][0]
    with ImageContents("x:1", old_layout(layers)) as contents:
        base = [layer.diff_id for layer in contents.layers[:2]]
        found = {finding.rule: finding.ok for finding in hygiene_findings(contents, base=base)}
    assert found["no-caches"]


def test_what_a_container_sees_of_the_base_counts() -> None:
    with ImageContents("x:1", old_layout([[file("bin/su", mode=0o4755)], [file("a")]])) as contents:
        found = {each.rule: each.said for each in hygiene_findings(contents, base=[contents.layers[0].diff_id])}
    assert found["no-setuid"] == "1 of its paths are unwanted (setuid or setgid file): /bin/su"


def test_everybody_may_write_to_sticky_folders_links_and_devices_alone() -> None:
    sticky, shared = folder("tmp"), folder("srv")
    sticky.mode, shared.mode = 0o1777, 0o777
    pointing, null = link("a", "b"), folder("dev/null")
    pointing.mode = 0o777
    null.type, null.mode = tarfile.CHRTYPE, 0o666
    layer: Layer = [sticky, shared, pointing, null, file("etc/x", mode=0o646), file("etc/y", mode=0o664)]
    said = "2 of its paths are unwanted (path that everybody may write to): /etc/x, /srv"
    assert verdicts([ALPINE_LAYER, layer])["no-world-writable"] == (False, said)


def test_setuid_files_are_named_and_folders_may_be_sticky() -> None:
    shared = folder("srv")
    shared.mode = 0o2775
    layer: Layer = [shared, file("bin/su", mode=0o4755), link("bin/su2", "bin/su")]
    said = "1 of its paths are unwanted (setuid or setgid file): /bin/su"
    assert verdicts([ALPINE_LAYER, layer])["no-setuid"] == (False, said)
