"""Hosts that texts, files and processes name: by which somebody would get outside of the cluster."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

# RFC 3986: a scheme, and the host after a user's name, up to its port or path
_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s/@\"'<>]*@)?(\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)", re.I
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
# variables by which programs are told where others are
_TELLING = re.compile(r"(HOST|HOSTS|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER|PROXY)$", re.I)
LOCAL = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "[::1]", "[::]"})


def named(text: str) -> set[str]:
    """The hosts of the URLs in a text, and its IPv4 addresses."""
    hosts = {match.lower() for match in _URL.findall(text)}
    return hosts | {match for match in _IPV4.findall(text) if _is_address(match)}


def told(environment: Mapping[str, str]) -> dict[str, set[str]]:
    """The hosts that a process is told of by its environment, by the variables' names."""
    found = {name: named(value) for name, value in environment.items()}
    for name, value in environment.items():
        if _TELLING.search(name) and value and not found[name]:
            found[name] = {value.lower().partition(":")[0]}
    return {name: hosts for name, hosts in found.items() if hosts}


def foreign(hosts: Iterable[str], *, inside: Collection[str]) -> Iterator[str]:
    """The hosts that are neither inside of the cluster nor the host itself.

    Args:
        hosts: What was found.
        inside: The names and addresses inside, in each form that somebody may use.
    """
    for host in sorted(set(hosts)):
        if host not in LOCAL and host not in inside and not _is_own(host):
            yield host


def _is_own(host: str) -> bool:
    """Whether an address is the host's own, such as 127.0.1.1."""
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
