from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from image_archives import ALPINE_LAYER, Layer, archive, digest, file, folder, old_layout

from kube_acceptance.images import BuiltImage, ImageContents
from kube_acceptance.images.build_log import BuildStep
from kube_acceptance.images.rebuilt import (
    Build,
    apart_finding,
    cached_finding,
    changed_finding,
    kept_finding,
    layers_with,
    spared_share,
    words_finding,
)

PACKAGES: Layer = [folder("app"), folder("app/lib"), file("app/lib/a.py", "a")]
CODE: Layer = [folder("app"), file("app/src/main.py", "old words")]
NEW_CODE: Layer = [folder("app"), file("app/src/main.py", "new words")]
INSTALL = "RUN pip install -r lock"


def build(*layers: Layer, steps: Sequence[BuildStep] = ()) -> Build:
    contents = ImageContents("x:1", old_layout([ALPINE_LAYER, *layers]))
    return Build(BuiltImage("x", "x:1", "sha256:1", True, 1.0), contents, steps)


def ran(text: str = INSTALL, seconds: float = 4.0) -> BuildStep:
    return BuildStep("a 1/2", text, False, seconds)


def cached(text: str = INSTALL) -> BuildStep:
    return BuildStep("a 1/2", text, True, 0)


@pytest.fixture
def before() -> Iterator[Build]:
    made = build(PACKAGES, CODE)
    yield made
    made.contents.close()


def test_the_layers_of_a_folder(before: Build) -> None:
    assert layers_with(before.contents, "app/lib") == [1]
    assert layers_with(before.contents, "app") == [1, 2]
    assert layers_with(before.contents, "app/src/main.py") == [2]
    assert layers_with(before.contents, "app/l") == []
    assert layers_with(build([folder("app/lib"), file("app/lib/.wh.a.py")]).contents, "app/lib") == []


def test_layers_that_keep_their_digests(before: Build) -> None:
    after = build(PACKAGES, NEW_CODE)
    old, new, packages = (digest(archive(layer)) for layer in (CODE, NEW_CODE, PACKAGES))
    kept, lost = kept_finding(before, after, "app/lib"), kept_finding(before, after, "app/src")
    assert (kept.ok, kept.said) == (True, f"the layers that hold /app/lib are {packages}")
    assert (lost.ok, lost.said) == (False, f"the layers that hold /app/src are {new}, no longer {old}")
    twice = kept_finding(before, build(PACKAGES, [*NEW_CODE, *PACKAGES]), "app/lib")
    assert not twice.ok
    none = kept_finding(before, after, "app/none")
    assert (none.ok, none.said) == (False, "no layer holds anything below /app/none")


def test_layers_that_change(before: Build) -> None:
    after = build(PACKAGES, NEW_CODE)
    changed, same = changed_finding(before, after, "app/src"), changed_finding(before, after, "app/lib")
    assert (changed.ok, changed.said) == (True, f"the layers that hold /app/src are now {digest(archive(NEW_CODE))}")
    assert (same.ok, same.said) == (False, f"the layer that holds /app/lib is still {digest(archive(PACKAGES))}")
    assert not changed_finding(before, build(PACKAGES), "app/src").ok


def test_layers_of_their_own(before: Build) -> None:
    apart = apart_finding(before, "app/lib", "app/src")
    assert (apart.ok, apart.said) == (True, "/app/lib is in layer 2, /app/src in layer 3")
    both = apart_finding(build([*PACKAGES, *CODE]), "app/lib", "app/src")
    assert (both.ok, both.said) == (False, "layer 2 holds both /app/lib and /app/src")
    none = apart_finding(before, "app/lib", "app/none")
    assert (none.ok, none.said) == (False, "no layer holds anything below /app/none")


@pytest.mark.parametrize(
    ("first", "second", "ok", "said"),
    [
        ([ran()], [cached(), ran("COPY . .")], True, "pip install took 4.0 s, and now comes from the build cache"),
        ([ran()], [cached()], False, "the second build took every step from the build cache, so it shows nothing"),
        ([ran()], [ran()], False, "step a 1/2, which runs pip install, ran again: it took 4.0 s"),
        ([cached()], [cached()], False, "the first build took step a 1/2 from the build cache already"),
        ([], [cached()], False, "no step of the first build runs pip install"),
        ([ran()], [cached("RUN make")], False, "no step of the second build runs pip install"),
    ],
)
def test_steps_from_the_cache(first: list[BuildStep], second: list[BuildStep], ok: bool, said: str) -> None:
    found = cached_finding(build(steps=first), build(steps=second), "pip install")
    assert (found.ok, found.said) == (ok, said)


def test_what_the_cache_spares() -> None:
    first = build(steps=[ran(), ran("RUN make", 6.0)])
    assert spared_share(first, build(steps=[cached(), ran("RUN make", 5.0)])) == (4.0, 10.0)
    assert spared_share(build(), build(steps=[cached()])) == (0, 0)


def test_words_that_the_change_brought(before: Build) -> None:
    after = build(PACKAGES, NEW_CODE)
    for words, ok, said in (
        ("new words", True, '"new words" stands in /app/src/main.py'),
        ("words", False, '"words" stood in /app/src/main.py before the change'),
        ("no words", False, '"no words" stands in no file below /app/src'),
    ):
        found = words_finding(before, after, "app/src", words)
        assert (found.ok, found.said) == (ok, said)
