"""A cluster that is there before the run and stays after it: named by a context of the kubeconfig, never guessed.

Nothing is made or changed in it but the run's own namespaces and what is in them. What only whoever runs the cluster
could do (its nodes, its add-ons) is not done: a scenario that needs it does not run, and says so.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import docker
import urllib3.exceptions
from docker.models.containers import Container
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster.lacks import not_run
from kube_acceptance.cluster.silence import ANSWERS_WITHIN, asking_once, trouble
from kube_acceptance.command import CommandError, run
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError
from kube_acceptance.images.build import CONTENT_LABEL
from kube_acceptance.images.load import full_reference, load
from kube_acceptance.images.push import push

KUBECONFIG = "kubeconfig"
"""How the names of kubeconfigs begin in the folder of a cluster."""
MARK = "context"
"""The file in the folder of such a cluster that holds the context's name: nobody removes the cluster with it."""

IMAGES_TOLD = 50  # of more images a node does not tell, unless its kubelet is set to
DEFAULT = "storageclass.kubernetes.io/is-default-class"
# what a run does: in namespaces of its own, but asked for without naming one, since it makes them
RIGHTS = (
    ("create", "", "namespaces", ""),
    ("delete", "", "namespaces", ""),
    ("list", "", "namespaces", ""),
    ("list", "", "nodes", ""),
    ("create", "", "pods", ""),
    ("create", "", "pods", "exec"),
    ("update", "", "pods", "ephemeralcontainers"),
    ("get", "", "pods", "log"),
    ("create", "", "configmaps", ""),
    ("create", "", "secrets", ""),
    ("create", "", "serviceaccounts", ""),
    ("create", "", "services", ""),
    ("list", "", "events", ""),
    ("list", "", "persistentvolumeclaims", ""),
    ("create", "apps", "deployments", ""),
    ("create", "apps", "statefulsets", ""),
    ("list", "apps", "daemonsets", ""),
    ("list", "apps", "replicasets", ""),
    ("create", "batch", "jobs", ""),
    ("create", "networking.k8s.io", "networkpolicies", ""),
    ("list", "discovery.k8s.io", "endpointslices", ""),
)


