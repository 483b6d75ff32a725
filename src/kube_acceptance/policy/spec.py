"""NetworkPolicy objects of networking.k8s.io/v1, read as strictly as an API server reads them.

The fields and what each may hold: the API reference of NetworkPolicy v1, and what kube-apiserver refuses beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Self

from kubernetes import client
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError, model_validator

from kube_acceptance.errors import PolicyError
from kube_acceptance.probe.outcome import Protocol

API = "networking.k8s.io/v1"
KIND = "NetworkPolicy"
_PORT_NAME = re.compile(r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")


class Direction(StrEnum):
    """A direction of traffic, as the pod sees it that a policy selects."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


def _network(value: Any) -> Any:
    # an address without a length is a network to Python, and no CIDR to Kubernetes
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"{value!r} is not a CIDR, which is ADDRESS/LENGTH")
    try:
        # bits beyond the length mean nothing; older API servers took them, newer ones refuse them in new objects
        return ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is not a CIDR, which is ADDRESS/LENGTH") from None


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


def _items(value: Any) -> Any:
    # as an API server decodes it: a null list is an empty one, and null in it an item of which nothing is said
    if value is None:
        return ()
    return [{} if item is None else item for item in value] if isinstance(value, list) else value


Items = BeforeValidator(_items)
Table = BeforeValidator(lambda value: {} if value is None else value)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Operator(StrEnum):
    """How a label is compared."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class Requirement(_Part):
    """One line of `matchExpressions`."""

    key: str
    operator: Operator
    values: Annotated[tuple[str, ...], Items] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.operator in (Operator.IN, Operator.NOT_IN) and not self.values:
            raise ValueError(f"{self.operator} needs values")
        if self.operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and self.values:
            raise ValueError(f"{self.operator} takes no values")
        return self

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it; who lacks the label is not in, and therefore also "not in", any set."""
        match self.operator:
            case Operator.IN:
                return self.key in labels and labels[self.key] in self.values
            case Operator.NOT_IN:
                return self.key not in labels or labels[self.key] not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels


class Selector(_Part):
    """A label selector; an empty one matches everything."""

    matchLabels: Annotated[dict[str, str], Table] = Field(default_factory=dict)  # noqa: N815 (the API's own name)
    matchExpressions: Annotated[tuple[Requirement, ...], Items] = ()  # noqa: N815

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return not self.matchLabels and not self.matchExpressions

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil all that it asks."""
        return self.matchLabels.items() <= labels.items() and all(
            requirement.matches(labels) for requirement in self.matchExpressions
        )


class IPBlock(_Part):
    """A range of addresses without others of it."""

    cidr: Network
    excluded: Annotated[tuple[Network, ...], Items] = Field(default=(), alias="except")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for inner in self.excluded:
            inside = inner.version == self.cidr.version and inner.subnet_of(self.cidr)  # type: ignore[arg-type]
            if not inside or inner == self.cidr:
                raise ValueError(f"except {inner} is not a part of {self.cidr}")
        return self

    @property
    def everything(self) -> bool:
        """Whether it holds every address of its family."""
        return self.cidr.prefixlen == 0 and not self.excluded

    def holds(self, address: str) -> bool:
        """Whether an address is in it."""
        found = ip_address(address)
        return found in self.cidr and not any(found in inner for inner in self.excluded)


class Peer(_Part):
    """One entry of `from` or `to`; what stands together in it must all be true."""

    podSelector: Selector | None = None  # noqa: N815
    namespaceSelector: Selector | None = None  # noqa: N815
    ipBlock: IPBlock | None = None  # noqa: N815

    @model_validator(mode="after")
    def _sound(self) -> Self:
        selects = self.podSelector is not None or self.namespaceSelector is not None
        if self.ipBlock is not None and selects:
            raise ValueError("ipBlock stands beside a selector; each needs a peer of its own")
        if self.ipBlock is None and not selects:
            raise ValueError(
                "a peer needs podSelector, namespaceSelector or ipBlock; leave the list out to mean everybody"
            )
        return self

    @property
    def everybody(self) -> bool:
        """Whether it tells no pods, or no addresses, from others."""
        if self.ipBlock is not None:
            return self.ipBlock.everything
        return bool(self.namespaceSelector and self.namespaceSelector.empty) and (
            self.podSelector is None or self.podSelector.empty
        )


class Port(_Part):
    """One entry of `ports`; without a port, every port of its protocol."""

    protocol: Annotated[Protocol, BeforeValidator(lambda value: Protocol.TCP if value is None else value)] = (
        Protocol.TCP
    )
    port: StrictInt | str | None = None
    endPort: StrictInt | None = None  # noqa: N815

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, number in (("port", self.port), ("endPort", self.endPort)):
            if isinstance(number, int) and not 1 <= number <= 65535:
                raise ValueError(f"{name} {number} is not from 1 to 65535")
        if isinstance(self.port, str) and not _PORT_NAME.fullmatch(self.port):
            raise ValueError(f"port {self.port!r} is no name of a port (numbers are written without quotes)")
        if self.endPort is not None:
            if not isinstance(self.port, int):
                raise ValueError("endPort needs a port that is a number")
            if self.endPort < self.port:
                raise ValueError(f"endPort {self.endPort} is less than port {self.port}")
        return self

    def matches(self, number: int, protocol: Protocol, names: Mapping[tuple[str, Protocol], int]) -> bool:
        """Whether a port of the target is meant.

        Args:
            number: The port.
            protocol: Its protocol.
            names: The target's named ports; none when it is no pod, and then a name means nothing.
        """
        if protocol is not self.protocol:
            return False
        if self.port is None:
            return True
        if isinstance(self.port, str):
            return names.get((self.port, protocol)) == number
        return self.port <= number <= (self.endPort or self.port)


class Rule(_Part):
    """One rule: no peers are everybody, no ports are all."""

    ports: Annotated[tuple[Port, ...], Items] = ()
    peers: Annotated[tuple[Peer, ...], Items] = ()


class IngressRule(Rule):
    """Who may come in, and to which ports."""

    peers: Annotated[tuple[Peer, ...], Items] = Field(default=(), alias="from")


class EgressRule(Rule):
    """Who may be reached, and on which ports."""

    peers: Annotated[tuple[Peer, ...], Items] = Field(default=(), alias="to")


class Spec(_Part):
    """What a NetworkPolicy says."""

    podSelector: Annotated[Selector, Table] = Field(default_factory=Selector)  # noqa: N815
    ingress: Annotated[tuple[IngressRule, ...], Items] = ()
    egress: Annotated[tuple[EgressRule, ...], Items] = ()
    policyTypes: Annotated[tuple[Direction, ...], Items] = ()  # noqa: N815

    @property
    def directions(self) -> tuple[Direction, ...]:
        """What it isolates; where it does not say: ingress always, egress only with egress rules."""
        if self.policyTypes:
            return self.policyTypes
        return (Direction.INGRESS, Direction.EGRESS) if self.egress else (Direction.INGRESS,)

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """Its rules of a direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress


