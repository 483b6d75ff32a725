"""Requests as features describe them: rows of a table, sent through the Ingress or straight to a tier."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.probe.doors import ingress_inside
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.traffic.request import CONTENT, Request
from kube_acceptance.vocabulary.durations import seconds

COLUMNS = ("name", "tier", "method", "path", "body", "connections", "takes", "headers", "says")
CONNECTIONS = ("new", "kept")
POD = "pod"  # the name under which is noted which pod answered
SERVED_BY = "header:X-Served-By"
UNIQUE = "$CONTENT"  # without braces, which in features are for what is known before


def requests(release: Release, rows: Sequence[Mapping[str, str]]) -> list[Request]:
    """The requests of a table; only `name` and `path` must be there.

    Args:
        release: The release.
        rows: By `name`, `path`, `method` (GET), `body` (JSON), `connections` (`new`, or `kept` alive), `takes` (how
            long sending the body takes), `headers` (JSON), `tier` (past the Ingress, straight to that tier's Service)
            and `says` (what else to note of answers: headers, and fields as `json:PATH`, with commas between them). In
            the body `$CONTENT` stands for what no other request has.

    Raises:
        ConfigurationError: A row says what cannot be sent.
    """
    return [_request(release, row) for row in rows]


def service_of(release: Release, tier: str) -> str:
    """The URL, without a path, of a tier's Service inside of the cluster, at its first port.

    Raises:
        AcceptanceError: No Service selects that tier.
    """
    for item in release.objects():
        if item["kind"] == "Service" and (item["spec"].get("selector") or {}).get(COMPONENT) == tier:
            return f"http://{item['metadata']['name']}.{release.namespace}.svc:{item['spec']['ports'][0]['port']}"
    raise AcceptanceError(f"no Service of release {release.name} is the {tier} tier's, so it cannot be asked")


def _request(release: Release, row: Mapping[str, str]) -> Request:
    if unknown := next((column for column in row if column not in COLUMNS), ""):
        raise ConfigurationError(f"requests have no {unknown!r}", hint=f"The columns are {', '.join(COLUMNS)}.")
    tier, connections = row.get("tier", ""), row.get("connections") or "new"
    if connections not in CONNECTIONS:
        raise ConfigurationError(f"connections are {' or '.join(CONNECTIONS)}, not {connections!r}")
    where, headers = (service_of(release, tier), {}) if tier else (ingress_inside(release), _host(release))
    headers |= json.loads(row["headers"]) if row.get("headers") else {}
    noted = [item.strip() for item in (row.get("says") or "").split(",") if item.strip()]
    return Request(
        row["name"],
        f"{where}{row['path']}",
        row.get("method") or "GET",
        headers,
        json.loads(row["body"].replace(UNIQUE, CONTENT)) if row.get("body") else None,
        keep_alive=connections == "kept",
        tier=tier,
        says={POD: SERVED_BY} | {item: item if ":" in item else f"header:{item}" for item in noted},
        takes=seconds(row["takes"]) if row.get("takes") else 0.0,
    )


def _host(release: Release) -> dict[str, str]:
    return {"Host": release.ingress_host()}
