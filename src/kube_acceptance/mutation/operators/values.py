"""What else a setting could be, such that what it is there for is gone: off instead of on, nothing, a hundred times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

FACTOR = 100
PERCENT = 100
HOST = "kube-acceptance.invalid"
"""A host that there is not (RFC 2606)."""
INSIDE = "127.0.0.1"
ANYWHERE = ("0.0.0.0", "::", "[::]")

OPPOSITES = {
    **{"on": "off", "true": "false", "yes": "no", "enable": "disable", "enabled": "disabled"},
    **{"always": "never", "required": "optional", "require": "disable", "strict": "lax"},
}
OTHERS = {
    # what is written to logs, and in which form
    **dict.fromkeys(("json", "structured", "logfmt"), "text"),
    "jsonlog": "stderr",
    **dict.fromkeys(("text", "plain", "console"), "json"),
    **dict.fromkeys(("info", "notice", "warn", "warning", "error"), "debug"),
    **dict.fromkeys(("debug", "trace"), "info"),
    # what is believed without proof
    **dict.fromkeys(("verify-full", "verify-ca", "prefer"), "disable"),
    **dict.fromkeys(("scram-sha-256", "md5", "peer", "cert"), "trust"),
    **dict.fromkeys(("production", "prod"), "development"),
    # what PostgreSQL promises of what it has acknowledged
    **dict.fromkeys(("remote_apply", "remote_write", "local"), "off"),
    **dict.fromkeys(("replica", "logical"), "minimal"),
}
_BACK = {other: one for one, other in OPPOSITES.items() if other not in ("optional", "disable", "lax")}
_ALL = {**OTHERS, **_BACK, **OPPOSITES}

_NUMBER = re.compile(r"(?P<number>\d+)(?P<fraction>\.\d+)?(?P<unit> ?[A-Za-zµ]{0,5}|%)")
_PORT = re.compile(r"(?<!sup)(?<!re)(?<!im)(?<!ex)(?<!trans)port$", re.IGNORECASE)
_PERCENT = re.compile("percent", re.IGNORECASE)
_HOST = re.compile(r"(?:host|hostname|server|address)$", re.IGNORECASE)
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/@\s]*@)?(?P<host>[^/:@\s?#]+)(?P<rest>\S*)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class Other(NamedTuple):
    """Another value, and the word for how it is another."""

    how: str
    value: str


def others(name: str, value: str) -> Iterator[Other]:
    """The other values of a setting; none where nothing is known of what it means.

    Args:
        name: What the setting is called, which tells a port from other numbers.
        value: What it is.
    """
    if value.lower() in _ALL:
        yield Other("opposite", _like(value, _ALL[value.lower()]))
    elif match := _NUMBER.fullmatch(value):
        yield from _numbers(name, match)
    elif match := _URL.fullmatch(value):
        yield Other("host-nowhere", value[: match.start("host")] + HOST + match["rest"])
        if match["scheme"].endswith("s") and match["scheme"][:-1] in ("http", "ws", "redis", "amqp", "ldap", "mqtt"):
            yield Other("unencrypted", value.replace("s://", "://", 1))
    elif value in ANYWHERE:
        yield Other("inside-only", INSIDE)
    elif _HOST.search(name) and _NAME.fullmatch(value):
        yield Other("host-nowhere", HOST)


def _numbers(name: str, match: re.Match[str]) -> Iterator[Other]:
    """Numbers with a unit of time, of bytes or of nothing; to many programs, nothing means without end."""
    number, fraction, unit = int(match["number"]), match["fraction"] or "", match["unit"]
    if _PORT.search(name) and not fraction and not unit:
        yield Other("port-other", str(number + 1 if number < 65535 else number - 1))
        return
    if not number and not fraction.strip(".0"):
        yield Other("not-zero", f"1{unit}")
        return
    yield Other("zero", f"0{unit}")
    if unit == "%" or _PERCENT.search(name):
        if number != PERCENT:
            yield Other("all", f"{PERCENT}{unit}")
    elif number > 1 or fraction or unit:  # one alone mostly means yes
        yield Other("hundredfold", f"{round(float(f'{number}{fraction}') * FACTOR)}{unit}")


def _like(value: str, other: str) -> str:
    """The other word in capitals as the value is."""
    if value.isupper():
        return other.upper()
    return other.capitalize() if value[:1].isupper() else other
