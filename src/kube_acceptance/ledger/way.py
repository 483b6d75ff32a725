"""Where writes go: one request, said once by the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.ledger.ledger import Write, WriteOutcome
from kube_acceptance.traffic.request import CONTENT, Answer, Request

ID = "id"


@dataclass(frozen=True)
class Way:
    """One way to write, as a pod in another namespace of the cluster goes it.

    Args:
        name: What phrases and messages call it.
        url: Where to, by HTTP; a name is resolved anew for each write.
        body: The JSON body; `${CONTENT}` in it stands for the content, which no other write has.
        method: The method.
        headers: Further headers, such as the Host that an Ingress controller looks at.
        acknowledges: The statuses that acknowledge a write.
        id: Where the id stands in the answer, by keys with dots between them.
        tier: The tier that it speaks to; where policies isolate its pods, the writer is let in. Empty for what is not
            the release's, such as the Ingress controller.

    Raises:
        ConfigurationError: It cannot be gone.
    """

    name: str
    url: str
    body: Mapping[str, Any]
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    acknowledges: tuple[int, ...] = (201,)
    id: str = "id"
    tier: str = ""

    def __post_init__(self) -> None:
        url = urlsplit(self.url)
        if url.scheme != "http" or not url.hostname:
            raise ConfigurationError(f"the way {self.name} cannot be gone: {self.url!r} is no URL of http")
        if CONTENT not in str(self.body):
            raise ConfigurationError(f"the way {self.name} would write nothing: {CONTENT} does not stand in its body")

    def request(self) -> Request:
        """The request that writes."""
        says = {ID: f"json:{self.id}"}
        return Request(self.name, self.url, self.method, self.headers, self.body, tier=self.tier, says=says)

    def write(self, answer: Answer) -> Write:
        """What is known of a write by what came of its request.

        It was surely not made when nothing of it had left, or it was refused (4xx); anything else that is no
        acknowledgement says nothing.
        """
        outcome = WriteOutcome.INDETERMINATE
        if answer.status in self.acknowledges:
            outcome = WriteOutcome.ACKNOWLEDGED
        elif not answer.sent or (answer.status and 400 <= answer.status < 500):
            outcome = WriteOutcome.FAILED
        acknowledged = outcome is WriteOutcome.ACKNOWLEDGED
        return Write(
            way=self.name,
            number=answer.number,
            content=answer.content,
            outcome=outcome,
            began=answer.began,
            ended=answer.ended,
            key=answer.said[ID] if acknowledged else "",
            why="" if acknowledged else answer.why or f"answered {answer.status}",
        )
