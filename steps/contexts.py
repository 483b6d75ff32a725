"""Phrases on runs in a cluster that is there before them: what they find out, and what they leave alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kube_acceptance.cluster import Cluster, owner
from kube_acceptance.fault import policy_engine
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state.inventory import NOTED
from kube_acceptance.suite import Suite
from kube_acceptance.vocabulary import assertion, given, must, some
from kube_acceptance.wait import Seen, eventually
from steps.harness import in_its_context

ACCOUNT = "nobody"
GONE_WITHIN = 120.0  # seconds
# what a cluster changes by itself all the time
RESTLESS = (*NOTED, "leases.coordination.k8s.io", "nodes.metrics.k8s.io", "componentstatuses")

Outside = dict[str, tuple[str, int]]
"""What stands outside of the namespaces of runs: its UID and generation, by kind, namespace and name."""

OF_NAMESPACE = ("claimRef", "parentRef")
"""What has no namespace and belongs to one says so in its spec: a volume by its claim, an IPAddress by its Service."""


@given('the example project "{name}" in the context of this cluster', target_fixture="suite")
def project_in_context(example: Callable[..., Suite], cluster: Cluster, name: str) -> Suite:
    return in_its_context(example(name), cluster)


@given("the account of that context has no rights", target_fixture="suite")
def account_without_rights(suite: Suite, cluster: Cluster, session: Session, tmp_path: Path) -> Suite:
    namespace = session.new_namespace("nobody")
    cluster.core.create_namespaced_service_account(namespace, {"metadata": {"name": ACCOUNT}})
    token = cluster.core.create_namespaced_service_account_token(ACCOUNT, namespace, {"spec": {}}).status.token
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    for user in config["users"]:
        user["user"] = {"token": token}
    file = tmp_path / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(config))
    return replace(suite, env={"KUBECONFIG": str(file)})


@given("this cluster enforces no network policies while the scenario lasts")
def nothing_is_enforced(cluster: Cluster, session: Session, afterwards: ExitStack) -> None:
    note(policy_engine.stop(cluster, labels=session.labels, afterwards=afterwards))


@pytest.fixture
def outside_before(cluster: Cluster) -> Outside:
    def look() -> Seen[Outside]:
        going = [each.metadata.name for each in _namespaces(cluster) if owner.has_ended(each.metadata.labels)]
        items = _items(cluster)
        there = {item["metadata"]["name"] for item in items if item["kind"] == "Namespace"}
        going += [_where(item) for item in items if _namespace_of(item) not in ("", *there)]
        outside = _outside(cluster, items)
        # a pod that becomes ready changes the endpoints of its Service
        rising = [_where(item) for item in items if _where(item) in outside and not _is_settled(item)]
        seen = [
            *([f"{', '.join(going)} of runs that have ended are there still"] if going else []),
            *([f"{', '.join(rising)} are not ready"] if rising else []),
        ]
        return Seen(not seen, "; ".join(seen), outside)

    return eventually("the cluster to be at rest", look, within=GONE_WITHIN) or {}


@given("all that stands outside of the run's namespaces")
def remembered(outside_before: Outside) -> None:
    note(f"{len(outside_before)} objects")


@assertion("nothing outside of the run's namespaces has changed, and none of them is left")
def nothing_changed(cluster: Cluster, outside_before: Outside) -> None:
    now = _outside(cluster, _items(cluster))
    some(now, what="objects")
    different = outside_before.items() ^ now.items()
    must((f"{name} has come, gone or changed" for name in sorted({name for name, _ in different})), of="objects")
    note(f"{len(now)} objects")


def _namespaces(cluster: Cluster) -> list[Any]:
    return list(cluster.core.list_namespace(label_selector=owner.RUN_LABEL).items)


def _outside(cluster: Cluster, items: list[Any]) -> Outside:
    # what this run itself has beside the one that it watches
    ours = {each.metadata.name for each in _namespaces(cluster) if not owner.has_ended(each.metadata.labels)}
    return {
        _where(item): (item["metadata"].get("uid", ""), item["metadata"].get("generation", 0))
        for item in items
        if not ours & {_namespace_of(item), item["metadata"]["name"]}
    }


def _items(cluster: Cluster) -> list[Any]:
    found: list[Any] = []
    for namespaced in ("true", "false"):
        said = cluster.kubectl("api-resources", f"--namespaced={namespaced}", "--verbs", "list", "--output", "name")
        kinds = ",".join(kind for kind in said.stdout.split() if kind not in RESTLESS)
        found += json.loads(cluster.kubectl("get", kinds, "-A", "--output", "json").stdout)["items"]
    return found


def _is_settled(item: Any) -> bool:
    status = item.get("status") or {}
    match item["kind"]:
        case "Pod":
            ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or ())
            return ready or status.get("phase") in ("Succeeded", "Failed")
        case "EndpointSlice":
            return all(each["conditions"].get("ready") is not False for each in item.get("endpoints") or ())
    return True


def _namespace_of(item: Any) -> str:
    refers = [of for of in map((item.get("spec") or {}).get, OF_NAMESPACE) if of]
    return next((of["namespace"] for of in (item["metadata"], *refers) if "namespace" in of), "")


def _where(item: Any) -> str:
    return "/".join((item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]))
