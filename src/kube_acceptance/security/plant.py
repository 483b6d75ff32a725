"""Plants a canary in every kind of place, so that a look that finds the others nowhere has shown what it would find."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import yaml

from kube_acceptance.probe.containers import PYTHON, SECURITY
from kube_acceptance.release import Chart, Release
from kube_acceptance.release.release import COMPONENT, INSTANCE
from kube_acceptance.scratch import scratch
from kube_acceptance.security.canary import PLANTED, Canary
from kube_acceptance.wait import Seen, eventually

TASK = {"kube-acceptance/task": "T-520"}
PORT = 8080
URL = f"http://localhost:{PORT}/"
RUNS_WITHIN = 60.0  # seconds
EVERY_FORM = f"ConfigMap {PLANTED}"  # where it stands in every form

# logs it and ends; started anew it logs it again, writes it into a file, and answers every request with it
SCRIPT = f"""
import http.server, os, pathlib, sys
print("the value is", sys.argv[1], flush=True)
file = pathlib.Path("/tmp/value")
if not file.exists():
    file.write_text(sys.argv[1])
    sys.exit(1)
class Leaky(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())
http.server.HTTPServer(("", {PORT}), Leaky).serve_forever()
"""


@contextlib.contextmanager
def planted(canary: Canary, release: Release, image: str, engine: docker.DockerClient) -> Iterator[str]:
    """Plant a canary in the namespace of a release, which it makes unfit for anything else, and in an image.

    Args:
        canary: What is planted.
        release: The release.
        image: An image of the cluster that has Python.
        engine: Docker's API.

    Yields:
        The reference of the image that holds it.
    """
    core, namespace = release.cluster.core, release.namespace
    data = dict(enumerate(canary.marks))
    body: dict[str, Any] = {"metadata": _meta(), "data": {f"form-{number}": mark for number, mark in data.items()}}
    core.create_namespaced_config_map(namespace, body)
    core.create_namespaced_secret(namespace, {"metadata": _meta(), "stringData": {"value": canary.value}})
    applied = {"stringData": {"value": canary.value}}  # as kubectl's annotation of what it last applied
    annotations = {"kube-acceptance/applied": json.dumps(applied)}
    core.create_namespaced_service_account(namespace, {"metadata": _meta(annotations)})
    core.create_namespaced_event(namespace, _event(canary, namespace))
    core.create_namespaced_pod(namespace, _pod(canary, release, image))
    _install(canary, release)
    eventually("the planted value to be logged twice", lambda: _restarted(core, namespace), within=RUNS_WITHIN)
    reference = f"kube-acceptance-planted:{secrets.token_hex(4)}"
    engine.images.load(_image(canary, reference))
    try:
        yield reference
    finally:
        engine.images.remove(reference, force=True)


def _meta(annotations: dict[str, str] | None = None) -> dict[str, Any]:
    return {"name": PLANTED, "annotations": {**TASK, **(annotations or {})}}


def _event(canary: Canary, namespace: str) -> dict[str, Any]:
    about = {"kind": "ConfigMap", "name": PLANTED, "namespace": namespace}
    message = f"cannot connect to postgresql://user:{canary.value}@database"
    return {"metadata": _meta(), "involvedObject": about, "message": message, "reason": "Planted", "type": "Normal"}


def _pod(canary: Canary, release: Release, image: str) -> dict[str, Any]:
    container = {
        "name": PLANTED,
        "image": image,
        "command": [*PYTHON, "-c", SCRIPT, canary.value],
        "env": [{"name": "VALUE", "value": canary.value}],
        "securityContext": SECURITY,
        "resources": {"requests": {"cpu": "5m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "96Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "value", "mountPath": "/value"}],
    }
    labels = {INSTANCE: release.name, COMPONENT: PLANTED}
    return {
        "metadata": {**_meta(), "labels": labels},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "value", "secret": {"secretName": PLANTED}}],
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
        },
    }


def _restarted(core: Any, namespace: str) -> Seen[None]:
    pod = core.read_namespaced_pod(PLANTED, namespace)
    [status] = pod.status.container_statuses or [None]
    met = bool(status and status.restart_count and status.state.running)
    return Seen(met, f"the planted pod has been started {status.restart_count + 1 if status else 0} times")


def _install(canary: Canary, release: Release) -> None:
    """A release of a tiny chart: its first revision was given the canary as a value, its second was not."""
    with scratch("planted") as folder:
        Path(folder, "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": PLANTED, "version": "1.0.0"}))
        for values in ({"value": canary.value}, {}):
            chart = Chart(release.chart.helm_program, Path(folder), overrides=values)
            Release(release.cluster, chart, name=PLANTED, namespace=release.namespace).install()


def _image(canary: Canary, reference: str) -> bytes:
    """An image that no container is made of: a layer that holds the value, one that hides it, and a variable with it.

    As `docker save` writes one, so that `docker load` takes it.
    """
    value = canary.value.encode()
    layers = [_tar({"value": value}), _tar({".wh.value": b""})]
    digests = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": [f"VALUE={canary.value}"]},
        "rootfs": {"type": "layers", "diff_ids": digests},
        "history": [{"created_by": f"RUN echo {canary.value} >value"}, {"created_by": "RUN rm value"}],
    }
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": names}]
    documents = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    return _tar({**dict(zip(names, layers, strict=True)), **documents})


def _tar(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
