"""What is derived from probes."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import changed, one, shop

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import probes

PASSES = {"exec": {"command": ["sh", "-c", "exit 0"]}}


def all_of() -> list[Derived]:
    return [each for operator in probes.OPERATORS for each in operator(shop())]


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "probe"),
    [
        ("startup-removed", "container web of Deployment shop is asked whether it lives while it still starts", None),
        (
            "readiness-removed",
            "container web of Deployment shop gets requests before it is ready, and when it no longer is",
            None,
        ),
        ("liveness-removed", "container web of Deployment shop is not restarted when it hangs", None),
        (
            "readiness-asks-nothing",
            "the readinessProbe of container web of Deployment shop says well of whatever runs",
            {"tcpSocket": {"port": "http"}},
        ),
        (
            "readiness-never-gives-up",
            "the readinessProbe of container web of Deployment shop must fail 300 times, not 3",
            {"httpGet": {"path": "/readyz", "port": "http"}, "failureThreshold": 300},
        ),
        (
            "readiness-asks-liveness",
            "container web of Deployment shop gets requests as long as it lives, whether it can serve or not",
            {"httpGet": {"path": "/livez", "port": "http"}},
        ),
        (
            "liveness-asks-readiness",
            "container web of Deployment shop is restarted when it cannot serve, which a restart may not mend",
            {
                "httpGet": {"path": "/readyz", "port": "http"},
                "failureThreshold": 5,
                "terminationGracePeriodSeconds": 5,
            },
        ),
        (
            "liveness-waits",
            "container web of Deployment shop is given as long to end when it hangs as when it is asked to",
            {"httpGet": {"path": "/livez", "port": "http"}, "failureThreshold": 5},
        ),
        (
            "startup-impatient",
            "container web of Deployment shop is restarted when its startupProbe has failed 6 times, not 60 times",
            {"httpGet": {"path": "/livez", "port": "http"}, "failureThreshold": 6, "periodSeconds": 1},
        ),
    ],
)
def test_a_probe_is_broken(wanted: str, unnoticed: str, probe: dict[str, Any] | None) -> None:
    mutant = one(all_of(), f"{wanted}.deployment-shop.container-web")
    container = changed(mutant)["spec"]["template"]["spec"]["containers"][0]
    assert mutant.unnoticed == unnoticed
    assert container.get(f"{wanted.partition('-')[0]}Probe") == probe


def test_a_command_is_replaced_by_one_that_passes_where_its_shell_is_known() -> None:
    mutant = one(all_of(), "liveness-asks-nothing.deployment-shop.container-clock")
    container = changed(mutant)["spec"]["template"]["spec"]["containers"][1]
    assert container["livenessProbe"] == PASSES


def test_a_command_of_no_known_shell_and_an_open_port_cannot_ask_for_less() -> None:
    probing = [{"exec": {"command": ["/ticks"]}}, {"tcpSocket": {"port": 80}}]
    for probe in probing:
        spec = {"containers": [{"name": "clock", "livenessProbe": probe}]}
        pod = {"kind": "Pod", "metadata": {"name": "clock"}, "spec": spec}
        assert "liveness-asks-nothing" not in {each.operator for each in probes.probes([pod])}
