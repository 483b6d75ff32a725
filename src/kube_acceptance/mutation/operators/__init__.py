"""Operators: each finds, in what is deployed, every place where one kind of protection can be taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kube_acceptance.mutation.derived import Derived

Object = dict[str, Any]
Operator = Callable[[Sequence[Object]], Iterator[Derived]]
"""What a chart renders, all of it, goes in; a mutant for each place comes out."""
DockerfileOperator = Callable[[str, str], Iterator[Derived]]
"""An image's name and the text of its Dockerfile go in."""
