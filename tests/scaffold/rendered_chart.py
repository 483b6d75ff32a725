"""A chart whose Helm prints what a test gives it, and workloads to give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kube_acceptance.release import Chart
from kube_acceptance.scaffold.holdings import Holdings
from kube_acceptance.scaffold.text import Feature

Object = dict[str, Any]
GROUPS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "Job": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "ServiceMonitor": "monitoring.coreos.com/v1",
}


def labels(tier: str, release: str = "shop") -> dict[str, str]:
    return {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": tier}


def workload(kind: str, tier: str, *, pod: Object | None = None, **spec: Any) -> Object:
    container = {"name": tier, "image": "shop:1", "ports": [{"containerPort": 80}]}
    template = {"metadata": {"labels": labels(tier)}, "spec": {"containers": [container], **(pod or {})}}
    selector = {} if kind == "Job" else {"selector": {"matchLabels": labels(tier)}}
    return made(kind, tier, **selector, template=template, **spec)


def made(kind: str, name: str, **spec: Any) -> Object:
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": {"name": f"shop-{name}"}, "spec": spec}


def noted(item: Object, **annotations: str) -> Object:
    found = {
        key.replace("__", "/").replace("_", "-").replace("helm", "helm.sh"): each for key, each in annotations.items()
    }
    return {**item, "metadata": {**item["metadata"], "annotations": found}}


def holdings(folder: Path, *objects: Object, refuses: str = "no file is refused", values: str = "a: 1\n") -> Holdings:
    """What is held by a chart that renders these objects, but none with a values file of that name."""
    (folder / "prints").write_text(yaml.safe_dump_all(objects))
    (folder / "values.yaml").write_text(values)
    helm = folder / "helm"
    refusal = 'echo "Error: the host is missing" >&2; exit 1'
    helm.write_text(f'#!/bin/sh\ncase "$*" in *"{refuses}"*) {refusal};; esac\nexec cat {folder}/prints\n')
    helm.chmod(0o755)
    return Holdings.of(Chart(helm, folder), "shop")


def steps(feature: Feature, name: str) -> list[str]:
    """The lines of a scenario's steps, without their keywords, as far as it is written at all."""
    found = [scenario for scenario in feature.scenarios if scenario.name == name and scenario.proves]
    return [text for scenario in found for _, text, _ in scenario.steps]
