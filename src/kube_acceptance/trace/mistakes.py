"""Collects mistakes of form, so that all of them are told at once."""

from __future__ import annotations

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.trace.model import Finding, Place


class Mistakes:
    """What is wrong with the form of documents and features."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def add(self, place: Place, message: str) -> None:
        """Remember a mistake."""
        self._found.append(Finding(str(place), message))

    def tell(self) -> None:
        """End here when there are any.

        Raises:
            ConfigurationError: There are; the first is its summary, the others are its details.
        """
        if self._found:
            first, *rest = self._found
            raise ConfigurationError(str(first), details=[str(mistake) for mistake in rest])
