"""Every place is looked through, and what is seen is told by its place."""

from __future__ import annotations

import base64
import gzip
import io
import json
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.command import Completed
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images import ImageContents, contents
from kube_acceptance.security import inside, plant
from kube_acceptance.security.canary import PLANTED, Canary, Look
from kube_acceptance.security.places import look_at_image, look_at_logs, look_at_objects

SECRET = Canary("password", "it's/secret+0123456789abcdef")


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def item(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, **more.pop("metadata", {})}, **more}


def history(tree: Any) -> dict[str, Any]:
    data = {"release": encoded(encoded(gzip.compress(json.dumps(tree).encode())))}
    return item("Secret", "sh.helm.release.v1.shop.v1", type="helm.sh/release.v1", data=data)


def cluster(*items: dict[str, Any]) -> Any:
    def kubectl(*words: str) -> Completed:
        if words[0] == "api-resources":
            said = "pods\nsecrets\nevents\nevents.events.k8s.io\npods.metrics.k8s.io\n"
        elif words[:2] == ("get", "namespace"):
            said = json.dumps(item("Namespace", "own"))
        else:
            assert words[1] == "pods,secrets,events"
            said = json.dumps({"items": items})
        return Completed((), 0, said, "", 0.1)

    return Object(kubectl=kubectl)


@pytest.mark.parametrize(
    ("held", "place", "where"),
    [
        (item("Secret", "it", data={"password": encoded(SECRET.value)}), "the Secret", "Secret it"),
        (item("Secret", "copy", data={"password": encoded(SECRET.value)}), "other objects", "Secret copy"),
        (item("ConfigMap", "it", data={"url": f"x://u:{SECRET.value}@y"}), "ConfigMaps", "ConfigMap it"),
        (item("Event", "it", message=SECRET.value), "events", "Event it"),
        (
            item("Secret", "it", metadata={"annotations": {"last": json.dumps({"password": SECRET.value})}}, data={}),
            "other objects",
            "the metadata of Secret it",
        ),
        (history({"config": {"p": SECRET.value}}), "Helm's history", "Helm's record sh.helm.release.v1.shop.v1"),
        (
            history({"manifest": f"data: {{password: {encoded(SECRET.value)}}}"}),
            "Helm's history",
            "Helm's record sh.helm.release.v1.shop.v1",
        ),
    ],
)
def test_objects(held: dict[str, Any], place: str, where: str) -> None:
    look = Look([SECRET])
    look_at_objects(look, cluster(held), "own", "it")
    assert {(each.place, each.where) for each in look.seen} == {(place, where)}


def status(name: str, *, restarts: int = 0, running: bool = True) -> Any:
    state = Object(running=Object() if running else None, terminated=None)
    return Object(name=name, restart_count=restarts, state=state, container_id=f"containerd://{name}")


def pod(*containers: Any, volumes: Any = (), mounts: Any = ()) -> Any:
    named = [Object(name=each.name, volume_mounts=list(mounts)) for each in containers]
    return Object(
        metadata=Object(name="web-0", namespace="own"),
        spec=Object(containers=named, init_containers=None, volumes=list(volumes), node_name="node"),
        status=Object(
            container_statuses=list(containers), init_container_statuses=None, ephemeral_container_statuses=None
        ),
    )


def test_logs_of_before_a_restart_are_read_too() -> None:
    def read(name: str, namespace: str, *, container: str, previous: bool, **_: Any) -> Any:
        return Object(data=SECRET.value.encode() if previous else b"all is well")

    core = Object(
        list_namespaced_pod=lambda _: Object(items=[pod(status("web", restarts=1))]), read_namespaced_pod_log=read
    )
    look = Look([SECRET])
    look_at_logs(look, Object(core=core), "own")  # type: ignore[arg-type]
    assert {each.where for each in look.seen} == {"the log of container web of pod web-0 before it restarted"}
    assert look.looked == {"logs": 2}


def test_layers_that_later_ones_hide_and_the_history_of_an_image_are_read() -> None:
    canary = Canary(PLANTED, SECRET.value)
    with ImageContents("shop:1", io.BytesIO(plant._image(canary, "shop:1"))) as image:
        look = Look([canary])
        look_at_image(look, "shop:1", image)
    assert {each.where for each in look.seen} == {"the configuration of shop:1", "layer 1 of shop:1"}
    assert look.looked == {"image layers": 2, "image configurations": 1}


def test_a_value_that_two_parts_of_a_layer_share_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_CHUNK", 7)
    canary = Canary(PLANTED, SECRET.value)
    with ImageContents("shop:1", io.BytesIO(plant._image(canary, "shop:1"))) as image:
        look = Look([canary])
        look_at_image(look, "shop:1", image)
    assert "layer 1 of shop:1" in {each.where for each in look.seen}


def inside_of(said: str, *containers: Any, **more: Any) -> Look:
    core = Object(list_namespaced_pod=lambda _: Object(items=[pod(*containers, **more)]))
    given: list[bytes] = []

    def on_node(node: str, *command: str, input: bytes) -> str:
        assert node == "node"
        assert command[-1] == "web"
        assert SECRET.value not in " ".join(command)
        given.append(input)
        return said

    look = Look([SECRET])
    inside.look_inside(look, Object(core=core, provider=Object(on_node=on_node)), "own", "it")  # type: ignore[arg-type]
    assert SECRET.value.encode() in given[0].splitlines()
    return look


VOLUME = Object(name="password", secret=Object(secret_name="it"), projected=None)
MOUNT = Object(name="password", mount_path="/var/run/secrets/it")
QUIET = "= environment 12\n= arguments 7\n"


def test_what_the_node_finds_is_told_by_process_and_mount() -> None:
    found = f"\0{SECRET.value}\n"
    said = (
        f"= environment 40\n/proc/1/environ{found}= arguments 7\n= mount /run/secrets/it\n/a{found}"
        f"= mount /tmp\n/b{found}= mount /\n"
    )
    look = inside_of(said, status("web"), volumes=[VOLUME], mounts=[MOUNT])
    assert [(each.place, each.where) for each in look.seen] == [
        ("environments of processes", "the environment of a process of container web of pod web-0"),
        ("mounts of web", "/run/secrets/it of container web of pod web-0"),
        ("other files of containers", "/tmp of container web of pod web-0"),
    ]


def test_a_container_without_any_secret_is_looked_at_too() -> None:
    assert inside_of(f"{QUIET}= mount /tmp\n", status("web")).looked["mounts of web"] == 1


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("= environment 0\n= arguments 7\n", "environments"),
        ("", "environments"),
        ("= environment 9\n", "arguments"),
    ],
)
def test_a_container_that_shows_nothing_fails(said: str, kind: str) -> None:
    with pytest.raises(AcceptanceError, match=rf"^container web of pod web-0 shows no {kind} of processes, so nothing"):
        inside_of(said, status("web"))
