"""What a look into an image said, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One rule's verdict on one image: its name, whether it is kept, and what was seen (one sentence)."""

    rule: str
    ok: bool
    said: str


@dataclass(frozen=True)
class Exemption:
    """An image that may break a rule, and the reason."""

    image: str
    rule: str
    because: str


def broken(findings: Mapping[str, Sequence[Finding]], exempt: Sequence[Exemption] = ()) -> Iterator[str]:
    """The rules that images break, a sentence each; an exemption that nothing needs, or that has no reason, is one too.

    Args:
        findings: What was seen, by the images' names.
        exempt: Which image may break which rule.
    """
    may = {(each.image, each.rule) for each in exempt}
    for name, several in findings.items():
        yield from (f"image {name}: {one.said}" for one in several if not one.ok and (name, one.rule) not in may)
    for each in exempt:
        about = [one for one in findings.get(each.image, ()) if one.rule == each.rule]
        if not each.because:
            yield f"the exemption of image {each.image} from {each.rule} gives no reason"
        if not about:
            yield f"the exemption of image {each.image} from {each.rule} fits no image and rule that are looked at"
        elif all(one.ok for one in about):
            yield f"image {each.image} keeps {each.rule} without its exemption; take that out"


def some(things: Sequence[str], shown: int = 5) -> str:
    """The first few of many things, with the number of those left out."""
    rest = len(things) - shown
    return ", ".join(things[:shown]) + (f" and {rest} more" if rest > 0 else "")
