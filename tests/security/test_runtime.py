"""What is found wrong with what the kernel says, and which containers are looked into by a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.security import runtime
from kube_acceptance.security.runtime import Inside, ending

NONE, ALL = "0000000000000000", "00000000a80425fb"
SOUND = {
    **{"Name": "web", "Pid": "7", "Uid": "10\t10\t10\t10", "Gid": "10\t10\t10\t10", "Groups": "10 "},
    **dict.fromkeys(runtime.CAPABILITIES, NONE),
    **{"NoNewPrivs": "1", "Seccomp": "2"},
}
WHERE = "container web of pod web-0"
ROOT = {"/": "EROFS", "/var/tmp": "EROFS"}
TMP = {"/tmp": "written"}

Find = Callable[[Inside], Iterator[str]]


def inside(root: dict[str, str] = ROOT, control: dict[str, str] = TMP, closed: str = "", **status: str) -> Inside:
    return Inside(WHERE, [SOUND, {**SOUND, "Pid": "8", **status}], root, control, closed)


@pytest.mark.parametrize(
    "find", [runtime.rooted, runtime.capable, runtime.gaining, runtime.unfiltered, runtime.writable]
)
def test_nothing_is_wrong_with_a_sound_container(find: Find) -> None:
    assert list(find(inside())) == []


@pytest.mark.parametrize(
    ("find", "status", "said"),
    [
        (runtime.rooted, {"Uid": "10\t10\t0\t10"}, "has the user 0 (Uid 10 10 0 10)"),
        (runtime.rooted, {"Gid": "0\t0\t0\t0"}, "has the group 0 (Gid 0 0 0 0)"),
        (runtime.rooted, {"Groups": "10 0 "}, "is in the group 0 (Groups 10 0)"),
        (runtime.capable, {"CapBnd": ALL}, f"has capabilities or may gain some (CapBnd {ALL})"),
        (runtime.capable, {"CapAmb": "01"}, "has capabilities or may gain some (CapAmb 01)"),
        (runtime.gaining, {"NoNewPrivs": "0"}, "may gain privileges (NoNewPrivs 0)"),
        (runtime.unfiltered, {"Seccomp": "0"}, "has no seccomp filter (Seccomp 0)"),
        (runtime.unfiltered, {"Seccomp": "1"}, "has no seccomp filter (Seccomp 1)"),
    ],
)
def test_one_thread_of_many_is_enough(find: Find, status: dict[str, str], said: str) -> None:
    assert list(find(inside(**status))) == [f"web (8) in {WHERE} {said}"]


@pytest.mark.parametrize(
    ("caught", "said"),
    [
        ("0000000000004002", []),
        ("0000000180004000", []),
        ("0000000000000002", [f"web (1) in {WHERE} does not catch SIGTERM (SigCgt {2:016x}), so only SIGKILL ends it"]),
    ],
)
def test_the_first_process_must_catch_the_signal_to_end(caught: str, said: list[str]) -> None:
    seen = Inside(WHERE, [{**SOUND, "SigCgt": NONE}, {**SOUND, "Pid": "1", "SigCgt": caught}], {}, {})
    assert list(runtime.deaf(seen)) == said


def test_a_first_process_that_is_not_seen_is_not_passed_over() -> None:
    said = f"the first process of {WHERE} is not to be seen, so nothing can be said of it"
    assert list(runtime.deaf(inside())) == [said]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            inside(root={"/": "EROFS", "/var/tmp": "written"}),
            f"{WHERE} can write to /var/tmp of its root file system",
        ),
        (
            inside(root={"/": "EACCES"}),
            f"the root file system of {WHERE} is not read-only: writing to / ended with EACCES",
        ),
        (
            inside(control={"/tmp": "EACCES"}),
            f"{WHERE} cannot write to /tmp either (EACCES), so nothing can be said of its root",
        ),
        (inside(closed="no"), f"the file systems of {WHERE} cannot be looked at: no"),
        (inside(root={}), f"nothing was written in {WHERE}, so nothing can be said of its root file system"),
        (inside(control={}), f"nothing was written in {WHERE}, so nothing can be said of its root file system"),
    ],
)
def test_only_a_refusal_as_read_only_beside_a_success_counts(seen: Inside, said: str) -> None:
    assert list(runtime.writable(seen)) == [said]


def test_who_sees_nothing_says_so() -> None:
    with pytest.raises(AcceptanceError) as caught:
        Inside.told(WHERE, {"error": "it is dark"})
    assert caught.value.summary == f"{WHERE} cannot be looked into: it is dark"
    with pytest.raises(AcceptanceError) as caught:
        Inside.told(WHERE, {"threads": []})
    assert caught.value.summary == f"{WHERE} shows no process, so nothing can be said of it"


def test_what_is_told_of_a_closed_container_is_what_the_kernel_shows_everybody() -> None:
    seen = Inside.told(WHERE, {"threads": [SOUND], "closed": "Permission denied"})
    assert (runtime.users(seen), seen.root, seen.closed) == ({"10"}, {}, "Permission denied")


def test_a_workload_without_a_pod_is_not_passed_over() -> None:
    def item(kind: str, name: str) -> dict[str, Any]:
        return {"kind": kind, "metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": name}}}}

    runtime.must_all_run([item("Deployment", "a"), item("Job", "b"), {"kind": "Secret"}], [{"app": "a", "more": "x"}])
    with pytest.raises(AcceptanceError) as caught:
        runtime.must_all_run([item("Deployment", "a"), item("DaemonSet", "c")], [{"app": "a"}])
    assert caught.value.summary == (
        "no pod of DaemonSet c runs with the release's labels, so nothing can be said of it"
    )


def test_stand_ins_are_for_containers_that_end() -> None:
    context = {"runAsNonRoot": True}
    program = {"name": "a", "image": "i", "command": ["a"], "args": ["b"], "readinessProbe": {}, "securityContext": {}}
    first = {"name": "first", "image": "i"}
    stays = {"name": "stays", "image": "i", "restartPolicy": "Always"}
    described: dict[str, Any] = {"securityContext": context, "initContainers": [first, stays], "containers": [program]}
    found = ending({"Job a": described, "Deployment b": described, "Deployment c": {"containers": [program]}})
    sleeps = {"image": "i", "command": ["sleep", "600"]}
    assert {where: spec["containers"] for where, spec in found.items()} == {
        "Job a": [{"name": "first", **sleeps}, {"name": "a", "securityContext": {}, **sleeps}],
        "Deployment b": [{"name": "first", **sleeps}],
    }
    job = found["Job a"]
    assert (job["securityContext"], job["restartPolicy"], "initContainers" in job) == (context, "Never", False)
