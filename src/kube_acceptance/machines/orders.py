"""What a pod of the suite is told by whoever runs it: it has neither Docker nor Git to find it out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from kube_acceptance.report.model import Record

VARIABLE = "ACCEPTANCE_ORDERS"
"""The variable that holds it; not one of a setting."""
SHARD_LABEL = "kube-acceptance/pod"


class Orders(Record):
    """What is there already, and whose everything is.

    `images` are those that were built, as `BuiltImage` has them; `labels` those of the run that all pods belong to, so
    that it removes what a lost pod leaves; `pod` is the pod's own name, which tells its things from other pods'.
    """

    images: dict[str, dict[str, Any]]
    labels: dict[str, str]
    commit: str = ""
    pod: str = Field(default_factory=lambda: os.environ.get("HOSTNAME", ""))

    def all_labels(self) -> dict[str, str]:
        """The labels of what this pod makes."""
        return {**self.labels, SHARD_LABEL: self.pod}


def orders(environment: Mapping[str, str] = os.environ) -> Orders | None:
    """What this process is told, if it is in a pod of a suite."""
    said = environment.get(VARIABLE)
    return Orders.model_validate_json(said) if said else None
