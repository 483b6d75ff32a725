"""What comes in from outside: for which hosts and paths, to which Service, by whom, and encrypted or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Deriver, Place, of_kind
from kube_acceptance.mutation.operators.services import DISCARD, UNSERVED

HOST = "kube-acceptance.invalid"
"""A host that nobody asks for (RFC 2606)."""
ELSEWHERE = "/kube-acceptance-elsewhere"
CLASS = "kube-acceptance-nobody"
TYPES = {"Prefix": "Exact", "Exact": "Prefix", "ImplementationSpecific": "Exact"}
"""The type of paths that each is changed to."""

_derived = Deriver(Concern.INGRESS, "ingress-")


def ingresses(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each Ingress removed, served by any controller or by none, without encryption."""
    for ingress in _ingresses(objects):
        spec = ingress.value["spec"]
        yield _derived(ingress, "removed", f"{ingress}", f"there is no {ingress}")
        if name := spec.get("ingressClassName"):
            yield _derived(
                ingress,
                "class-removed",
                f"the ingressClassName of {ingress}",
                f"{ingress} is served by whichever controller is the default, not by {name}",
                ingress.remove("spec", "ingressClassName"),
                signs=("ingressClassName",),
            )
            yield _derived(
                ingress,
                "class-other",
                f"the controller of {ingress}, whose class is one that nobody serves",
                f"{ingress} is of class {CLASS}, which no controller serves",
                ingress.put("spec", "ingressClassName", value=CLASS),
                signs=("ingressClassName",),
            )
        if "defaultBackend" in spec and spec.get("rules"):
            yield _derived(
                ingress,
                "default-removed",
                f"the defaultBackend of {ingress}",
                f"{ingress} has no answer to what no rule of it is for",
                ingress.remove("spec", "defaultBackend"),
                signs=("defaultBackend",),
            )


def encryption(objects: Sequence[Object]) -> Iterator[Derived]:
    """The TLS section of each Ingress removed, without its certificate, and for another host."""
    for ingress in _ingresses(objects):
        sections = ingress.value["spec"].get("tls") or []
        for index, section in enumerate(sections):
            hosts = section.get("hosts") or []
            name = ", ".join(hosts) or "all hosts"
            place = ingress.within(f"tls of {name}", "spec", "tls", index, value=section)
            gone = place.remove() if len(sections) > 1 else ingress.remove("spec", "tls")
            yield _derived(
                place, "tls-removed", f"the {place}", f"{ingress} has no certificate for {name}", gone, signs=hosts
            )
            if secret := section.get("secretName"):
                yield _derived(
                    place,
                    "certificate-removed",
                    f"the secretName of the {place}",
                    f"{ingress} has the controller's certificate for {name}, not that of Secret {secret}",
                    place.remove("secretName"),
                    signs=(secret, *hosts),
                )
            if hosts:
                yield _derived(
                    place,
                    "tls-other-host",
                    f"the hosts of the {place}",
                    f"{ingress} is encrypted for {HOST}, not for {name}",
                    place.put("hosts", value=[HOST]),
                    signs=hosts,
                )


def rules(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each rule removed where there are others, for another host, and for every host."""
    for place, ingress in _rules(objects):
        host = place.value.get("host")
        if len(ingress.value["spec"]["rules"]) > 1:
            yield _derived(place, "rule-removed", f"{place}", f"{ingress} has no {place.part}", place.remove())
        if host:
            yield _derived(
                place,
                "host-other",
                f"the host of {place}; it is {HOST}",
                f"{ingress} serves {HOST}, not {host}",
                place.put("host", value=HOST),
            )
            yield _derived(
                place,
                "host-any",
                f"the host of {place}",
                f"{ingress} serves every host, not {host} alone",
                place.remove("host"),
            )


def paths(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each path removed, moved, wider or narrower, and leading to where nobody listens or to another Service."""
    for rule, ingress in _rules(objects):
        listed = (rule.value.get("http") or {}).get("paths") or []
        for index, path in enumerate(listed):
            name = path.get("path", "/")
            number = f"{index + 1}, " if len(listed) > 1 else ""
            place = rule.within(f"path {number}{name}", "http", "paths", index, value=path)
            if len(listed) > 1:
                yield _derived(place, "path-removed", f"{place}", f"{ingress} has no {place.part}", place.remove())
            yield _derived(
                place,
                "path-moved",
                f"{place}; it is {ELSEWHERE}",
                f"{place} is {ELSEWHERE}",
                place.put("path", value=ELSEWHERE),
            )
            if name != "/":
                yield _derived(
                    place,
                    "path-widened",
                    f"the bounds of {place}",
                    f"{place} stands for every path",
                    *(place.put("path", value="/"), place.put("pathType", value="Prefix")),
                )
            kind = path["pathType"]
            instead = TYPES[kind]
            yield _derived(
                place,
                "path-type-other",
                f"the pathType of {place}; it is {instead}",
                f"the pathType of {place} is {instead}, not {kind}",
                place.put("pathType", value=instead),
                signs=("pathType",),
            )
            yield from _targets(place, objects)


def _targets(path: Place, objects: Sequence[Object]) -> Iterator[Derived]:
    """Where a path leads: a port that its Service has not, another Service."""
    service = (path.value.get("backend") or {}).get("service")
    if not service:
        return
    yield _derived(
        path,
        "port-nobody",
        f"the port of the Service that {path} leads to",
        f"{path} leads to port {DISCARD} of Service {service['name']}, which has none",
        path.put("backend", "service", "port", value={"number": DISCARD}),
        signs=(service["name"],),
    )
    for other in of_kind(objects, "Service"):
        ports = (other.value.get("spec") or {}).get("ports") or []
        if other.item["metadata"]["name"] != service["name"] and ports:
            instead = {"name": other.item["metadata"]["name"], "port": {"number": ports[0]["port"]}}
            yield _derived(
                path,
                "service-other",
                f"the Service that {path} leads to; it is {other}",
                f"{path} leads to {other}, which everybody outside can reach thereby",
                path.put("backend", "service", value=instead),
                part=other.item["metadata"]["name"],
                signs=(service["name"], instead["name"]),
            )


def _ingresses(objects: Sequence[Object]) -> Iterator[Place]:
    """The Ingresses, with signs that failures on the way through them have too: their hosts."""
    for ingress in of_kind(objects, "Ingress"):
        if "spec" in ingress.value:
            hosts = (_host(rule) for rule in ingress.value["spec"].get("rules") or [])
            signs = dict.fromkeys((*ingress.signs, "Ingress", "ingress", *filter(None, hosts), *UNSERVED))
            yield replace(ingress, signs=tuple(signs))


def _rules(objects: Sequence[Object]) -> Iterator[tuple[Place, Place]]:
    """The rules, each with its Ingress."""
    for ingress in _ingresses(objects):
        for index, rule in enumerate(ingress.value["spec"].get("rules") or []):
            part = f"rule {index + 1}" + (f" for {_host(rule)}" if _host(rule) else "")
            yield ingress.within(part, "spec", "rules", index, value=rule), ingress


def _host(rule: Mapping[str, Any]) -> str:
    return str(rule.get("host") or "")


OPERATORS = (ingresses, encryption, rules, paths)
