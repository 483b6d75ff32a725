from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.errors import ProbeError
from kube_acceptance.security import finder
from kube_acceptance.security.tokens import Found, asking, given, identity, judge, wrong

AUTOMOUNTED = {"name": "api", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
OLD = {"name": "old", "secret": {"secretName": "till-token"}}
PASSWORD = {"name": "password", "secret": {"secretName": "password"}}


def jwt(subject: str) -> bytes:
    parts = ({"alg": "RS256"}, {"sub": subject})
    return b".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts), b"sig"])


TOKEN = jwt("system:serviceaccount:shop:till")


def spec(*volumes: dict[str, Any], mounts: tuple[tuple[str, str], ...] = (), **container: Any) -> dict[str, Any]:
    mounted = [{"name": name, "mountPath": path} for name, path in mounts]
    return {"volumes": list(volumes), "containers": [{"name": "till", "volumeMounts": mounted, **container}]}


def test_a_token_is_known_by_who_it_speaks_of() -> None:
    assert finder.is_token(TOKEN)
    assert finder.is_token(TOKEN + b"\n")
    assert not finder.is_token(jwt("a person"))
    assert not finder.is_token(b"a.b.c")
    assert not finder.is_token(b"")
    assert not finder.is_token(b"1.2.3.4")


def proc(tmp_path: Path, *, mounts: str, environ: bytes = b"A=b\0") -> tuple[Path, Path]:
    """A /proc with a process of this container's own, and one of another, whose root it returns too."""
    there, root = tmp_path / "proc", tmp_path / "root"
    for name, namespace in (("self", "own"), ("7", "own"), ("1", "other"), ("9", "gone")):
        (there / name / "ns").mkdir(parents=True)
        (there / name / "ns" / "mnt").symlink_to(namespace)
        (there / name / "stat").write_text(f"1 (a) b) {'Z' if namespace == 'gone' else 'S'} 0")
        (there / name / "mountinfo").write_text(mounts)
        (there / name / "environ").write_bytes(environ)
        (there / name / "root").symlink_to(root)
    root.mkdir()
    return there, root


def test_tokens_are_found_in_mounts_in_memory_in_the_usual_folders_and_in_the_environment(tmp_path: Path) -> None:
    mounts = "1 2 0:1 / / ro - overlay none rw\n1 2 0:1 / /my\\040mount ro,x shared:1 - tmpfs none rw\n"
    there, root = proc(tmp_path, mounts=mounts, environ=b"A=b\0GIVEN=" + TOKEN + b"\0")
    for path, text in (
        ("my mount/..2026/token", TOKEN),
        ("my mount/ca.crt", b"no token"),
        ("var/run/secrets/copy", TOKEN),
        ("opt/elsewhere", TOKEN),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text)
    (root / "my mount/token").symlink_to("..2026/token")
    assert finder.main(str(there)) == {
        "places": [
            {
                "mounts": ["/", "/my mount"],
                "looked": 3,
                "tokens": ["/my mount/token", "/var/run/secrets/copy"],
                "variables": ["GIVEN"],
            }
        ],
        "unseen": [],
    }


def test_a_process_that_may_not_be_looked_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, _ = proc(tmp_path, mounts="")

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", "/proc/1/root")

    monkeypatch.setattr(finder, "PAUSE", 0)
    monkeypatch.setattr(finder, "look", refuse)
    assert finder.main(str(there)) == {"places": [], "unseen": ["process 1: Permission denied (/proc/1/root)"]}


def test_a_process_that_only_ends_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, _ = proc(tmp_path, mounts="")
    refusals = [PermissionError(13, "Permission denied"), FileNotFoundError(2, "gone")]

    def end(*_: Any) -> None:
        raise refusals.pop(0)

    monkeypatch.setattr(finder, "PAUSE", 0)
    monkeypatch.setattr(finder, "look", end)
    assert (finder.main(str(there)), refusals) == ({"places": [], "unseen": []}, [])


def test_what_containers_are_given_is_read_from_their_pod() -> None:
    found = given(
        spec(
            AUTOMOUNTED,
            OLD,
            PASSWORD,
            mounts=(("api", "/api"), ("old", "/old"), ("password", "/password")),
            envFrom=[{"secretRef": {"name": "till-token"}}, {"configMapRef": {"name": "x"}}],
            env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "password", "key": "p"}}}],
        ),
        {"till-token"},
    )
    assert found == {
        "till": (
            "has a token mounted at /api",
            "has a token mounted at /old",
            "has a token in its environment, from Secret till-token",
        )
    }
    inside = {"name": "all", "projected": {"sources": [{"secret": {"name": "till-token"}}]}}
    assert given(spec(inside, mounts=(("all", "/all"),)), {"till-token"}) == {"till": ("has a token mounted at /all",)}


