"""A chart that is broken by hand in ten ways that no operator makes: what its features find, and what they miss.

Mutants say how much the features notice of what operators take away. This says how much they notice of other mistakes,
and it is no better than it is: the misses stand here as they are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kube_acceptance.suite import Suite

ROOT = Path(__file__).parents[2]
GUARDED = ROOT / "tests" / "charts" / "guarded"
MISSED = ""
POSTURE, VALID, TABLE = (
    "Its posture is sound",
    "It renders what Kubernetes takes",
    "Only the till reaches the ledger, and only the ingress controller reaches the till",
)
POLICIES = "networkpolicies.yaml"
TILL = "till.yaml"
LEDGER = "ledger.yaml"

WAYS = {
    "a second container has no security context": (
        LEDGER,
        "          volumeMounts: [{name: books, mountPath: /var/lib/ledger}]\n",
        "          volumeMounts: [{name: books, mountPath: /var/lib/ledger}]\n"
        "        - name: exporter\n"
        "          image: registry.example/exporter:1.0\n"
        "          resources: {requests: {cpu: 1m, memory: 8Mi}, limits: {cpu: 10m, memory: 16Mi}}\n",
        POSTURE,
    ),
    "the ledger listens on another port than its policy knows": (
        LEDGER,
        "containerPort: 9000",
        "containerPort: 9001",
        TABLE,
    ),
    "a policy's peer lies in a namespace that there is not": (
        POLICIES,
        "kubernetes.io/metadata.name: ingress",
        "kubernetes.io/metadata.name: ingres",
        TABLE,
    ),
    "names are found by UDP alone": (POLICIES, ", {port: 53, protocol: TCP}", "", TABLE),
    "a field is misspelt": (TILL, "imagePullPolicy: IfNotPresent", "imagePulPolicy: IfNotPresent", VALID),
    "the name of the ledger leads the till to itself": (
        TILL,
        "      automountServiceAccountToken: false\n      securityContext",
        "      automountServiceAccountToken: false\n      hostAliases: [{ip: 127.0.0.1, hostnames: [shop-ledger]}]\n"
        "      securityContext",
        MISSED,
    ),
    "the till asks a ledger that there is not": (TILL, "-ledger:9000", "-legder:9000", MISSED),
    "both workloads run one image": (LEDGER, ".Values.ledger.image", ".Values.till.image", MISSED),
    "the budget is of no pod": (
        TILL,
        "maxUnavailable: 1\n  selector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}, "
        "app.kubernetes.io/component: till}}",
        "maxUnavailable: 1\n  selector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}, "
        "app.kubernetes.io/component: tills}}",
        POSTURE,
    ),
    "the second till fits no second node": (
        TILL,
        "      containers:\n",
        "      affinity:\n        podAntiAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n"
        "            - topologyKey: kubernetes.io/hostname\n"
        "              labelSelector: {matchLabels: {app.kubernetes.io/component: till}}\n"
        "      containers:\n",
        MISSED,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_found_of_a_chart_that_is_broken_by_hand(way: str, tmp_path: Path) -> None:
    file, words, others, finder = WAYS[way]
    root = shutil.copytree(GUARDED, tmp_path / "guarded")
    settings = root / "pyproject.toml"
    settings.write_text(settings.read_text().replace("../../..", str(ROOT)))
    template = root / "chart" / "templates" / file
    text = template.read_text()
    assert words in text
    template.write_text(text.replace(words, others, 1))
    ended = Suite(root, tmp_path / "reports", {}).run("-q", timeout=120)
    red = [each.name for each in ended.run.scenarios() if each.red]
    assert red == ([finder] if finder else []), ended.said
