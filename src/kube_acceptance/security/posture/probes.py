"""How containers that serve are watched.

The defaults of a probe's fields are those of the API (https://kubernetes.io/docs/reference/kubernetes-api/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kube_acceptance.security.posture.rendered import Container, Rendered
from kube_acceptance.security.posture.rule import rule

WELL = ("true", "/bin/true", "/usr/bin/true", ":", "exit 0")
WAYS = ("exec", "grpc", "httpGet", "tcpSocket")


def _without(rendered: Rendered, probe: str) -> Iterator[str]:
    for each in rendered.containers:
        if each.serves and not each.spec.get(probe):
            yield f"{each} has ports but no {probe}; add one"


@rule("readiness-probe")
def readiness_probe(rendered: Rendered) -> Iterator[str]:
    """Every container that serves is asked whether it can: it gets no request before."""
    return _without(rendered, "readinessProbe")


@rule("liveness-probe")
def liveness_probe(rendered: Rendered) -> Iterator[str]:
    """Every container that serves is asked whether it is alive: one that hangs is restarted."""
    return _without(rendered, "livenessProbe")


@rule("startup-probe")
def startup_probe(rendered: Rendered) -> Iterator[str]:
    """Every container that serves has time to start, which its liveness need not allow for."""
    return _without(rendered, "startupProbe")


@rule("patient-liveness")
def patient_liveness(rendered: Rendered) -> Iterator[str]:
    """Liveness gives up later than readiness: what is busy is relieved of requests before it is killed."""
    for each in rendered.containers:
        readiness, liveness = each.spec.get("readinessProbe"), each.spec.get("livenessProbe")
        if readiness and liveness and _patience(liveness) <= _patience(readiness):
            yield (
                f"{each} is restarted after {_patience(liveness)} s without a livenessProbe's success, not later than"
                f" it is relieved of requests ({_patience(readiness)} s); raise the livenessProbe's failureThreshold"
            )


@rule("prompt-probes")
def prompt_probes(rendered: Rendered) -> Iterator[str]:
    """What cannot serve gets no requests after a minute, and what hangs is restarted within five."""
    for each in rendered.containers:
        for name, longest in (("readinessProbe", 60), ("livenessProbe", 300)):
            if (probe := each.probes.get(name)) and _patience(probe) > longest:
                yield f"the {name} of {each} gives up after {_patience(probe)} s; lower its failureThreshold"


@rule("telling-probes")
def telling_probes(rendered: Rendered) -> Iterator[str]:
    """Every probe asks something that what hangs or has lost its data does not answer."""
    for each in rendered.containers:
        for name, probe in each.probes.items():
            if "tcpSocket" in probe:  # the kernel takes connections for a process that hangs
                yield f"the {name} of {each} asks only whether a port is open; ask by httpGet, grpc or exec"
            if (command := (probe.get("exec") or {}).get("command") or [""])[-1] in WELL:
                yield f"the {name} of {each} runs {' '.join(command)}, which always ends well; run what can fail"


def same_probes(container: Container) -> bool:
    """Whether a container's liveness probe asks the same as its readiness probe."""
    liveness, readiness = (container.spec.get(name) or {} for name in ("livenessProbe", "readinessProbe"))
    return [liveness.get(way) for way in WAYS] == [readiness.get(way) for way in WAYS]


def _patience(probe: Mapping[str, Any]) -> int:
    """After how many seconds of failing it has consequences."""
    return int(probe.get("periodSeconds", 10)) * int(probe.get("failureThreshold", 3))
