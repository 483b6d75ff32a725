"""What is made in a cluster for a suite of pods; nothing here asks a cluster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from kube_acceptance.cluster.existing import RIGHTS
from kube_acceptance.machines import job

VERSION = "1.37"


def made(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"image": "runner:1", "shards": 3, "options": ["-m", "not serial"], "orders": "{}"}
    given |= {"labels": {"run": "1"}, **changes}
    found = job.objects({"name": "shards-1", "uid": "u"}, **given)
    return {f"{each['kind']} {each['metadata']['name']}": each for each in found}


def test_they_are_valid_and_bear_the_runs_labels() -> None:
    for each in made(roles=["admin"]).values():
        kubernetes_validate.validate(each, VERSION, strict=True)
        assert each["metadata"]["labels"] == {"run": "1"}


def test_an_indexed_job_tries_lost_pods_again_and_refused_ones_not() -> None:
    spec = made()["Job suite"]["spec"]
    assert {name: spec[name] for name in ("completionMode", "completions", "parallelism", "backoffLimitPerIndex")} == {
        "completionMode": "Indexed",
        "completions": 3,
        "parallelism": 3,
        "backoffLimitPerIndex": 2,
    }
    refused, disrupted = spec["podFailurePolicy"]["rules"]
    assert (refused["action"], refused["onExitCodes"]["values"]) == ("FailIndex", [int(pytest.ExitCode.USAGE_ERROR)])
    assert (disrupted["action"], disrupted["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_the_account_may_do_what_a_run_asks_for() -> None:
    verbs = {(rule["apiGroups"][0], rule["resources"][0]): rule["verbs"] for rule in job.rules()}
    for verb, group, resource, part in RIGHTS:
        assert verb in verbs[group, f"{resource}/{part}" if part else resource]
    # nothing of a kind that no right is about, and no change of what is only looked at
    assert len(verbs) == len({(group, resource, part) for _, group, resource, part in RIGHTS})
    assert verbs["", "nodes"] == ["get", "list", "watch"]
    assert verbs["", "pods/log"] == ["get"]
    assert verbs["", "pods/ephemeralcontainers"] == ["get", "patch", "update"]
    assert "*" not in {each for rule in job.rules() for field in rule.values() for each in field}


def test_what_is_of_no_namespace_goes_with_the_runs_own() -> None:
    found = made(roles=["admin"])
    wide = {name: each for name, each in found.items() if "namespace" not in each["metadata"]}
    assert set(wide) == {"ClusterRole shards-1", "ClusterRoleBinding shards-1-0", "ClusterRoleBinding shards-1-1"}
    assert {each["metadata"]["ownerReferences"][0]["uid"] for each in wide.values()} == {"u"}
    assert [each["roleRef"]["name"] for each in wide.values() if "roleRef" in each] == ["shards-1", "admin"]


# ---- the script of a pod, in a shell of this machine with a pytest of a few lines


def script(folder: Path, pytest_says: str, **env: str) -> subprocess.Popen[str]:
    for name in ("reports", "scratch", "bin"):
        (folder / name).mkdir()
    program = folder / "bin" / "pytest"
    program.write_text(f"#!/bin/sh\n{pytest_says}\n")
    program.chmod(0o755)
    text = job.SCRIPT.replace(job.REPORTS, str(folder / "reports")).replace(job.SCRATCH, str(folder / "scratch"))
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.Popen(
        ["sh", "-c", text, "shard", "-m", "not serial"],
        env={"PATH": path, "SHARDS": "3", "JOB_COMPLETION_INDEX": "1", **env},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    # the reader of begun.jsonl goes with a pod's container; here it would stay
    os.killpg(process.pid, 9)
    process.communicate()


def test_a_pod_keeps_its_reports_until_they_are_taken(tmp_path: Path) -> None:
    begun = tmp_path / "reports" / "begun.jsonl"
    process = script(
        tmp_path,
        'echo called with "$@"\n'
        f"printf '[2, 3]\\n\"a.feature::A\"\\n' > {begun}; touch {begun.parent}/run.json; exit 1",
    )
    try:
        assert process.stdout
        said = {process.stdout.readline() for _ in range(2)}
        assert said == {
            f"called with --shard=2/3 --cluster=in-cluster --reports={tmp_path}/reports -m not serial\n",
            'begun: "a.feature::A"\n',
        }
        assert process.poll() is None
        (tmp_path / "scratch" / "fetched").write_text("\n")  # blocks until the pod reads
        assert (tmp_path / "scratch" / "done").exists()
        assert process.wait(timeout=30) == 0
    finally:
        end(process)


@pytest.mark.parametrize(("ends", "status"), [(4, 4), (0, 1)])
def test_a_pod_without_reports_fails(tmp_path: Path, ends: int, status: int) -> None:
    process = script(tmp_path, f"exit {ends}")
    try:
        assert process.wait(timeout=30) == status
        assert not (tmp_path / "scratch" / "done").exists()
    finally:
        end(process)
