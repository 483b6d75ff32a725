from __future__ import annotations

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
    assert verdicts([ALPINE_LAYER, [file("app/main.py"), file("sbin/apk")]], User="10001:10001") == {
        "non-root-user": (True, "its user is 10001:10001"),
        "no-build-tools": (True, "none of its 10 paths is a compiler, linker or make"),
        "no-headers": (True, "none of its 10 paths is a C header"),
        "no-package-managers": (True, "none of its 10 paths is a package manager (apk aside)"),
        "no-setuid": (True, "none of its 10 paths is a setuid or setgid file"),
        "no-caches": (True, "none of its 1 layers above the base holds cached downloads"),
        "no-repository": (True, "none of its 1 layers above the base holds a Git repository"),
    }


def test_an_empty_image_proves_nothing() -> None:
    found = verdicts([], User="1")
    assert found.pop("non-root-user") == (True, "its user is 1")
    assert {said for ok, said in found.values() if not ok} == {
        "x:1 has no files to look at",
        "x:1 has no layer above its base to look at",
    }
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
    assert said.startswith("1 of its files are unwanted (")
    assert said.endswith(f"): /{path}")
    # what a later layer deletes is no longer there to be used
    parent, _, name = path.rpartition("/")
    assert verdicts([ALPINE_LAYER, [file(path)], [file(f"{parent}/.wh.{name}")]])[rule][0]


@pytest.mark.parametrize(
    "path", ["app/make", "usr/bin/class", "usr/bin/catalog", "app/include/a.h", "usr/bin/pipeline"]
)
def test_names_that_only_look_alike(path: str) -> None:
    found = verdicts([ALPINE_LAYER, [file(path)]])
    assert all(found[rule][0] for rule in ("no-build-tools", "no-headers", "no-package-managers"))


def test_many_files_are_counted_and_some_are_named() -> None:
    layer = [file(f"usr/include/{name}.h") for name in "abcdefg"]
    said = "7 of its files are unwanted (C header): " + ", ".join(f"/usr/include/{name}.h" for name in "abcde")
    assert verdicts([ALPINE_LAYER, layer])["no-headers"] == (False, said + " and 2 more")


@pytest.mark.parametrize(
    ("rule", "path", "what"),
    [
        ("no-caches", "root/.cache/pip/http", "cached downloads"),
        ("no-caches", "var/cache/apk/APKINDEX.tar.gz", "cached downloads"),
        ("no-caches", "home/node/.npm/_logs/1", "cached downloads"),
        ("no-caches", "tmp/_cacache/index", "cached downloads"),
        ("no-repository", "app/.git/HEAD", "a Git repository"),
    ],
)
def test_layers_keep_what_later_ones_delete(rule: str, path: str, what: str) -> None:
    top = path.partition("/")[0]
    found = verdicts([ALPINE_LAYER, [file(path)], [file(f".wh.{top}")]])
    assert found[rule] == (False, f"its layers hold {what}: /{path} (layer 2)")


def test_empty_cache_folders_and_their_deletion_are_no_cache() -> None:
    layer: Layer = [folder("var/cache/apk"), file("root/.cache/.wh.pip"), file("app/.gitignore")]
    found = verdicts([ALPINE_LAYER, layer])
    assert found["no-caches"][0]
    assert found["no-repository"][0]


def test_the_bases_own_layers_do_not_count_unless_the_base_is_another() -> None:
    base_layer: Layer = [file("var/cache/apk/x")]
    assert not verdicts([base_layer, [file("a")]], base=["sha256:other"])["no-caches"][0]
    with ImageContents("x:1", old_layout([base_layer, [file("a")]])) as contents:
        base = [contents.layers[0].diff_id]
        found = {finding.rule: finding.ok for finding in hygiene_findings(contents, base=base)}
    assert found["no-caches"]


def test_setuid_files_are_named_and_folders_may_be_sticky() -> None:
    shared = folder("srv")
    shared.mode = 0o2775
    layer: Layer = [shared, file("bin/su", mode=0o4755), link("bin/su2", "bin/su")]
    said = "1 of its files are unwanted (setuid or setgid file): /bin/su"
    assert verdicts([ALPINE_LAYER, layer])["no-setuid"] == (False, said)
