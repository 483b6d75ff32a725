"""Manifests of Kubernetes as objects."""

from __future__ import annotations

from typing import Any

import yaml

# libyaml, which PyYAML's wheels bring, reads a chart in a tenth of the time (benchmarks/results.md)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_manifests(text: str) -> list[dict[str, Any]]:
    """The objects of a stream of YAML documents, without the empty documents; what is no object is not sorted out.

    Raises:
        yaml.YAMLError: It is no YAML.
    """
    return [item for item in yaml.load_all(text, Loader=_LOADER) if item]