class NetworkPolicy(_Part):
    """A NetworkPolicy by its name and namespace."""

    namespace: str
    name: str
    spec: Spec

    @classmethod
    def read(cls, item: Mapping[str, Any], namespace: str) -> NetworkPolicy:
        """Read an object.

        Args:
            item: The object.
            namespace: Where it is when it does not say so itself.

        Raises:
            PolicyError: An API server would refuse it; the sentence names the object, the field and what is wrong.
        """
        metadata = item.get("metadata") or {}
        where = metadata.get("namespace") or namespace
        name = metadata.get("name") or "without a name"
        try:
            return cls(namespace=where, name=name, spec=Spec.model_validate(item.get("spec") or {}))
        except ValidationError as error:
            raise PolicyError(
                f"NetworkPolicy {where}/{name} is malformed: {_sentence(error)}",
                hint="An API server drops the field, or refuses the object."
                if _first(error)["type"] == "extra_forbidden"
                else "An API server would refuse it too.",
            ) from error


def is_policy(item: Any) -> bool:
    """Whether an object, plain or the API client's, is a NetworkPolicy; other groups have kinds of that name too."""
    if isinstance(item, Mapping):
        return item.get("kind") == KIND and item.get("apiVersion") == API
    return isinstance(item, client.V1NetworkPolicy)


_SHAPES = {"tuple_type": "a list", "model_type": "an object", "dict_type": "an object", "string_type": "text"}


def _first(error: ValidationError) -> Mapping[str, Any]:
    return error.errors()[0]


def _sentence(error: ValidationError) -> str:
    """The first mistake in words, at the field's path as kubectl writes it."""
    first = _first(error)
    # where a field may be one of several types, pydantic names the type it tried last as part of the path
    parts = [part for part in first["loc"] if part not in ("int", "str")]
    path = "spec" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    if first["type"] == "extra_forbidden":
        return f"{path} is not a field"
    if first["type"] == "missing":
        return f"{path} is missing"
    if first["type"] in _SHAPES:
        return f"{path} must be {_SHAPES[first['type']]}"
    return f"{path}: {first['msg'].removeprefix('Value error, ')}"
