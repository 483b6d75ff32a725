"""Docker: the engine, BuildKit, and what the engine has for a cluster."""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests
from docker import from_env
from docker.errors import DockerException, ImageNotFound

from kube_acceptance.cluster.kind import CLUSTER_LABEL
from kube_acceptance.command import CommandError, run
from kube_acceptance.doctor.finding import Finding, missing, ok, warning
from kube_acceptance.doctor.machine import is_free
from kube_acceptance.errors import MachineError

ANSWERS_WITHIN = 4  # seconds
OLDEST = (20, 10)  # the constitution's Docker v20
GIB = 1024**3
# A first run of a small application takes about 7 GiB: images, BuildKit's cache, and what two nodes unpack.
DISK_NEEDED, DISK_COMFORTABLE = 4 * GIB, 10 * GIB
# Two nodes with the application take about 2 GiB when nothing else runs.
MEMORY_NEEDED, MEMORY_COMFORTABLE = 2 * GIB, 4 * GIB
INSTALL_COMMAND = "Install Docker's command (kube-acceptance's deploy/machine/up does)."
START = (
    "Start Docker; on Debian and Ubuntu kube-acceptance's deploy/machine/up does, and installs it where it is missing."
)


class Docker:
    """The engine as checks see it: asked once, by whoever comes first; all hear the same error.

    Args:
        connect: Reaches the engine; given by tests.
    """

    def __init__(self, connect: Callable[[], Any] | None = None) -> None:
        self._connect = connect or (lambda: from_env(timeout=ANSWERS_WITHIN))
        self._lock = threading.Lock()
        self._client: Any = None
        self._info: dict[str, Any] = {}
        self._error: MachineError | None = None

    @property
    def client(self) -> Any:
        """Docker's API; raises MachineError when it does not answer."""
        self._ask()
        return self._client

    @property
    def info(self) -> dict[str, Any]:
        """What the engine says of itself; raises MachineError when it does not answer."""
        self._ask()
        return self._info

    def _ask(self) -> None:
        with self._lock:
            if self._error:
                raise self._error
            if self._client is None:
                try:
                    client = self._connect()
                    self._info = client.info()
                    self._client = client
                except (DockerException, requests.RequestException, OSError) as error:
                    self._error = _unreachable(str(error))
                    raise self._error from error


def _unreachable(said: str) -> MachineError:
    if "Permission denied" in said:
        return MachineError(
            "this user may not reach Docker", hint='As root: usermod -aG docker "$USER", then log in anew.'
        )
    if "timed out" in said.lower():
        return MachineError(f"Docker does not answer within {ANSWERS_WITHIN} s", hint="Restart Docker.")
    return MachineError("Docker is not running", hint=START)


def engine(docker: Docker) -> Finding:
    """Whether Docker answers, and is new enough."""
    version = docker.client.version()
    said = str(version.get("Version", ""))
    found = f"{said}, API {version.get('ApiVersion')}, {docker.info.get('OSType')}"
    numbers = re.match(r"(\d+)\.(\d+)", said)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        return missing(f"{found} is too old", "Install Docker 20.10 or newer.")
    return ok(found)


def depending(docker: Docker, look: Callable[[Docker], Finding]) -> Callable[[], Finding]:
    """A check that can tell nothing without Docker; that Docker is missing, another line says."""

    def check() -> Finding:
        try:
            _ = docker.info
        except MachineError as error:
            return warning(f"cannot be told: {error.summary}", "See Docker engine above.")
        return look(docker)

    return check


def command() -> Finding:
    """The docker command, which builds images, and whether the engine still understands it."""
    if shutil.which("docker") is None:
        return missing("not installed", INSTALL_COMMAND)
    done = run(
        ["docker", "version", "--format", "{{.Client.Version}}, API {{.Client.APIVersion}}"],
        timeout=ANSWERS_WITHIN,
        check=False,
    )
    # an engine that does not answer at all has a line of its own
    if refusal := next((line for line in done.stderr.splitlines() if "API version" in line), ""):
        return missing(f"command and engine do not fit: {refusal}", "Bring both to about the same version.")
    return ok(done.stdout.strip().split("\n")[0] or "installed")