class Existing:
    """The cluster of a context.

    Args:
        context: The context's name.
        folder: Where a kubeconfig with nothing but this context is kept.
        kubectl: The program.
        engine: Docker's API, by which images reach nodes that are containers of this machine; none where Docker is not.
        registry: The registry that images built here are named after and pushed to; without one nodes must be reached.
        ingress: Where its Ingress controller answers, `HOST` or `HOST:PORT`; empty when nobody has said it.
        strict: Whether what cannot be done fails, instead of leaving out the scenario that needs it.
    """

    lasts = True

    def __init__(
        self,
        context: str,
        *,
        folder: Path,
        kubectl: Path,
        engine: docker.DockerClient | None,
        registry: str = "",
        ingress: str = "",
        strict: bool = False,
    ) -> None:
        self.name = context
        self._folder = folder
        self._kubectl = kubectl
        self._engine = engine
        self._registry = registry
        self._ingress = ingress
        self._strict = strict

    @property
    def kind(self) -> str:
        """What a report calls it."""
        return f"context {self.name}"

    @cached_property
    def kubeconfig(self) -> Path:
        """A kubeconfig with nothing but this context.

        It is named after what is in it: another run may mean another cluster, or another account, by the same name.

        Raises:
            ClusterError: There is no such context.
        """
        text = self._context()
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / MARK).write_text(self.name)
        file = self._folder / f"{KUBECONFIG}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        part = self._folder / f"{os.getpid()}.part"
        part.touch(mode=0o600)
        part.write_text(text)
        return part.replace(file)  # whole or not at all: another process may be reading it

    def must_serve(self) -> None:
        """Find out whether a run can begin, and tell what there is.

        Raises:
            ClusterError: There is no such context, its server does not answer, or the account may not do what a run
                does; all that it may not is told together.
        """
        api = asking_once(self.kubeconfig)
        try:
            version = client.VersionApi(api).get_code(_request_timeout=ANSWERS_WITHIN).git_version
            missing = [_words(right) for right in RIGHTS if not _may(api, right)]
            there = "" if missing else "; ".join(_holdings(api))
        except (ApiException, urllib3.exceptions.HTTPError) as error:
            raise ClusterError(f"context {self.name}: {trouble(error, api.configuration.host)}") from error
        if missing:
            raise ClusterError(
                f"context {self.name}: the account may not do {len(missing)} of {len(RIGHTS)} things that a run does",
                details=[f"it may not {each}" for each in missing],
                hint="Name a context whose account may, or have a ClusterRole with these rights bound to it.",
            )
        progress(f"context {self.name}: Kubernetes {version}; {there}")

    def exists(self) -> bool:
        """It does: `must_serve` has seen it."""
        return True

    def create(self) -> None:
        """Never; raises ClusterError."""
        raise ClusterError(f"the cluster of context {self.name} is not the run's to make")

    def delete(self) -> None:
        """Forget it; the cluster stays."""
        for file in self._folder.glob(f"{KUBECONFIG}-*"):
            file.unlink(missing_ok=True)

    def load(self, references: Sequence[str]) -> dict[str, str]:
        """Bring images named after its registry there, and all others into nodes that are containers of this machine.

        Returns the names of those in the registry by their digests, `REGISTRY/NAME:TAG@sha256:…`.

        Raises:
            ClusterError: The registry does not take one, or no way leads one that is built here to the nodes.
        """
        if not (engine := self._engine):
            return {}  # whoever made the pod that this is in brought the images
        own = [each for each in references if self._registry and each.startswith(f"{self._registry}/")]
        others = [each for each in references if each not in own]
        if others and (here := self._containers()):
            report = load(others, nodes=sorted(here), client=engine)
            progress(f"images in the cluster: {len(report.loaded)} loaded, {len(report.skipped)} were there already")
        elif others:
            if missing := self._missing(others, engine):
                raise ClusterError(
                    f"the nodes of context {self.name} do not have {', '.join(missing)}, built on this machine",
                    hint="Name a registry that they pull from in cluster.registry; a run pushes there what it builds.",
                )
            progress(f"the nodes of context {self.name} pull {', '.join(others)} themselves, or have it")
        known = {}
        for reference in own:
            progress(f"pushing {reference}")
            known[reference] = f"{reference}@{push(reference, engine)}"
        return known

    def ingress(self, port: int = 80) -> tuple[str, int]:
        """Where its Ingress controller answers, as `cluster.ingress` says."""
        if not self._ingress:
            self.lack(
                f"nobody has said where the Ingress controller of context {self.name} answers; say --cluster-ingress"
            )
        host, _, own = self._ingress.partition(":")
        return host, int(own) if own and port == 80 else port

    def restart_node(self, node: str) -> NoReturn:
        """Not done in a cluster that is not the run's own."""
        self.lack(f"node {node} of context {self.name} is not the run's to restart")

    def signal_container(self, node: str, container: str, signal: str) -> NoReturn:
        """Not done in a cluster that is not the run's own."""
        self.lack(f"node {node} of context {self.name} is not the run's to send {signal} to {container[:24]} from")

    def on_node(self, node: str, *command: str, input: bytes = b"") -> NoReturn:
        """Not done in a cluster that is not the run's own."""
        self.lack(f"node {node} of context {self.name} is not the run's to enter, for {command[0]}")

    def must_be_own(self, what: str) -> None:
        """Leave out the scenario that would change something outside of the run's namespaces."""
        self.lack(f"context {self.name} is not the run's to change: {what}")

    def lack(self, reason: str) -> NoReturn:
        """End a scenario that needs what there is not; under --strict as a failure."""
        not_run(reason, strict=self._strict)

    def too_few_nodes(self, reason: str) -> NoReturn:
        """End a scenario that needs more nodes; under --strict as a failure."""
        self.lack(f"{self.kind} has too few nodes: {reason}")

    def network(self) -> str:
        """The Docker network of its nodes, where they are containers of this machine."""
        attached = [node.attrs["NetworkSettings"]["Networks"] or {} for node in self._containers().values()]
        if not (names := [str(name) for networks in attached for name in networks]):
            self.lack(f"the nodes of context {self.name} are no containers of this machine, beside which one could be")
        return names[0]

    def _containers(self) -> dict[str, Container]:
        """Its nodes' containers by their names, where all of its nodes are containers of this machine."""
        if self._engine is None:
            return {}
        listed: Any = client.CoreV1Api(asking_once(self.kubeconfig)).list_node()
        nodes = {node.metadata.name for node in listed.items}
        here = {str(each.name): each for each in self._engine.containers.list() if each.name in nodes}
        return here if here.keys() == nodes else {}

    def _missing(self, references: Sequence[str], engine: docker.DockerClient) -> list[str]:
        """Those of images that were built here, and can come from nowhere else, which a node says that it lacks."""
        listed: Any = client.CoreV1Api(asking_once(self.kubeconfig)).list_node()
        there = [
            {name for image in images for name in image.names or ()}
            for node in listed.items
            if len(images := node.status.images or ()) < IMAGES_TOLD
        ]
        built = engine.images.list(filters={"label": CONTENT_LABEL})
        here = {tag for image in built for tag in image.tags}
        return [each for each in references if each in here and any(full_reference(each) not in has for has in there)]

    def _context(self) -> str:
        """What the user's kubeconfig says of the context, and nothing else of it."""
        # by kubectl: the API client reads none that has no current context, which is not asked for here
        listed = run([self._kubectl, "config", "get-contexts", "--output", "name"], timeout=30, check=False)
        if listed.returncode:
            raise ClusterError(f"the kubeconfig cannot be read: {' '.join(listed.stderr.split())}")
        names = listed.stdout.splitlines()
        if self.name not in names:
            near = difflib.get_close_matches(self.name, names, n=1)
            raise ClusterError(
                f"there is no context {self.name} in the kubeconfig" + (f"; did you mean {near[0]}?" if near else ""),
                hint=f"There are {', '.join(names)}." if names else "It has none; KUBECONFIG names another file.",
            )
        words = ["config", "view", "--minify", "--flatten", "--raw", "--context", self.name]
        try:
            return run([self._kubectl, *words], timeout=30).stdout
        except CommandError as error:
            raise ClusterError(f"kubectl cannot read context {self.name}", details=error.details) from error


