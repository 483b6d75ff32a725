"""What a change of its sources changes in an image, and what it costs to build it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kube_acceptance.images.build import BuiltImage
from kube_acceptance.images.build_log import BuildStep
from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some


@dataclass(frozen=True)
class Build:
    """An image as one build left it; `steps` are empty where it was there already."""

    image: BuiltImage
    contents: ImageContents
    steps: Sequence[BuildStep] = ()


def layers_with(contents: ImageContents, folder: str) -> list[int]:
    """The places, from 0, of the layers that hold something below a folder, or the file of that path."""
    return [
        number
        for number, layer in enumerate(contents.layers)
        if any(
            (entry.path == folder or entry.path.startswith(f"{folder}/"))
            and entry.kind != "folder"
            and not entry.is_whiteout
            for entry in layer.entries
        )
    ]


def kept_finding(before: Build, after: Build, folder: str) -> Finding:
    """Whether the layers that hold a folder have the digests that they had."""
    old, new = _digests(before, folder), _digests(after, folder)
    if not old or not new:
        return Finding("kept", False, f"no layer holds anything below /{folder}")
    said = f"the layers that hold /{folder} are {some(new)}"
    return Finding("kept", old == new, said if old == new else f"{said}, no longer {some(old)}")


def changed_finding(before: Build, after: Build, folder: str) -> Finding:
    """Whether the layers that hold a folder are others than before."""
    old, new = _digests(before, folder), _digests(after, folder)
    if not old or not new:
        return Finding("changed", False, f"no layer holds anything below /{folder}")
    same = [digest for digest in new if digest in old]
    if same:
        return Finding("changed", False, f"the layer that holds /{folder} is still {same[0]}")
    return Finding("changed", True, f"the layers that hold /{folder} are now {some(new)}")


def apart_finding(build: Build, one: str, other: str) -> Finding:
    """Whether two folders stand in layers of their own, so that a change of the one leaves the other alone."""
    mine, yours = layers_with(build.contents, one), layers_with(build.contents, other)
    for folder, found in ((one, mine), (other, yours)):
        if not found:
            return Finding("apart", False, f"no layer holds anything below /{folder}")
    both = sorted({*mine} & {*yours})
    if both:
        return Finding("apart", False, f"layer {both[0] + 1} holds both /{one} and /{other}")
    return Finding("apart", True, f"/{one} is in layer {mine[-1] + 1}, /{other} in layer {yours[-1] + 1}")


def cached_finding(before: Build, after: Build, program: str) -> Finding:
    """Whether the steps that run a program came from the build cache, though they had really run before."""
    ran = [step for step in before.steps if step.runs(program)]
    again = [step for step in after.steps if step.runs(program)]
    if not ran or not again:
        return Finding("cached", False, f"no step of the {'first' if not ran else 'second'} build runs {program}")
    if idle := [step for step in ran if step.cached]:
        return Finding("cached", False, f"the first build took step {idle[0].place} from the build cache already")
    if all(step.cached for step in after.steps):
        # the same change was built before, perhaps in an order of steps that was worse
        return Finding("cached", False, "the second build took every step from the build cache, so it shows nothing")
    if repeated := [step for step in again if not step.cached]:
        said = f"step {repeated[0].place}, which runs {program}, ran again: it took {repeated[0].seconds:.1f} s"
        return Finding("cached", False, said)
    seconds = sum(step.seconds for step in ran)
    return Finding("cached", True, f"{program} took {seconds:.1f} s, and now comes from the build cache")


def spared_share(before: Build, after: Build) -> tuple[float, float]:
    """How many seconds the steps had run that the build cache spares now, and how many all steps had run."""
    spared = {(step.place, step.text) for step in after.steps if step.cached}
    total = sum(step.seconds for step in before.steps)
    return sum(step.seconds for step in before.steps if (step.place, step.text) in spared), total


def words_finding(before: Build, after: Build, folder: str, words: str) -> Finding:
    """Whether words stand in a file below a folder of an image, and stood in none before."""
    old, new = _files_with(before.contents, folder, words), _files_with(after.contents, folder, words)
    if old:
        return Finding("words", False, f'"{words}" stood in /{old[0]} before the change')
    return Finding("words", bool(new), f'"{words}" stands in {"/" + new[0] if new else f"no file below /{folder}"}')


def _files_with(contents: ImageContents, folder: str, words: str) -> list[str]:
    wanted = words.encode()
    return [
        entry.path
        for entry in contents.files()
        if entry.path.startswith(f"{folder}/") and wanted in contents.read(entry.path)
    ]


def _digests(build: Build, folder: str) -> list[str]:
    return [build.contents.layers[number].diff_id for number in layers_with(build.contents, folder)]
