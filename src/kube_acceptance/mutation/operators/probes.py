"""How kubelet watches containers: what it asks, and what it does when there is no good answer.

A readiness or startup probe that always fails is no mutant: nothing would ever be installed, and so nothing be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Place, containers
from kube_acceptance.security.posture.probes import WAYS

STARTUP, READINESS, LIVENESS = "startupProbe", "readinessProbe", "livenessProbe"
WITHOUT = {
    STARTUP: "{it} is asked whether it lives while it still starts",
    READINESS: "{it} gets requests before it is ready, and when it no longer is",
    LIVENESS: "{it} is not restarted when it hangs",
}
SHELLS = ("sh", "bash", "ash", "dash")
NOWHERE = "/kube-acceptance/no-such-path"
THRESHOLD = 3  # failures before a probe has consequences, where the probe does not say
FACTOR = 100


def probes(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each probe removed, asking for nothing but an open port, and with more or less patience than it should have."""
    for container, name, probe in _probes(objects):
        without = WITHOUT[name].format(it=container)
        yield _derived(
            container,
            name,
            "removed",
            takes_away=f"the {name} of {container}",
            unnoticed=without,
            patch=[container.remove(name)],
        )
        if empty := _asks_nothing(container, probe):
            yield _derived(
                container,
                name,
                "asks-nothing",
                takes_away=f"what the {name} of {container} asks; whatever runs passes it",
                unnoticed=f"the {name} of {container} says well of whatever runs",
                patch=[container.put(name, value={**_manner(probe), **empty})],
            )
        patience = int(probe.get("failureThreshold", THRESHOLD))
        if name != STARTUP:
            yield _derived(
                container,
                name,
                "never-gives-up",
                takes_away=f"the end of the patience of the {name} of {container}",
                unnoticed=f"the {name} of {container} must fail {patience * FACTOR} times, not {patience}",
                patch=[container.put(name, "failureThreshold", value=patience * FACTOR)],
            )
        if name != READINESS and patience > 1:
            fewer = max(1, patience // 10)
            times = "once" if fewer == 1 else f"{fewer} times"
            yield _derived(
                container,
                name,
                "impatient",
                takes_away=f"the patience of the {name} of {container}",
                unnoticed=f"{container} is restarted when its {name} has failed {times}, not {patience} times",
                patch=[container.put(name, "failureThreshold", value=fewer)],
            )


def questions(objects: Sequence[Object]) -> Iterator[Derived]:
    """Liveness and readiness each asking what the other asks, if they differ; liveness asking at a wrong address."""
    for container, name, probe in _probes(objects):
        other = {LIVENESS: READINESS, READINESS: LIVENESS}.get(name, "")
        its, others = _question(probe), _question(container.value.get(other) or {})
        if others and its != others:
            then = (
                f"{container} is restarted when it cannot serve, which a restart may not mend"
                if name == LIVENESS
                else f"{container} gets requests as long as it lives, whether it can serve or not"
            )
            yield _derived(
                container,
                name,
                f"asks-{other.removesuffix('Probe')}",
                takes_away=f"the difference of {name} and {other} of {container}",
                unnoticed=then,
                patch=[container.put(name, value={**_manner(probe), **others})],
            )
        if name == LIVENESS and "path" in (probe.get("httpGet") or {}):
            yield _derived(
                container,
                name,
                "wrong-path",
                takes_away=f"the path of the {name} of {container}, which is one that there is not",
                unnoticed=f"{container} is restarted again and again",
                patch=[container.put(name, "httpGet", "path", value=NOWHERE)],
            )
        if name == LIVENESS and "terminationGracePeriodSeconds" in probe:
            yield _derived(
                container,
                name,
                "waits",
                takes_away=f"the terminationGracePeriodSeconds of the {name} of {container}",
                unnoticed=f"{container} is given as long to end when it hangs as when it is asked to",
                patch=[container.remove(name, "terminationGracePeriodSeconds")],
            )


def _derived(
    container: Place, probe: str, operator: str, *, takes_away: str, unnoticed: str, patch: list[dict[str, Any]]
) -> Derived:
    kind = probe.removesuffix("Probe")
    return container.derive(
        f"{kind}-{operator}",
        Concern.PROBE,
        takes_away=takes_away,
        unnoticed=unnoticed,
        patch=patch,
        signs=[probe, f"{kind} probe"],
    )


def _probes(objects: Sequence[Object]) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
    for container in containers(objects):
        for name in (STARTUP, READINESS, LIVENESS):
            if probe := container.value.get(name):
                yield container, name, probe


def _question(probe: Mapping[str, Any]) -> dict[str, Any]:
    """What a probe asks."""
    return {way: probe[way] for way in WAYS if way in probe}


def _manner(probe: Mapping[str, Any]) -> dict[str, Any]:
    """How often, how long and with what consequences it asks."""
    return {field: value for field, value in probe.items() if field not in WAYS}


def _asks_nothing(container: Place, probe: Mapping[str, Any]) -> dict[str, Any]:
    """A question that says nothing: whether a port is open, or whether a shell starts; none where neither is known."""
    if "tcpSocket" in probe:
        return {}
    asked = (probe.get("httpGet") or probe.get("grpc") or {}).get("port")
    ports = [port for port in container.value.get("ports") or [] if port.get("protocol", "TCP") == "TCP"]
    if asked or ports:
        return {"tcpSocket": {"port": asked or ports[0]["containerPort"]}}
    shell = ((probe.get("exec") or {}).get("command") or [""])[0]
    if shell.rpartition("/")[2] in SHELLS:
        return {"exec": {"command": [shell, "-c", "exit 0"]}}
    return {}


OPERATORS = (probes, questions)