def folder_name(context: str) -> str:
    """The name of the folder for a context's cluster."""
    return "context-" + re.sub(r"[^a-zA-Z0-9.-]", "-", context)


def _may(api: client.ApiClient, right: Sequence[str]) -> bool:
    verb, group, resource, part = right
    asked: Any = {
        "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": resource, "subresource": part}}
    }
    reviews: Any = client.AuthorizationV1Api(api)  # the generated client calls every field optional
    return bool(reviews.create_self_subject_access_review(asked, _request_timeout=ANSWERS_WITHIN).status.allowed)


def _words(right: Sequence[str]) -> str:
    verb, group, resource, part = right
    return f"{verb} {resource}{f'/{part}' if part else ''}{f' of {group}' if group else ''}"


def _holdings(api: client.ApiClient) -> Iterator[str]:
    """What clusters differ in, as far as the account may look."""
    nodes = _seen(client.CoreV1Api(api).list_node) or []
    yield f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}"
    classes = _seen(client.NetworkingV1Api(api).list_ingress_class)
    names = ", ".join(each.metadata.name for each in classes or ())
    yield (
        "Ingress classes cannot be seen"
        if classes is None
        else f"Ingress classes: {names}"
        if names
        else "no Ingress class"
    )
    stores = _seen(client.StorageV1Api(api).list_storage_class)
    default = [each.metadata.name for each in stores or () if (each.metadata.annotations or {}).get(DEFAULT) == "true"]
    none = "no default storage class" if stores is not None else "storage classes cannot be seen"
    yield f"default storage class {default[0]}" if default else none
    groups = {each.name for each in client.ApisApi(api).get_api_versions(_request_timeout=ANSWERS_WITHIN).groups}
    yield "metrics are there" if "metrics.k8s.io" in groups else "no metrics"
    services = _seen(client.CoreV1Api(api).list_service_for_all_namespaces)
    balanced = [each for each in services or () if each.spec.type == "LoadBalancer"]
    # nothing says that there is somebody who gives them addresses, but that somebody has
    served = sum(bool(each.status.load_balancer.ingress) for each in balanced)
    yield (
        "load balancers cannot be seen"
        if services is None
        else f"{served} of {len(balanced)} load balancers have an address"
        if balanced
        else "nobody has asked for a load balancer"
    )


def _seen(look: Callable[..., Any]) -> list[Any] | None:
    """What is listed; none when the account may not look."""
    try:
        found: list[Any] = look(_request_timeout=ANSWERS_WITHIN).items
    except ApiException as error:
        if error.status == 403:
            return None
        raise
    return found