def workload(pod: dict[str, Any], kind: str = "Deployment") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "till"}, "spec": {"template": {"spec": pod}}}


@pytest.mark.parametrize(
    ("pod", "automounting", "said"),
    [
        ({**spec(), "automountServiceAccountToken": False}, {"default"}, []),
        ({**spec(), "serviceAccountName": "till"}, {"default"}, []),
        (
            spec(),
            {"default"},
            ["Deployment till has a token mounted into its pods, as the service account default does not decline it"],
        ),
        (
            {**spec(), "automountServiceAccountToken": True},
            set(),
            ["Deployment till has a token mounted into its pods"],
        ),
        (
            spec(AUTOMOUNTED, mounts=(("api", "/api"),)),
            set(),
            ["container till of Deployment till has a token mounted at /api"],
        ),
    ],
)
def test_workloads_that_ask_for_a_token_are_told(pod: dict[str, Any], automounting: set[str], said: list[str]) -> None:
    assert list(asking([workload(pod)], automounting, set())) == said


def test_no_workload_is_a_failure() -> None:
    assert list(asking([], set(), set())) == ["the release has no workload, so nothing was checked"]


def place(mounts: list[str], *found: str) -> dict[str, Any]:
    return {"mounts": mounts, "looked": 2, "tokens": list(found), "variables": []}


def test_a_container_is_known_by_its_mounts() -> None:
    seen = {"places": [place(["/", "/run/secrets/x", "/tmp"], "/run/secrets/x/token"), place(["/"])], "unseen": []}
    assert judge(seen, {"/var/run/secrets/x", "/tmp/"}, "c") == (2, ["holds a token at /run/secrets/x/token"])
    assert judge(seen, set(), "c")[0] == 4
    with pytest.raises(ProbeError, match=r"^c cannot be looked into: no process beside the probe has"):
        judge(seen, {"/data"}, "c")
    with pytest.raises(ProbeError, match=r"^c cannot be looked into: process 1: Permission denied$"):
        judge({"places": [], "unseen": ["process 1: Permission denied"]}, set(), "c")


def test_only_the_components_that_should_hold_a_token() -> None:
    holder = Found("informed", "container a of pod x", ("has a token mounted at /t", "holds a token at /t/token"), 3)
    other = Found("web", "container b of pod y", (), 3)
    assert list(wrong([holder, other], ["informed"])) == []
    assert list(wrong([holder, other], [])) == ["container a of pod x has a token mounted at /t"]
    assert list(wrong([holder, other], ["informed", "web"])) == ["container b of pod y holds no token"]
    given_only = Found("informed", "container a of pod x", ("has a token mounted at /t",), 3)
    assert list(wrong([given_only], ["informed"])) == ["container a of pod x holds no token"]
    ended = Found("informed", "container a of pod x", ("has a token mounted at /t",))
    assert list(wrong([ended], ["informed"])) == ["no informed container runs, so it holds no token"]


def test_the_probe_becomes_the_user_of_the_container() -> None:
    pod: dict[str, Any] = {
        "metadata": {"name": "x"},
        "spec": {"securityContext": {"runAsUser": 5, "runAsGroup": 6}, "containers": [{"name": "a"}]},
        "status": {"containerStatuses": [{"name": "a", "user": {"linux": {"uid": 7, "gid": 8}}}]},
    }
    assert identity(pod, "a") == (7, 8)
    pod["status"] = {}
    assert identity(pod, "a") == (5, 6)
    pod["spec"]["containers"][0]["securityContext"] = {"runAsUser": 9}
    assert identity(pod, "a") == (9, 6)
    pod["spec"] = {"containers": [{"name": "a"}]}
    with pytest.raises(ProbeError, match=r"^container a of pod x does not tell the user that it runs as$"):
        identity(pod, "a")
