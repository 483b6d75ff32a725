"""The proxy that is injected: Traefik as a sidecar, which hands on what comes for each port of its pod."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from kube_acceptance.mesh.ports import Port

FOLDER = "/etc/kube-acceptance-proxy"
FILE = "proxy.yaml"


def settings(ports: Sequence[Port]) -> str:
    """What is handed on where: HTTP request by request, all else connection by connection."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for port in ports:
        name = _name(port)
        if port.is_http:
            kind, rule, server = "http", "PathPrefix(`/`)", {"url": f"http://127.0.0.1:{port.number}"}
        else:
            kind, rule, server = "tcp", "HostSNI(`*`)", {"address": f"127.0.0.1:{port.number}"}
        routes = found.setdefault(kind, {"routers": {}, "services": {}})
        routes["routers"][name] = {"entryPoints": [name], "rule": rule, "service": name}
        routes["services"][name] = {"loadBalancer": {"servers": [server]}}
    written: str = yaml.safe_dump(found)
    return written


def arguments(ports: Sequence[Port]) -> list[str]:
    """The proxy's command line."""
    # who is at the other end has been said by the Ingress controller already, and what runs here may believe it
    entries = [
        argument
        for port in ports
        for argument in (
            f"--entrypoints.{_name(port)}.address=:{port.before}",
            f"--entrypoints.{_name(port)}.forwardedheaders.insecure=true",
        )
    ]
    return [
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        f"--providers.file.filename={FOLDER}/{FILE}",
        "--log.format=json",
        "--accesslog=true",
        "--accesslog.format=json",
        *entries,
    ]


def _name(port: Port) -> str:
    return f"port-{port.number}"
