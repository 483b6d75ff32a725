"""How big an image and each of its layers may be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.images.layers import Entry

_UNITS = {"kB": 1000, "MB": 1000**2, "GB": 1000**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(kB|MB|GB)")


def size_of(text: str) -> int:
    """The bytes of a size such as `110 MB`, in powers of 1000 as Docker shows them.

    Raises:
        ConfigurationError: It is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ConfigurationError(f"{text!r} is no size; write it as in 110 MB")
    return int(float(match[1]) * _UNITS[match[2]])


def budget_findings(contents: ImageContents, *, total: int, layer: int) -> list[Finding]:
    """Whether an image and its layers stay within their budgets: the bytes of all files, also those hidden later.

    Args:
        contents: The image.
        total: Bytes that it may have in all.
        layer: Bytes that one layer may have.
    """
    sizes = [sum(entry.size for entry in _files(each.entries)) for each in contents.layers]
    if not sum(sizes):
        return [Finding("size-budget", False, f"{contents.reference} has no files, so nothing can be said of its size")]
    everything = [entry for each in contents.layers for entry in each.entries]
    findings = [_finding("size-budget", "it", sum(sizes), total, everything)]
    findings += [
        _finding("layer-budget", f"its layer {number}", size, layer, each.entries)
        for number, (size, each) in enumerate(zip(sizes, contents.layers, strict=True), start=1)
    ]
    return findings


def _finding(rule: str, what: str, size: int, budget: int, entries: Iterable[Entry]) -> Finding:
    if size <= budget:
        return Finding(rule, True, f"{what} has {_shown(size)} of {_shown(budget)}")
    largest = sorted(_files(entries), key=lambda entry: -entry.size)
    named = some([f"/{entry.path} ({_shown(entry.size)})" for entry in largest[:3]])
    said = f"{what} has {_shown(size)}, above its budget of {_shown(budget)}; the largest files: {named}"
    return Finding(rule, False, said)


def _files(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind == "file"]


def _shown(size: int) -> str:
    return f"{size / 1000**2:.1f} MB"
