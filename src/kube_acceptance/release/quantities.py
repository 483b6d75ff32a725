"""Quantities as Kubernetes writes them."""

from __future__ import annotations

import math
from decimal import Decimal

from kubernetes.utils import quantity as quantities


def quantity(text: object) -> Decimal:
    """A quantity of Kubernetes, such as `256Mi` or `50m`, as a number."""
    number: Decimal = quantities.parse_quantity(text)  # type: ignore[no-untyped-call]
    return number


def cores(cpus: Decimal) -> str:
    """CPUs in thousandths."""
    return f"{math.ceil(cpus * 1000)}m"


def mebibytes(size: Decimal) -> str:
    """Bytes in mebibytes."""
    return f"{math.ceil(size / 1024**2)}Mi"
