"""Parts that phrases share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from kube_acceptance.errors import AcceptanceError

Thing = TypeVar("Thing")


def must(findings: Iterable[object], *, of: str) -> None:
    """Fail with what was found wrong; the first line is the first finding.

    Args:
        findings: What is wrong, a sentence each.
        of: What was looked at, for the count.

    Raises:
        AcceptanceError: There is a finding.
    """
    said = [str(finding) for finding in findings]
    if said:
        more = f" (and {len(said) - 1} more of {of})" if len(said) > 1 else ""
        raise AcceptanceError(f"{said[0]}{more}", details=said[1:])


def some(things: Iterable[Thing], *, what: str) -> list[Thing]:
    """The things as a list; none at all is a failure, because nothing would be checked.

    Raises:
        AcceptanceError: There are none.
    """
    found = list(things)
    if not found:
        raise AcceptanceError(f"there are no {what}, so nothing was checked")
    return found


def rows(datatable: list[list[str]]) -> Iterator[dict[str, str]]:
    """The rows of a data table by the names of its first row."""
    head, *body = datatable
    return (dict(zip(head, row, strict=True)) for row in body)
