"""Phrases on runs in a cluster that is there before them: what they find out, and what they leave alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kube_acceptance.cluster import Cluster, owner
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state.inventory import NOTED
from kube_acceptance.suite import Suite
from kube_acceptance.vocabulary import assertion, given, must, some
from kube_acceptance.wait import Seen, eventually

ACCOUNT = "nobody"
GONE_WITHIN = 120.0  # seconds
# what a cluster changes by itself all the time
RESTLESS = (*NOTED, "leases.coordination.k8s.io", "nodes.metrics.k8s.io", "componentstatuses")

Outside = dict[str, tuple[str, int]]
"""What stands outside of the namespaces of runs: its UID and generation, by kind, namespace and name."""


@given('the example project "{name}" in the context of this cluster', target_fixture="suite")
def project_in_context(example: Callable[..., Suite], cluster: Cluster, name: str) -> Suite:
    context = yaml.safe_load(cluster.kubeconfig.read_text())["current-context"]
    return replace(example(name, "--cluster", context), env={"KUBECONFIG": str(cluster.kubeconfig)})


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


@pytest.fixture
def outside_before(cluster: Cluster) -> Outside:
    def look() -> Seen[Outside]:
        going = [each.metadata.name for each in _namespaces(cluster) if owner.has_ended(each.metadata.labels)]
        return Seen(not going, f"{', '.join(going)} of runs that have ended are there still", _outside(cluster))

    return eventually("the namespaces of earlier runs to be gone", look, within=GONE_WITHIN) or {}


@given("all that stands outside of the run's namespaces")
def remembered(outside_before: Outside) -> None:
    note(f"{len(outside_before)} objects")


@assertion("nothing outside of the run's namespaces has changed, and none of them is left")
def nothing_changed(cluster: Cluster, outside_before: Outside) -> None:
    now = _outside(cluster)
    some(now, what="objects")
    different = outside_before.items() ^ now.items()
    must((f"{name} has come, gone or changed" for name in sorted({name for name, _ in different})), of="objects")
    note(f"{len(now)} objects")


def _namespaces(cluster: Cluster) -> list[Any]:
    return list(cluster.core.list_namespace(label_selector=owner.RUN_LABEL).items)


def _outside(cluster: Cluster) -> Outside:
    # what this run itself has beside the one that it watches
    ours = {each.metadata.name for each in _namespaces(cluster) if not owner.has_ended(each.metadata.labels)}
    found: Outside = {}
    for namespaced in ("true", "false"):
        said = cluster.kubectl("api-resources", f"--namespaced={namespaced}", "--verbs", "list", "--output", "name")
        kinds = ",".join(kind for kind in said.stdout.split() if kind not in RESTLESS)
        for item in json.loads(cluster.kubectl("get", kinds, "-A", "--output", "json").stdout)["items"]:
            data, claim = item["metadata"], (item.get("spec") or {}).get("claimRef") or {}
            if not ours & {data.get("namespace"), data["name"], claim.get("namespace")}:
                where = "/".join((item["kind"], data.get("namespace", ""), data["name"]))
                found[where] = (data.get("uid", ""), data.get("generation", 0))
    return found