def buildx() -> Finding:
    """BuildKit, which images are built with, by the docker command."""
    if shutil.which("docker") is None:
        return missing("there is no docker command", INSTALL_COMMAND)
    try:
        said = run(["docker", "buildx", "version"], timeout=ANSWERS_WITHIN).stdout.split()
    except CommandError:
        return missing(
            "docker buildx is not installed",
            "Install Docker's buildx plugin (kube-acceptance's deploy/machine/up does).",
        )
    found = said[1] if len(said) > 1 else "of unknown version"
    inspected = ""
    with contextlib.suppress(CommandError):  # an engine that hangs has a line of its own
        inspected = run(["docker", "buildx", "inspect"], timeout=ANSWERS_WITHIN, check=False).stdout
    driver = re.search(r"^Driver:[ \t]+(\S+)", inspected, re.MULTILINE)
    if driver and driver[1] != "docker":
        return warning(
            f"{found}, but its builder has the driver {driver[1]}, whose images Docker does not have",
            "docker buildx use default",
        )
    return ok(f"{found}, builder of the engine itself" if driver else found)


def disk(docker: Docker, usage: Callable[[str], Any] = shutil.disk_usage) -> Finding:
    """Room where Docker keeps its data."""
    root = str(docker.info.get("DockerRootDir", ""))
    if not Path(root).is_dir():
        return ok(f"{root or 'Docker'} is not on this machine: Docker runs elsewhere or in a virtual machine")
    free = usage(root).free
    found = f"{_gib(free)} free in {root}"
    if free < DISK_NEEDED:
        return missing(f"{found}, and a run needs {_gib(DISK_NEEDED)}", "docker system df shows what takes it.")
    if free < DISK_COMFORTABLE:
        return warning(f"{found}; a first run takes about 7 GiB", "docker system df shows what takes it.")
    return ok(found)


def memory_and_cpus(docker: Docker) -> Finding:
    """What the nodes share."""
    memory, cpus = int(docker.info.get("MemTotal", 0)), int(docker.info.get("NCPU", 0))
    found = f"{_gib(memory)}, CPUs: {cpus}"
    if memory < MEMORY_NEEDED:
        return missing(f"{found}; a run needs {_gib(MEMORY_NEEDED)}", "Give Docker (its virtual machine) more memory.")
    if memory < MEMORY_COMFORTABLE or cpus < 2:
        return warning(
            f"{found}; {_gib(MEMORY_COMFORTABLE)} and 2 CPUs are comfortable",
            "Give Docker (its virtual machine) more, or expect time-outs.",
        )
    return ok(found)


def cgroup(docker: Docker) -> Finding:
    """The version of control groups, which decides what the kubelet accepts."""
    version = str(docker.info.get("CgroupVersion", "2"))
    if version == "2":
        return ok("2")
    return warning(
        f"{version}, which a kubelet of 1.35 and newer refuses unless told otherwise (the harness tells it)",
        "Boot with systemd.unified_cgroup_hierarchy=1.",
    )


def image(docker: Docker, reference: str) -> Finding:
    """An image that a run starts from."""
    return images(docker, [reference])


def images(docker: Docker, references: Sequence[str]) -> Finding:
    """Images that a run needs: what is not here is pulled, where a registry answers."""
    absent = [each for each in dict.fromkeys(references) if not _has(docker, each)]
    if not absent:
        return ok(", ".join(dict.fromkeys(references)) or "none is needed")
    return warning(
        f"not here: {', '.join(absent)}",
        "They are pulled where a registry answers; otherwise run kube-acceptance's deploy/closed-network/auto.",
    )


def ingress_port(docker: Docker, mappings: Sequence[dict[str, Any]], cluster: str) -> Finding:
    """The ports of this machine that the cluster is to have.

    Args:
        docker: The engine.
        mappings: Kind's extraPortMappings, of all nodes.
        cluster: The name of the project's cluster: what it holds already is its own.
    """
    if not mappings:
        return warning("the Kind configuration maps no port", "Add extraPortMappings with containerPort 80 to it.")
    fixed = [(str(each.get("listenAddress", "")), int(each.get("hostPort", 0))) for each in mappings]
    wanted = [(address, port) for address, port in fixed if port]
    if not wanted:
        return ok("any free port")
    own = _ports_of(docker, cluster)
    taken = [str(port) for address, port in wanted if port not in own and not is_free(address, port)]
    if taken:
        return missing(
            f"another program uses port {', '.join(taken)}",
            "End it, or give hostPort 0 in the Kind configuration for any free port.",
        )
    return ok(", ".join(f"{port}" + (" (of this project's cluster)" if port in own else "") for _, port in wanted))


def _ports_of(docker: Docker, cluster: str) -> set[int]:
    nodes = docker.client.containers.list(filters={"label": f"{CLUSTER_LABEL}={cluster}"})
    bindings = [one for node in nodes for several in node.ports.values() for one in several or []]
    return {int(one["HostPort"]) for one in bindings}


def _has(docker: Docker, reference: str) -> bool:
    try:
        docker.client.images.get(reference)
    except ImageNotFound:
        return False
    return True


def _gib(count: int) -> str:
    return f"{count / GIB:.1f} GiB"
