"""A request that is sent again and again, and what came of each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from kube_acceptance.errors import ConfigurationError

CONTENT = "${CONTENT}"
SOURCES = ("header", "json")


@dataclass(frozen=True)
class Request:
    """One request, as a pod in another namespace of the cluster sends it.

    Args:
        name: What phrases and messages call it.
        url: Where to, by HTTP; a name is resolved anew for each connection.
        method: The method.
        headers: Further headers, such as the Host that an Ingress controller looks at.
        body: The JSON body, if any; `${CONTENT}` in it stands for what no other request has.
        keep_alive: Whether connections are used again, which is left to the server, or a new one is made each time.
        tier: The tier that it speaks to; where policies isolate its pods, the sender is let in. Empty for what is not
            the release's, such as the Ingress controller.
        says: What to note of each answer, by name: `header:NAME`, or `json:PATH` with keys and dots between them.
        takes: Seconds that its body is sent over, so that it is under way for so long.

    Raises:
        ConfigurationError: It cannot be sent.
    """

    name: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    keep_alive: bool = False
    tier: str = ""
    says: Mapping[str, str] = field(default_factory=dict)
    takes: float = 0.0

    def __post_init__(self) -> None:
        url = urlsplit(self.url)
        if url.scheme != "http" or not url.hostname:
            raise ConfigurationError(f"the request {self.name} cannot be sent: {self.url!r} is no URL of http")
        if self.takes and self.body is None:
            raise ConfigurationError(f"the request {self.name} cannot take {self.takes:g} s: it has no body")
        for source in self.says.values():
            if source.partition(":")[0] not in SOURCES:
                raise ConfigurationError(f"the request {self.name} cannot note {source!r}: say header: or json:")

    def plan(self) -> dict[str, Any]:
        """What the sender is told of it."""
        return {
            "name": self.name,
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "body": None if self.body is None else dict(self.body),
            "keep_alive": self.keep_alive,
            "takes": self.takes,
            "says": dict(self.says),
        }


@dataclass(frozen=True)
class Answer:
    """What came of one request that is over.

    Attributes:
        request: The request's name.
        number: Which one of them it was; from 0 on.
        began: When it began, in seconds since 1970 by the sender's clock.
        ended: When it was over.
        status: The status of an answer that came back whole; None where none did.
        said: What was noted of the answer.
        why: Why there was none.
        sent: Whether anything of it may have left.
        kept: Whether it went on a connection that an earlier one had used.
        content: What stood in its body for `${CONTENT}`.
    """

    request: str
    number: int
    began: float
    ended: float
    status: int | None
    said: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    sent: bool = True
    kept: bool = False
    content: str = ""

    @property
    def good(self) -> bool:
        """Whether the answer is one of success, or of the way to it."""
        return self.status is not None and self.status < 400

    def __str__(self) -> str:
        at = f"{datetime.fromtimestamp(self.began, UTC):%H:%M:%S.%f}"[:-3]
        came = self.why or f"answered {self.status}"
        said = "".join(f", {name} {value}" for name, value in self.said.items() if value)
        kept = ", on a kept connection" if self.kept else ""
        return f"{self.request} {self.number} at {at}, after {self.ended - self.began:.2f} s: {came}{said}{kept}"


def answer_of(line: Mapping[str, Any]) -> Answer:
    """Take a line of the sender's."""
    return Answer(
        request=line["request"],
        number=int(line["number"]),
        began=float(line["began"]),
        ended=float(line["ended"]),
        status=line["status"],
        said=line["said"],
        why=line["why"],
        sent=line["sent"],
        kept=line["kept"],
        content=line["content"],
    )
