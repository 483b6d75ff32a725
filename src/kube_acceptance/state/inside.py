"""What a pod sees of the network, by the harness's probe container beside it: its own image may be an empty one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe.containers import PYTHON
from kube_acceptance.probe.ephemeral import Joined, ensure_agent
from kube_acceptance.probe.place import Place
from kube_acceptance.release import Release
from kube_acceptance.state import pods

TIMEOUT = 5  # seconds for one request
_GET = f"""
import json, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout={TIMEOUT})
except urllib.error.HTTPError as error:
    answer = error
except OSError as error:
    sys.exit(print(json.dumps({{"failed": str(getattr(error, "reason", error))}})))
print(json.dumps({{"status": answer.status, "body": answer.read().decode(errors="replace")}}))
"""
_RESOLVE = """
import json, socket, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = sorted({one[4][0] for one in socket.getaddrinfo(name, None)})
    except OSError:
        found[name] = []
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Answer:
    """An answer to HTTP."""

    url: str
    status: int
    body: str


@dataclass(frozen=True)
class Inside:
    """The view from a release's pods.

    Args:
        release: The release.
        image: The probe image.
    """

    release: Release
    image: str

    def get(self, component: str, url: str) -> list[Answer]:
        """What every pod of a tier is answered to a GET; `localhost` in the address is the pod itself.

        Raises:
            AcceptanceError: One gets no answer; the sentence says why.
        """
        answers = []
        for pod in pods.serving(self.release, component):
            said = self._run(pod, _GET, url)
            if "failed" in said:
                raise AcceptanceError(f"pod {pod.metadata.name} gets no answer from {url}: {said['failed']}")
            answers.append(Answer(url, said["status"], said["body"]))
        return answers

    def resolve(self, component: str, *names: str) -> dict[str, list[str]]:
        """The addresses that names have for a tier's first pod; none when a name is not found there."""
        found: dict[str, list[str]] = self._run(pods.serving(self.release, component)[0], _RESOLVE, *names)
        return found

    def _run(self, pod: Any, script: str, *arguments: str) -> Any:
        meta = pod.metadata
        place = Place(meta.name, meta.namespace, meta.name, meta.uid, pod.status.pod_ip)
        return run_beside(self.release, self.image, place, script, *arguments)


def run_beside(
    release: Release, image: str, place: Place, script: str, *arguments: str, joined: Joined | None = None
) -> Any:
    """What a script says as JSON, run by the probe container in a pod of a release; may be called from any thread.

    Args:
        release: The release.
        image: The probe image.
        place: The pod.
        script: Python of the standard library alone.
        arguments: Its arguments.
        joined: The container among whose processes it runs; none if it needs the pod's network alone.

    Raises:
        ProbeError: The probe container is refused or does not start.
    """
    core = client.CoreV1Api(release.cluster.new_client())  # threads must not share one
    container = ensure_agent(core, place, image, joined=joined)
    return json.loads(release.execute(place.pod, *PYTHON, "-c", script, *arguments, container=container))
