"""In what two images differ: which file of which layer, and how."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.layers import Entry, Layer

_CHUNK = 1 << 20
_SHOWN = 80
_TOLD = 20


@dataclass(frozen=True)
class Difference:
    """One thing that two images do not have in common.

    Attributes:
        path: The file, from the root, without a leading slash; empty for the layer as a whole.
        layer: The layer's place in the images, from 0.
        how: In what it differs, to be read after its name: `has other bytes, …`.
        only: `bytes` or `time`, if nothing else of it differs.
    """

    path: str
    layer: int
    how: str
    only: str = ""

    def __str__(self) -> str:
        where = f"layer {self.layer + 1}"
        return f"/{self.path} ({where}) {self.how}" if self.path else f"{where} {self.how}"


@dataclass(frozen=True)
class Exempt:
    """What may differ in a file: what the regular expression matches, and nothing else.

    Attributes:
        path: The file, from the root, without a leading slash.
        pattern: What may differ, a regular expression.
    """

    path: str
    pattern: str


def differences(one: ImageContents, other: ImageContents) -> list[Difference]:
    """In what the layers of two images differ, the base's first; nothing if they have the same digests.

    Bytes, kinds, modes, owners, times, targets of links and extended headers are compared, name by name.
    """
    found: list[Difference] = []
    for number, (mine, yours) in enumerate(zip(one.layers, other.layers, strict=False)):
        if mine.diff_id != yours.diff_id:
            found += _in_layer(number, one, mine, other, yours)
    longer = max(one.layers, other.layers, key=len)
    for number in range(min(len(one.layers), len(other.layers)), len(longer)):
        found.append(Difference("", number, "is in one of the images only"))
    return found


def unexplained(
    one: ImageContents, other: ImageContents, found: Sequence[Difference], exempt: Sequence[Exempt]
) -> list[str]:
    """The differences that no exemption explains, and the exemptions that explain none: a sentence each.

    What differs in its time alone is told in one sentence, and of the rest the first few are.

    Args:
        one: An image.
        other: The other one.
        found: In what they differ.
        exempt: What may.
    """
    rest: list[str] = []
    by_path = {each.path: each for each in exempt}
    for difference in found:
        rule = by_path.get(difference.path) if difference.only == "bytes" else None
        why = _beyond(one, other, difference, rule) if rule else str(difference)
        if why and difference.only != "time":
            rest.append(why)
    said = [*_times([difference for difference in found if difference.only == "time"]), *rest[:_TOLD]]
    if len(rest) > _TOLD:
        said.append(f"{len(rest) - _TOLD} files and folders more differ")
    differing = {difference.path for difference in found}
    said += [
        f"/{each.path} may differ, but does not: take it from the exceptions"
        for each in exempt
        if each.path not in differing
    ]
    return said


def settings_differences(one: Mapping[str, Any], other: Mapping[str, Any], *, labels: Sequence[str]) -> list[str]:
    """In what the configurations of two images differ, apart from when they were made.

    The times of the image and of its history do not count; layers are not compared here.

    Args:
        one: A configuration.
        other: The other one.
        labels: Further labels that may differ; they are told apart in the history too.
    """
    mine, yours = (_comparable(each, labels) for each in (one, other))
    return [
        f"the setting {path} is {_short(mine.get(path))} in one image and {_short(yours.get(path))} in the other"
        for path in sorted({*mine, *yours})
        if mine.get(path) != yours.get(path)
    ]


def _times(found: Sequence[Difference]) -> list[str]:
    if not found:
        return []
    # BuildKit finds what COPY made again by names, modes, owners and bytes, so its layers may have older times
    return [
        f"{len(found)} files and folders differ in their time alone, the first: {found[0]}. Set it in the stage that "
        "makes them; where the Dockerfile does, the build cache had them of an earlier one: docker builder prune"
    ]


def _in_layer(number: int, one: ImageContents, mine: Layer, other: ImageContents, yours: Layer) -> Iterator[Difference]:
    left, right = ({entry.path: entry for entry in layer.entries} for layer in (mine, yours))
    count = 0
    for path in sorted({*left, *right}):
        if path not in left or path not in right:
            count += 1
            yield Difference(path, number, "is in one of the images only")
            continue
        found = {**_header(left[path], right[path]), **_body(one, left[path], other, right[path])}
        if found:
            count += 1
            yield Difference(path, number, " and ".join(found.values()), next(iter(found)) if len(found) == 1 else "")
    if not count:
        yield Difference("", number, "has the same files in both images, but its archive is packed in another way")


def _header(mine: Entry, yours: Entry) -> dict[str, str]:
    """In what the entries differ besides bytes, by the name of that."""
    pairs = {
        "kind": ("is a {} in one image and a {} in the other", mine.kind, yours.kind),
        "mode": ("has the mode {} in one image and {} in the other", f"{mine.mode:04o}", f"{yours.mode:04o}"),
        "owner": ("belongs to {} in one image and {} in the other", _owner(mine), _owner(yours)),
        "time": ("has the time {} in one image and {} in the other", _time(mine), _time(yours)),
        "target": ("leads to {} in one image and {} in the other", mine.target, yours.target),
        "headers": ("has the headers {} in one image and {} in the other", mine.extra, yours.extra),
    }
    return {name: text.format(one, other) for name, (text, one, other) in pairs.items() if one != other}


def _body(one: ImageContents, mine: Entry, other: ImageContents, yours: Entry) -> dict[str, str]:
    if mine.kind != "file" or yours.kind != "file":
        return {}
    with one.body(mine) as left, other.body(yours) as right:
        offset = 0
        while (chunk := left.read(_CHUNK)) == (beside := right.read(_CHUNK)):
            if not chunk:
                return {}
            offset += len(chunk)
    # not the bytes themselves, which may be secret
    offset += next(
        (n for n, (a, b) in enumerate(zip(chunk, beside, strict=False)) if a != b), min(len(chunk), len(beside))
    )
    sizes = f"{mine.size} bytes" if mine.size == yours.size else f"{mine.size} and {yours.size} bytes"
    return {"bytes": f"has other bytes from byte {offset + 1} on ({sizes})"}


def _beyond(one: ImageContents, other: ImageContents, difference: Difference, rule: Exempt) -> str:
    """What differs beyond the exemption, in a sentence; empty if nothing does."""
    pattern = re.compile(rule.pattern.encode())
    texts = []
    for image in (one, other):
        [entry] = [each for each in image.layers[difference.layer].entries if each.path == difference.path]
        with image.body(entry) as file:
            text, count = pattern.subn(b"", file.read())
        if not count:
            return f"/{rule.path} may differ in {rule.pattern}, which is not in it"
        texts.append(text)
    return "" if texts[0] == texts[1] else f"{difference}, and not in {rule.pattern} alone"


def _comparable(config: Mapping[str, Any], labels: Sequence[str]) -> dict[str, str]:
    """A configuration as texts by path, without what may differ."""
    settings = {key: value for key, value in config.items() if key not in ("created", "rootfs", "history")}
    flat = dict(_flat(settings, ""))
    flat = {path: text for path, text in flat.items() if path.removeprefix("config.Labels.") not in labels}
    for number, entry in enumerate(config.get("history") or ()):
        text = json.dumps({key: value for key, value in entry.items() if key != "created"}, sort_keys=True)
        for label in labels:
            text = re.sub(rf"{re.escape(label)}=[^\s\"]*", f"{label}=…", text)
        flat[f"history.{number}"] = text
    return flat


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, json.dumps(value, sort_keys=True)


def _owner(entry: Entry) -> str:
    return "{}:{}".format(*entry.owner)


def _time(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.time, UTC).isoformat(sep=" ").removesuffix("+00:00")


def _short(text: str | None) -> str:
    if text is None:
        return "absent"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
