"""A mutant that an operator derived from what is deployed; nobody wrote it down.

A person's mutant names the scenario that must notice it. A derived one says what it is about instead, and by which
words a failure shows that it is about the same: whoever can see the object may notice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException

from kube_acceptance.mutation.removal import Removal


class Concern(StrEnum):
    """What a protection is there for; scenarios are chosen by it."""

    ACCESS = "access"
    BUILD = "image build"
    CONFIGURATION = "configuration"
    DISRUPTION = "disruption"
    IMAGE = "image"
    INGRESS = "ingress"
    JOB = "job"
    METADATA = "metadata"
    NETWORK_POLICY = "network policy"
    POD_SECURITY = "pod security"
    PROBE = "probe"
    REPLICAS = "replicas"
    RESOURCES = "resources"
    ROLLOUT = "rollout"
    SCALING = "scaling"
    SCHEDULE = "schedule"
    SECRET = "secret"
    SERVICE = "service"
    STORAGE = "storage"


class Derived(Removal):
    """A protection that an operator takes away from one object.

    Attributes:
        operator: The operator's name, such as `policy-removed`.
        concern: What the protection is there for.
        object: What is changed: "NetworkPolicy shop-till", or "image till" for a Dockerfile.
        part: The part of the object: "rule 1 of ingress", "container web"; empty when it is the object itself.
        unnoticed: What nobody would notice if it survived; a clause after "nothing notices that".
        signs: Words of which a failure must have one to be about this: the object's name, its container's, its field's.
    """

    file: Path = Path()
    operator: str
    concern: Concern
    object: str
    part: str = ""
    unnoticed: str
    signs: tuple[str, ...]

    @property
    def id(self) -> str:
        """What it is called: the same for the same change of the same object, in every run."""
        words = [self.operator, self.object, self.part]
        return ".".join(re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words if word)

    @property
    def name(self) -> str:
        """Its id."""
        return self.id

    def change(self, objects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The objects without the protection; other values may render none of it, and then all of them stay."""
        changed = []
        for item in objects:
            for change in (each for each in self.manifests if each.fits(item)):
                if change.remove:
                    break
                item = _patched(item, change.patch)
            else:
                changed.append(item)
        return [*changed, *self.add]


def _patched(item: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        patched: dict[str, Any] = jsonpatch.apply_patch(item, patch)
    except (jsonpatch.JsonPatchException, JsonPointerException):
        return item
    return patched
