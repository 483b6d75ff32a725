"""Structured logs: that every line of every container is one, and what the lines of one request say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import requests

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state.answers import called
from kube_acceptance.state.logs import LEVELS, Line


@dataclass(frozen=True)
class Form:
    """How the lines of one container look: the fields that each has; the one called `level` holds a level."""

    component: str
    container: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"container {self.container} of the {self.component}"


def unstructured(found: Sequence[Line], forms: Sequence[Form]) -> Iterator[str]:
    """What keeps the log lines of a whole release from being read by a program, a sentence each.

    A container that has written nothing, or that has no form, is told as well: of it nothing was checked.
    """
    by_container: dict[tuple[str, str], list[Line]] = {}
    for line in found:
        by_container.setdefault((line.component, line.container), []).append(line)
    known = {(form.component, form.container): form for form in forms}
    for component, container in sorted(by_container.keys() - known.keys()):
        yield f"container {container} of the {component} has written lines, and nothing is said of their fields"
    for key, form in known.items():
        if key not in by_container:
            yield f"{form} has written no line, so nothing was checked of it"
        for line in by_container.get(key, []):
            if said := _wrong(line, form):
                yield f"{form} has written a line {said}: {line}"


def _wrong(line: Line, form: Form) -> str:
    fields = line.fields
    if fields is None:
        return "that is no JSON object"
    if lacking := [each for each in form.fields if fields.get(each) in (None, "")]:
        return f"without {', '.join(lacking)}"
    level = str(fields.get("level", "")).lower()
    return f"of the level {level!r}, which is none" if level not in LEVELS and "level" in form.fields else ""


@dataclass(frozen=True)
class Telling:
    """In which fields a log tells of a request: its id, method, path and status."""

    id: str
    method: str
    path: str
    status: str


def must_be_told(
    lines: Mapping[str, Sequence[Line]], tellings: Mapping[str, Telling], answer: requests.Response, header: str
) -> str:
    """Fail unless each of some logs tells of a request just once, under the id that its answer bears.

    Args:
        lines: The lines of each log.
        tellings: How each log tells of a request.
        answer: The answer to the request.
        header: The header of the answer that holds the id.

    Returns:
        The id.

    Raises:
        AcceptanceError: The answer bears no id, or a log tells otherwise.
    """
    identity = answer.headers.get(header, "")
    if not identity:
        raise AcceptanceError(f"the answer to {called(answer)} has no header {header}, so nothing was checked")
    for log, telling in tellings.items():
        fields = [each for line in lines[log] if (each := line.fields) and each.get(telling.id) == identity]
        told = [each for each in fields if telling.method in each and telling.path in each]
        if len(told) != 1:
            raise AcceptanceError(
                f"{len(told)} lines of {log} tell of the request {identity}, not 1",
                hint=f"Of {len(lines[log])} lines {len(fields)} have it as {telling.id}.",
            )
        expected = (answer.request.method, answer.request.path_url, answer.status_code)
        found = (told[0][telling.method], told[0][telling.path], told[0].get(telling.status))
        if found != expected:
            raise AcceptanceError(f"{log} says {found} of the request {identity}, which was {expected}")
    return identity
