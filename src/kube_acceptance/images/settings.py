"""What an image's configuration says: labels, ports, and how its program is started."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding

# https://github.com/opencontainers/image-spec/blob/main/annotations.md
PREFIX = "org.opencontainers.image."
LABELS = ("source", "revision", "version", "created")
COMMIT = re.compile(r"[0-9a-f]{40}")
_SOURCE = re.compile(r"(?:https?|ssh|git|git\+ssh)://[^\s@]+(?:@[^\s@]+)?|swh:1:rev:[0-9a-f]{40}")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_SHELLS = ("sh", "ash", "bash", "dash", "ksh", "zsh")


def label(contents: ImageContents, name: str) -> str:
    """One of OCI's labels, as in `revision`; empty where there is none or nobody filled it in."""
    value = str((_settings(contents).get("Labels") or {}).get(PREFIX + name) or "").strip()
    return "" if value == "unknown" else value


def label_findings(contents: ImageContents, *, version: str) -> list[Finding]:
    """Whether OCI's labels tell where an image comes from; whether the revision is true is for `provenance` to say.

    Args:
        contents: The image.
        version: The version that it must bear.
    """
    found = {name: label(contents, name) for name in LABELS}
    return [
        _label("source", found["source"], bool(_SOURCE.fullmatch(found["source"])), "no address of sources"),
        _label("revision", found["revision"], bool(COMMIT.match(found["revision"])), "no commit in full"),
        _label("version", found["version"], found["version"] == version, f"not the chart's {version}"),
        _label("created", found["created"], _is_time(found["created"]), "no time as in RFC 3339"),
    ]


def port_finding(contents: ImageContents, ports: Collection[str]) -> Finding:
    """Whether an image exposes the ports that the chart names for its containers, and no other.

    Args:
        contents: The image.
        ports: Those ports, as in `8000/tcp`.
    """
    exposed = set(_settings(contents).get("ExposedPorts") or ())
    exposed = {each if "/" in each else f"{each}/tcp" for each in exposed}
    if more := sorted(exposed - set(ports)):
        said = f"it exposes {', '.join(more)}, which the chart names for none of its containers"
        return Finding("exposed-ports", False, said)
    if fewer := sorted(set(ports) - exposed):
        return Finding("exposed-ports", False, f"it does not expose {', '.join(fewer)}, which the chart names")
    return Finding("exposed-ports", True, f"it exposes {', '.join(sorted(exposed)) or 'no port'}, as the chart has it")


def exec_form_finding(contents: ImageContents) -> Finding:
    """Whether the program is started itself: a shell before it would be told to stop in its place, and not tell it."""
    settings = _settings(contents)
    started = [*(settings.get("Entrypoint") or ()), *(settings.get("Cmd") or ())]
    if not started:
        return Finding("exec-form", False, "it names no program to start")
    if _is_shell_form(started):
        said = f"it starts {started[0]} {started[1]}, which keeps signals from the program: write a list of words"
        return Finding("exec-form", False, said)
    return Finding("exec-form", True, f"it starts {' '.join(started)}")


def _settings(contents: ImageContents) -> Mapping[str, Any]:
    return contents.config.get("config") or {}


def _is_shell_form(started: list[str]) -> bool:
    return len(started) > 1 and posixpath.basename(started[0]) in _SHELLS and started[1].endswith("c")


def _is_time(text: str) -> bool:
    if not _RFC_3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def _label(name: str, value: str, ok: bool, wrong: str) -> Finding:
    rule = f"label-{name}"
    if not value:
        return Finding(rule, False, f"its label {PREFIX}{name} is missing or unknown")
    return Finding(rule, ok, f"its {name} is {value}" + ("" if ok else f", which is {wrong}"))
