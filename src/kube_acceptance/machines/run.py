"""`kube-acceptance run`: a suite as the pods of a cluster that is there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import urllib3.exceptions
from kubernetes import utils
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster.existing import folder_name
from kube_acceptance.config import Config
from kube_acceptance.errors import ClusterError
from kube_acceptance.facts import commit
from kube_acceptance.images.build import BuiltImage
from kube_acceptance.machines.image import source
from kube_acceptance.machines.job import NAME, objects
from kube_acceptance.machines.orders import Orders
from kube_acceptance.machines.pods import Pods
from kube_acceptance.machines.together import Together, together
from kube_acceptance.report.recorder import DATA
from kube_acceptance.scratch import scratch
from kube_acceptance.session import Session

RUNNER = "runner"
TOOLS = ("kubectl", "helm")


def run(
    settings: Config,
    *,
    context: str,
    shards: int,
    wheel: Path,
    options: Sequence[str] = (),
    roles: Sequence[str] = (),
    reports: Path,
) -> Together:
    """Run the suite, a shard a pod, and merge the reports; nothing stays in the cluster, however it ends.

    Args:
        settings: The project.
        context: The context of the cluster.
        shards: How many pods share the scenarios.
        wheel: The wheel of the harness.
        options: Words for pytest in each pod.
        roles: Further ClusterRoles for the pods.
        reports: Where the merged report goes.

    Raises:
        AcceptanceError: The cluster does not serve, an image cannot be built, or no shard left a report.
    """
    session = Session(settings, owner=os.getpid(), cluster_name=folder_name(context), tools={}, context=context)
    session.wants_cluster = True
    namespace = ""
    try:
        session.must_serve()
        namespace = session.new_namespace("shards")
        _make(session, namespace, shards, _runner(session, wheel), options, roles)
        with scratch("shards") as folder:
            pods = Pods(session.cluster, namespace, shards=shards, folder=Path(folder))
            found = pods.reports()
            if not any((each / DATA).is_file() for each in found):
                raise ClusterError("no pod of the suite left a report", details=pods.last_words())
            return together(settings, found, reports)
    except urllib3.exceptions.HTTPError as error:
        if why := session.silence():
            raise ClusterError(why) from error
        raise
    finally:
        if namespace:
            _stop(session, namespace)
        # namespaces that the pods made bear this run's labels, and go with it; so does all that its own namespace owns
        session.close(worker=False)


def _stop(session: Session, namespace: str) -> None:
    """End the pods first: one that runs on would make namespaces while those that there are go."""
    with contextlib.suppress(ApiException, urllib3.exceptions.HTTPError):
        session.cluster.batch.delete_namespaced_job(NAME, namespace, propagation_policy="Background")
        session.cluster.core.delete_collection_namespaced_pod(namespace, grace_period_seconds=0)


def _runner(session: Session, wheel: Path) -> BuiltImage:
    """The runner's image, in the cluster."""
    config = session.config
    name = f"{config.release}-{RUNNER}"
    named = f"{config.cluster.registry}/{name}" if config.cluster.registry else name
    with scratch("runner") as folder:
        tools = {tool: session.tool(tool) for tool in TOOLS}
        built = session.build_one(source(config, Path(folder), wheel=wheel, tools=tools, name=named))
    session.cluster.provider.load([built.reference])
    return built


def _make(
    session: Session,
    namespace: str,
    shards: int,
    runner: BuiltImage,
    options: Sequence[str],
    roles: Sequence[str],
) -> None:
    cluster = session.cluster
    uid = cluster.core.read_namespace(namespace).metadata.uid
    orders = Orders(
        images={name: asdict(image) for name, image in session.images.items()},
        labels=session.labels,
        commit=commit(session.config.root),
        pod="",
    )
    made = objects(
        {"name": namespace, "uid": uid},
        image=runner.reference,
        shards=shards,
        options=options,
        orders=orders.model_dump_json(exclude={"pod"}),
        labels=session.labels,
        roles=roles,
    )
    for each in made:
        try:
            utils.create_from_dict(cluster.new_client(), each)  # type: ignore[no-untyped-call]
        except utils.FailToCreateError as error:
            said = error.api_exceptions[0].reason
            raise ClusterError(f"{each['kind']} {each['metadata']['name']} cannot be created: {said}") from error
