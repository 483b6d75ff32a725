"""Which checks there are, in the order in which they are shown."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from kube_acceptance import config as configuration
from kube_acceptance.cluster.host import bounding_set
from kube_acceptance.doctor import engine, machine, project
from kube_acceptance.doctor.engine import Docker, depending
from kube_acceptance.doctor.examine import Check
from kube_acceptance.doctor.finding import Finding, missing, ok, warning
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.session import cluster_name
from kube_acceptance.settings import load


def checks(root: Path, *, docker: Docker | None = None) -> list[Check]:
    """The checks for this machine, and for the project in a folder if there is one.

    Args:
        root: The folder.
        docker: The engine; given by tests.
    """
    docker = docker or Docker()
    problem, config = "", None
    if project.is_project(root):
        try:
            config = load(root)
        except ConfigurationError as error:
            problem = str(error)
    cache = configuration.cache_folder()
    server = project.kubernetes_version(config) if config else None
    about_docker = {
        "Disk": engine.disk,
        "Memory and CPUs": engine.memory_and_cpus,
        "Control groups": engine.cgroup,
    }
    return [
        Check("Python", machine.python),
        Check("Docker engine", partial(engine.engine, docker)),
        Check("Docker command", engine.command),
        Check("BuildKit", engine.buildx),
        *(Check(name, depending(docker, look)) for name, look in about_docker.items()),
        Check("CAP_SYS_RESOURCE", lambda: machine.capability(bounding_set())),
        Check("inotify", machine.inotify),
        Check("Packet queue", machine.packet_queue),
        Check("kind", partial(machine.program, "kind", cache=cache)),
        Check("kubectl", partial(machine.program, "kubectl", cache=cache, server=server)),
        Check("helm", partial(machine.program, "helm", cache=cache)),
        Check("Cache folder", partial(machine.cache_folder, cache)),
        Check("Browser", machine.browser),
        Check("npm", machine.npm),
        Check("git", machine.git),
        Check("Proxy", machine.proxy),
        *_of_project(config, problem, docker),
    ]


def _of_project(config: configuration.Config | None, problem: str, docker: Docker) -> list[Check]:
    if problem:
        return [Check("Configuration", lambda: missing(problem, "Correct it there."))]
    if config is None:
        advice = "Run this in the folder whose pyproject.toml has [tool.kube-acceptance] to check the project too."
        return [Check("Configuration", lambda: warning("this folder is no project", advice))]
    image = config.cluster.image

    def ingress(docker: Docker) -> Finding:
        return engine.ingress_port(docker, project.port_mappings(config), cluster_name(config))

    return [
        Check("Configuration", lambda: ok(", ".join(dict.fromkeys(["pyproject.toml", *config.said.values()])))),
        Check("Chart", partial(project.chart, config)),
        Check("Features", partial(project.features, config)),
        *([Check("Node image", depending(docker, lambda d: engine.image(d, image)))] if image else []),
        Check("Base images", depending(docker, lambda d: engine.images(d, project.bases(config)))),
        Check("Other images", depending(docker, lambda d: engine.images(d, config.cluster.images))),
        Check("Vulnerabilities", partial(project.scanner, config)),
        *([Check("Ingress port", depending(docker, ingress))] if config.ingress_value else []),
    ]
