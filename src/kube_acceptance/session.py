"""What a run needs, made once and at the moment it is first asked for: tools, images, the cluster, the releases."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
import docker.errors
import urllib3
import yaml
from kubernetes.client.exceptions import ApiException

from kube_acceptance import command
from kube_acceptance.cluster import (
    ENFORCE,
    IN_CLUSTER,
    Cluster,
    Existing,
    Inside,
    Kind,
    Lease,
    Minikube,
    Profile,
    Provider,
    owner,
    reap,
)
from kube_acceptance.cluster.minikube import MARK, PROFILE_LABEL
from kube_acceptance.cluster.nodes import labelled
from kube_acceptance.cluster.shared import folders
from kube_acceptance.cluster.silence import silence
from kube_acceptance.config import Config, Keep
from kube_acceptance.console import progress
from kube_acceptance.errors import AcceptanceError, ConfigurationError, MachineError, ToolError
from kube_acceptance.fault.leftovers import mend
from kube_acceptance.images.another import another
from kube_acceptance.images.build import BuiltImage, build
from kube_acceptance.images.provenance import REVISION, marked, provenance, still_true
from kube_acceptance.images.source import ImageSource
from kube_acceptance.machines.orders import orders
from kube_acceptance.mutation import Removal
from kube_acceptance.mutation.alteration import must_be_altered
from kube_acceptance.previous import Previous, unpack
from kube_acceptance.release import Chart, Release
from kube_acceptance.release.renderings import Renderings
from kube_acceptance.running.shared import Shared
from kube_acceptance.scratch import scratch
from kube_acceptance.tools import resolve

OWNER = "kube_acceptance_owner"  # the key by which a worker of pytest-xdist learns the process that stands for the run
RUN = "kube_acceptance_run"  # the key by which it learns the folder of the run
PROBE = "kube-acceptance-probe"
CANARY = "canary"  # what a run keeps of whether its cluster enforces network policies
MINIKUBE = "minikube"  # the choice of a cluster; before a colon and a profile's name that of one that is there
# what a build inside a closed network may need; Docker hands them in as secrets, so that no image holds them
BUILD_SECRETS: Mapping[str, tuple[str, ...]] = {
    "ca": ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"),
    "pip": ("/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf"),
    "npm": ("~/.npmrc",),
}


CA_IN_BUILD = "/etc/ssl/certs/ca-certificates.crt"  # where Dockerfiles mount the secret `ca`


class Session:
    """The parts of one run.

    Args:
        config: The project's configuration.
        owner: The process that stands for the run.
        cluster_name: The cluster's name.
        tools: The user's own choice of programs.
        keep: What is left behind.
        mutant: The protection that this run takes away, if any.
        folder: The folder of the run, when another process made it.
        context: The context of a cluster that is there before the run, or `minikube:` and its profile; empty or
            `minikube` when the run makes its own.
        strict: Whether what such a cluster lacks fails, instead of leaving out the scenarios that need it.

    `wants_images` and `wants_cluster` are set when a collected scenario needs them: `begin` makes both side by side,
    while scenarios run that need neither. `in_play` are the releases that the running scenario is about, the last named
    first, `failed` is whether the run failed, `failed_in` the namespaces in which scenarios did, by the scenarios' ids,
    `spoiled` those of all releases that took part in one that failed in this process, `order` the order in words,
    and `renderings` where the forks of a round of mutants keep what Helm renders.
    """

    def __init__(
        self,
        config: Config,
        *,
        owner: int,
        cluster_name: str,
        tools: Mapping[str, Path | None],
        keep: Keep = "never",
        mutant: Removal | None = None,
        folder: Path | None = None,
        context: str = "",
        strict: bool = False,
    ) -> None:
        self.config = config
        self.cluster_name = cluster_name
        self.mutant = mutant
        self.id = secrets.token_hex(3)
        self.wants_images = False
        self.wants_cluster = False
        self.in_play: list[Release] = []
        self.failed = False
        self.failed_in: dict[str, str] = {}
        self.spoiled: set[str] = set()
        self.order = ""
        self.renderings: Renderings | None = None
        self._owner = owner
        self._folder = folder
        self._context = context
        self._strict = strict
        self._given = tools
        self._keep = keep
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="kube-acceptance")
        self._lock = threading.Lock()
        self._started: dict[str, Future[Any]] = {}
        self._namespaces = 0
        self._struck: Release | None = None
        self._shared_by_all: list[str] = []
        self._orders = orders() if context == IN_CLUSTER else None
        self._known: dict[str, str] = {}

    # ---- what scenarios ask for

    def must_serve(self) -> None:
        """Raise AcceptanceError when the cluster that was chosen cannot serve this run; nothing is made of it."""
        if self._context:
            self._provider.must_serve()

    @property
    def focus(self) -> Release | None:
        """The release that the running scenario is about; none takes all of them out of play."""
        return self.in_play[0] if self.in_play else None

    @focus.setter
    def focus(self, release: Release | None) -> None:
        others = [each for each in self.in_play if each is not release]
        self.in_play = [release, *others] if release else []

    @property
    def labels(self) -> dict[str, str]:
        """The labels of what this run makes, by which leftovers are known."""
        return self._orders.all_labels() if self._orders else owner.labels(self._owner)

    @cached_property
    def shared(self) -> Shared:
        """What the processes of this run share."""
        return Shared(self._folder) if self._folder else Shared.begin(self.config.cache)

    @cached_property
    def engine(self) -> docker.DockerClient:
        """Docker's API; see `connect`. In a pod of a cluster there is none, which leaves out the scenario that asks."""
        if inside := self._provider_inside:
            inside.lack("there is no Docker in a pod of the cluster")
        return connect()

    def tool(self, name: str) -> Path:
        """A program; see `kube_acceptance.tools.resolve`."""
        return resolve(name, cache=self.config.cache, given=self._given.get(name))

    def helm(self, version: str) -> Path:
        """A Helm of some version, which it says itself that it is.

        Args:
            version: The version, or as much of its beginning as matters: `4`, or `3.10`.

        Raises:
            ToolError: It cannot be had.
        """
        for name in ("helm", "helm3"):
            program = self.tool(name)
            if f"{Chart(program, Path()).helm_version}.".startswith(f"{version}."):
                return program
        raise ToolError(
            f"there is no Helm {version}", hint="There are the project's own, and the oldest that is supported."
        )

    def begin(self) -> None:
        """Start making what will be asked for; whoever asks waits for it, and is told what went wrong."""
        if self.wants_images or self.wants_cluster:
            with contextlib.suppress(AcceptanceError):
                self._start_all()

    @property
    def images(self) -> dict[str, BuiltImage]:
        """The project's images and the probe image, built unless they are there."""
        self._start_all()
        built: dict[str, BuiltImage] = self._started["images"].result()
        return built

    def build_beside(self, source: ImageSource) -> BuiltImage:
        """An image that some scenario needs and no release has, built once a run unless it is there."""
        return BuiltImage(**self.shared.once(f"image-{source.name}", lambda: asdict(self.build_one(source))))

    def build_one(self, source: ImageSource, *, revision: str = "HEAD", **options: Any) -> BuiltImage:
        """Build one image with this machine's secrets and the project's provenance.

        Args:
            source: What is built.
            revision: The commit that it is made from.
            options: Further ones of `images.build`.
        """
        root, given = self.config.root, build_secrets()
        told = provenance(root, revision, source=self.config.source)
        # what is of another revision was unpacked from it; the probe image need not say where it is from
        labelled = revision == "HEAD" and "REVISION" in source.read_dockerfile().arguments
        told = marked(root, source, told) if labelled else told
        told |= {"NODE_EXTRA_CA_CERTS": CA_IN_BUILD} if "ca" in given else {}

        def may_stay(image: Mapping[str, str]) -> bool:
            return not labelled or still_true(root, source, image.get(REVISION, ""), told.get("REVISION", ""))

        return build(source, client=self.engine, secrets=given, ambient_args=told, may_stay=may_stay, **options)

    def source(self, name: str) -> contextlib.AbstractContextManager[ImageSource]:
        """What one of the project's images is built from, inside of a block: without what a mutant takes away.

        Raises:
            ConfigurationError: The project builds no such image.
        """
        self._must_build(name)
        return self.sources()[name]

    def image(self, name: str) -> BuiltImage:
        """One of the project's images; raises as `source` does."""
        self._must_build(name)
        return self.images[name]

    def _must_build(self, name: str) -> None:
        if name not in self.config.images:
            known = ", ".join(self.config.images)
            raise ConfigurationError(f"the project builds no image {name}", hint=f"Its images are: {known}.")

    @property
    def cluster(self) -> Cluster:
        """The cluster with the images loaded and the add-ons running."""
        self._start_all(cluster=True)
        self._started["cluster"].result()
        self._once("prepared", self._prepare)
        return self._access

    def chart(self) -> Chart:
        """The project's chart with its values files; images as the chart names them by itself."""
        config = self.config
        folder = config.path(config.chart)
        files = [config.path(file) for file in config.values]
        if not self.mutant:
            return Chart(self.tool("helm"), folder, values=files, renderings=self.renderings)
        copy = self.mutant.charted(folder, Path(self._scratch.name))
        files = [copy / file.relative_to(folder) if file.is_relative_to(folder) else file for file in files]
        return Chart(self.tool("helm"), copy, values=files, change=self.mutant.change, renderings=self.renderings)

    def deployable_chart(self, known: Mapping[str, str] | None = None) -> Chart:
        """The project's chart with the images that this run built.

        Args:
            known: The names by which a cluster knows those that it does not know by their own.
        """
        references = {name: (known or {}).get(image.reference, image.reference) for name, image in self.images.items()}
        return self.chart().using(**self.config.image_values(references))

    @cached_property
    def previous(self) -> Previous:
        """The version before this one, its images built and in the cluster; no mutant takes anything from it.

        Raises:
            ConfigurationError: None is named, or it cannot be had; see `previous.unpack`.
        """
        _ = self.cluster
        made = self.shared.once("previous", self._make_previous)
        return Previous.at(Path(made["folder"]), made["references"])

    @cached_property
    def other_builds(self) -> dict[str, str]:
        """Another build of each of the project's images, in the cluster: their references, by the images' names."""
        _ = self.cluster
        built: dict[str, str] = self.shared.once("other-builds", self._make_other_builds)
        return built

    def new_namespace(self, purpose: str, *, enforcing: str = "") -> str:
        """A namespace of this run, removed with it.

        Args:
            purpose: The first word of its name.
            enforcing: The Pod Security Standard that it enforces, if it is another than the project's.
        """
        with self._lock:
            self._namespaces += 1
            name = f"{purpose}-{self.id}-{self._namespaces}"
        instead = self.mutant.namespace if self.mutant else {}
        self.cluster.namespace(name, {ENFORCE: enforcing or self.config.pod_security, **instead, **self.labels})
        return name

    def new_release(self, namespace: str, *, name: str = "") -> Release:
        """A release of the project's chart under a host name of its own; not installed yet.

        Two releases with one host would answer for each other.

        Args:
            namespace: Its namespace.
            name: Its name, if it is another than the project's usual one.
        """
        rendered = self.mutant.post_renderer(Path(self._scratch.name), namespace) if self.mutant else ((), {})
        _ = self.cluster  # it may know images by other names, such as their digests in a registry
        chart = self.deployable_chart(self._known)
        return self._release(namespace, self.config, chart, name=name, post_renderer=rendered)

    def previous_release(self, namespace: str) -> Release:
        """A release of the previous version of the chart, otherwise like `new_release`; see `previous`."""
        return self._release(namespace, self.previous.config, self.previous.chart(self.tool("helm")))

    def _release(self, namespace: str, config: Config, chart: Chart, *, name: str = "", **options: Any) -> Release:
        host = f"{name}.{namespace}.localhost" if name else f"{namespace}.localhost"
        values = {config.ingress_value: host} if config.ingress_value else {}
        used = chart.using(**values)
        return Release(self.cluster, used, name=name or config.release, namespace=namespace, **options)

    def shared_release(self, install: Callable[[Release], None], *, redact: Callable[[str], str]) -> Release:
        """The release for the scenarios that change nothing: whoever asks first installs it, for all workers.

        Its namespace goes with the run.

        Args:
            install: Installs it, and waits until it is ready.
            redact: Takes secrets out of why it could not be installed.
        """

        def make() -> str:
            release = self.focus = self.new_release(self.new_namespace("shared"))  # evidence of a failed installation
            self._shared_by_all.append(release.namespace)
            install(release)
            return release.namespace

        return self.new_release(self.shared.once("release", make, redact=redact))

    def values_release(self, file: str, install: Callable[[Release], None], *, redact: Callable[[str], str]) -> Release:
        """The release of one values file for the scenarios that change nothing, shared like `shared_release`.

        Where the project installs with just that file anyway, the two are one.

        Args:
            file: The values file's name in the chart's folder.
            install: Installs it, and waits until it is ready.
            redact: Takes secrets out of why it could not be installed.

        Raises:
            ConfigurationError: The chart has no such values file.
        """
        relative = self.config.chart / file
        if file not in (known := [each.name for each in self.chart().values_files]):
            raise ConfigurationError(f"the chart has no values file {file}", hint=f"It has {', '.join(known)}.")
        if self.config.values == [relative]:
            return self.shared_release(install, redact=redact)

        def of(namespace: str) -> Release:
            release = self.new_release(namespace)
            release.chart = release.chart.using(release.chart.folder / file)
            return release

        def make() -> str:
            release = self.focus = of(self.new_namespace(Path(file).stem))
            self._shared_by_all.append(release.namespace)
            self._make_secrets(release.namespace, self.config.secrets.get(relative, {}))
            install(release)
            return release.namespace

        return of(self.shared.once(f"release-{file}", make, redact=redact))

    def _make_secrets(self, namespace: str, wanted: Mapping[str, Sequence[str]]) -> None:
        """Secrets with random values."""
        for name, keys in wanted.items():
            body = {"metadata": {"name": name}, "stringData": {key: secrets.token_hex(16) for key in keys}}
            self.cluster.core.create_namespaced_secret(namespace, body)

    @contextlib.contextmanager
    def own_release(self, *, previous: bool = False) -> Iterator[Release]:
        """A release for one scenario; its namespace goes with it, unless the scenario failed and the run keeps things.

        Those of scenarios that passed would fill a small cluster before the run is over. After a failed installation
        the namespace stays until the run ends: the evidence is gathered from it.

        Args:
            previous: Whether it is one of the previous version; see `previous`.
        """
        make = self.previous_release if previous else self.new_release
        release = self.focus = make(self.new_namespace("own"))
        yield release
        if self._keep == "never" or release.namespace not in self.failed_in.values():
            try:
                self.cluster.core.delete_namespace(release.namespace)
            except ApiException as error:
                if error.status != 404:  # the scenario itself has destroyed it
                    raise

    def struck_release(self, install: Callable[[Release], None]) -> Release:
        """The release on which the faults of this process's scenarios strike, one scenario after the other.

        It is the same one as long as all is well: every scenario that it took part in passed, and no upgrade, rollback
        or removal has changed what is installed. Otherwise it is left as own releases are, and another one made.

        Args:
            install: Installs it, and waits until it is ready.
        """
        if self._struck and (self._struck.namespace in self.spoiled or not self._struck.is_as_installed()):
            self._leave_struck()
        if self._struck is None:
            release = self._struck = self.focus = self.new_release(self.new_namespace("struck"))
            install(release)
        else:
            self.focus = self._struck
        return self._struck

    def silence(self) -> str:
        """What is to be said of a cluster that this run had and that does not answer; empty where it answers."""
        return silence(self._provider.name, self._provider.kubeconfig) if self._made("cluster") else ""

    def leave_shared(self) -> None:
        """Remove the releases that scenarios share, since none will ask for one any more, unless the run keeps things.

        Those of scenarios that failed stay, as own releases do.
        """
        if self._keep == "always":
            return
        for namespace in self._shared_by_all:
            if self._keep == "never" or namespace not in self.spoiled:
                with contextlib.suppress(ApiException, urllib3.exceptions.HTTPError):  # it goes with the run at last
                    self.cluster.core.delete_namespace(namespace)

    def _leave_struck(self) -> None:
        release, self._struck = self._struck, None
        if release and (self._keep == "never" or release.namespace not in self.spoiled):
            self.cluster.core.delete_namespace(release.namespace)

    def facts(self) -> dict[str, str]:
        """What this run used, by name: only what was really there."""
        facts = {"Order": self.order} if self.order else {}
        if self._made("cluster"):
            with contextlib.suppress(Exception):  # a report is written also when the cluster is gone
                nodes = self._access.core.list_node().items
                facts["Kubernetes"] = (
                    f"{nodes[0].status.node_info.kubelet_version}, {len(nodes)} nodes ({self._provider.kind})"
                )
            facts["Helm"] = f"v{self.chart().helm_version}"
        if self._made(CANARY):
            facts["Network policies"] = "enforced, as a canary has seen"
        if self._made("images"):
            if not self._orders:
                facts["Docker"] = str(self.engine.version()["Version"])
            facts |= {f"Image {name}": f"{image.reference} {image.image_id}" for name, image in self.images.items()}
        if self._made("previous") and self.config.previous:
            images = ", ".join(self.previous.references.values())
            facts["Previous version"] = f"revision {self.config.previous.revision[:7]}, images {images}"
        return facts

    # ---- its end

    def close(self, *, worker: bool) -> None:
        """Leave the cluster; the last user of one that is not kept removes it, and a kept one is told how to enter.

        Args:
            worker: Whether this is a worker of pytest-xdist, which leaves the cluster to its controller.
        """
        command.end_all()
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._keep != "never":  # otherwise it goes with the cluster, or with all that this run made in it
            with contextlib.suppress(ApiException, urllib3.exceptions.HTTPError):
                self._leave_struck()
        if worker:
            return
        folder = folders(self.config.cache) / self.cluster_name
        if Lease.held(folder, self._owner):
            keep = self._keep == "always" or (self._keep == "failed" and self.failed)
            lease = Lease(self._provider, folder, owner=self._owner)
            if lease.release(keep=keep) and self._stay(keep=keep) and self._provider.lasts:
                lease.forget()
        if "shared" in self.__dict__:
            self.shared.end()

    def _stay(self, *, keep: bool) -> bool:
        """Leave a cluster that stays; returns whether nothing of this run is left there."""
        if not keep:  # others use the cluster
            try:
                self._remove_namespaces(lambda labels: self.labels.items() <= labels.items())
            except (ApiException, urllib3.exceptions.HTTPError):
                progress(
                    f"the cluster {self._provider.name} does not answer, so what this run made there is still there; "
                    "remove it when it does:  kube-acceptance clean"
                )
                return False
            return True
        what = "what this run made" if self._provider.lasts else f"the cluster {self.cluster_name}"
        progress(f"{what} is kept; look into it:")
        progress(f"  export KUBECONFIG={self._access.kubeconfig}")
        for scenario, namespace in self.failed_in.items():
            progress(f"  {self.tool('kubectl')} --namespace {namespace} get pods,events  # {scenario}")
        progress("remove it:  kube-acceptance clean")
        return False

    # ---- how it is made

    @cached_property
    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        """A folder for what only this run needs; it goes with the process."""
        return scratch("run")

    @cached_property
    def _provider_inside(self) -> Inside | None:
        if self._context != IN_CLUSTER:
            return None
        return Inside(
            folder=folders(self.config.cache) / self.cluster_name,
            kubectl=self.tool("kubectl"),
            ingress=self.config.cluster.ingress,
            strict=self._strict,
        )

    @cached_property
    def _provider(self) -> Provider:
        if self._provider_inside:
            return self._provider_inside
        if not self._context:
            return provider(self.config, self.cluster_name, engine=self.engine, tool=self.tool)
        if self._context == MINIKUBE:
            return own_minikube(self.config, self.cluster_name, engine=self.engine, tool=self.tool, strict=self._strict)
        options: dict[str, Any] = {
            "folder": folders(self.config.cache) / self.cluster_name,
            "kubectl": self.tool("kubectl"),
            "engine": self.engine,
            "ingress": self.config.cluster.ingress,
            "strict": self._strict,
        }
        if self._context.startswith(f"{MINIKUBE}:"):
            profile = self._context.removeprefix(f"{MINIKUBE}:")
            return Profile(profile, minikube=self.tool("minikube"), **options)
        return Existing(self._context, registry=self.config.cluster.registry, **options)

    @cached_property
    def _access(self) -> Cluster:
        return Cluster(self._provider, self.tool("kubectl"))

    def _start_all(self, *, cluster: bool = False) -> None:
        with self._lock:
            if "images" not in self._started:
                if not self._orders:
                    _ = self.engine  # fails here, in words, rather than in a thread
                self._started["images"] = self._pool.submit(self._build)
            if "cluster" not in self._started and (cluster or self.wants_cluster):
                self._started["cluster"] = self._pool.submit(self._make_cluster)

    def _made(self, name: str) -> bool:
        return "shared" in self.__dict__ and self.shared.made(name)

    def _once(self, name: str, make: Callable[[], None]) -> None:
        with self._lock:
            future = self._started.get(name)
            first = future is None
            if future is None:
                future = self._started[name] = Future()
        if first:
            try:
                make()
                future.set_result(None)
            except BaseException as error:
                future.set_exception(error)
        future.result()

    def _build(self) -> dict[str, BuiltImage]:
        built = self.shared.once("images", self._build_all)
        return {name: BuiltImage(**image) for name, image in built.items()}

    def _build_all(self) -> dict[str, dict[str, Any]]:
        if self._orders:
            return self._orders.images
        built = {}
        for name, source in self.sources().items():
            with source as unpacked:
                built[name] = asdict(self.build_one(unpacked))
        return built

    def _make_previous(self) -> dict[str, Any]:
        folder = self.shared.folder / "previous"
        earlier, revision = unpack(self.config, folder)
        built = {
            name: self.build_one(source, revision=revision).reference
            for name, source in project_sources(earlier).items()
        }
        known = self._provider.load(list(built.values()))
        return {"folder": str(folder), "references": {name: known.get(each, each) for name, each in built.items()}}

    def _make_other_builds(self) -> dict[str, str]:
        built = {}
        for name in self.config.images:
            folder = Path(tempfile.mkdtemp(dir=self._scratch.name))
            built[name] = self.build_one(another(self.images[name], folder)).reference
        known = self._provider.load(list(built.values()))
        return {name: known.get(each, each) for name, each in built.items()}

    def sources(self) -> dict[str, contextlib.AbstractContextManager[ImageSource]]:
        """What the project's images and the probe image are built from; a mutant's are copies inside of the block."""
        return {
            name: self.mutant.patched(name, source) if self.mutant else contextlib.nullcontext(source)
            for name, source in sources(self.config).items()
        }

    def _make_cluster(self) -> None:
        def make() -> None:
            if not self._orders:  # a pod is new
                reap(self.config.cache, leftover(self.engine, self.tool))
            Lease(self._provider, self._provider.kubeconfig.parent, owner=self._owner).take()
            self._remove_namespaces(owner.has_ended)
            if not self._provider.lasts:
                for mended in mend(self._access, owner.has_ended):
                    progress(f"a run that has ended had left this changed, and it is put back: {mended}")
            # what others made is there already, and starts while the project's own images are built
            if self.config.cluster.images:
                self._provider.load(self.config.cluster.images)
            if self._provider.lasts:
                return  # it has add-ons of its own
            if self.mutant and self.mutant.cluster:
                return  # to apply add-ons again would give back what was taken from one of them
            for addon in self.config.cluster.addons:
                progress(f"applying {addon}")
                self._access.apply(self.config.path(addon))

        self.shared.once("cluster", make)

    def _prepare(self) -> None:
        built = self.images
        self._known = self.shared.once("prepared", lambda: self._prepare_with(built))

    def _prepare_with(self, built: Mapping[str, BuiltImage]) -> dict[str, str]:
        known = self._provider.load([image.reference for image in built.values()])
        if self.mutant:
            must_be_altered(self._access, self.mutant)
        return known

    def _remove_namespaces(self, of: Callable[[Mapping[str, str]], bool]) -> None:
        for namespace in self._access.core.list_namespace(label_selector=owner.RUN_LABEL).items:
            if of(namespace.metadata.labels):
                self._access.core.delete_namespace(namespace.metadata.name)


def connect() -> docker.DockerClient:
    """Docker's API.

    Raises:
        MachineError: Docker does not answer.
    """
    try:
        engine = docker.from_env(timeout=300)
        engine.ping()
    except (docker.errors.DockerException, OSError) as error:
        raise MachineError(
            "Docker is not running",
            hint="Start it, or run kube-acceptance's deploy/machine/up, which starts it and installs it where it is "
            "missing.",
            details=[str(error)],
        ) from error
    return engine


def leftover(engine: docker.DockerClient, tool: Callable[[str], Path]) -> Callable[[str, Path], Provider]:
    """Makes the providers of clusters of which nothing is known but their names and folders: to remove them."""

    def of(name: str, folder: Path) -> Provider:
        if (folder / MARK).exists() or labelled(engine, f"{PROFILE_LABEL}={name}"):
            tools = {"minikube": tool("minikube"), "kubectl": tool("kubectl")}
            return Minikube(name, folder=folder, tools=tools, engine=engine)
        return Kind(name, folder=folder, tools={"kind": tool("kind"), "kubectl": tool("kubectl")}, engine=engine)

    return of


def provider(config: Config, name: str, *, engine: docker.DockerClient, tool: Callable[[str], Path]) -> Kind:
    """The provider of a project's cluster."""
    return Kind(
        name,
        folder=folders(config.cache) / name,
        tools={"kind": tool("kind"), "kubectl": tool("kubectl")},
        engine=engine,
        config=config.path(config.cluster.config) if config.cluster.config else None,
        image=config.cluster.image,
    )


def own_minikube(
    config: Config, name: str, *, engine: docker.DockerClient, tool: Callable[[str], Path], strict: bool
) -> Minikube:
    """The provider of a project's cluster that Minikube makes, of the version and labels of its Kind cluster."""
    file = config.path(config.cluster.config) if config.cluster.config else None
    nodes = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("nodes") or () if file else ()
    version = re.search(r":(v\d+\.\d+\.\d+)", config.cluster.image)
    return Minikube(
        name,
        folder=folders(config.cache) / name,
        tools={"minikube": tool("minikube"), "kubectl": tool("kubectl")},
        engine=engine,
        image=config.cluster.minikube_image,
        kubernetes=version[1] if version else "",
        labels={key: value for node in nodes for key, value in (node.get("labels") or {}).items()},
        strict=strict,
    )


def sources(config: Config) -> dict[str, ImageSource]:
    """What the project's images and the probe image are built from, by their names in the configuration."""
    probe = Path(__file__).parent / "probe" / "image"
    return {**project_sources(config), PROBE: ImageSource(_named(config, PROBE), probe / "Dockerfile", probe, {})}


def all_sources(config: Config, folder: Path) -> list[ImageSource]:
    """What all images of a run are built from, those of the version before too, where the repository has it.

    Args:
        config: The project's configuration.
        folder: Where the version before is unpacked to.
    """
    found = [*sources(config).values()]
    if config.previous:
        # no scenario asks for it in a clone that is too shallow
        with contextlib.suppress(ConfigurationError):
            found += project_sources(unpack(config, folder)[0]).values()
    return found


def _named(config: Config, name: str) -> str:
    """An image's name, below the registry by which it goes to a cluster that no other way leads to."""
    return f"{config.cluster.registry}/{name}" if config.cluster.registry else name


def project_sources(config: Config) -> dict[str, ImageSource]:
    """What the project's images are built from, by their names in the configuration."""
    return {
        name: ImageSource(
            _named(config, f"{config.release}-{name}"),
            config.path(image.dockerfile),
            config.path(image.context),
            image.build_args,
        )
        for name, image in config.images.items()
    }


def build_secrets() -> dict[str, Path]:
    """The files of this machine that a build may be given as secrets, by the id that Dockerfiles use."""
    found = {}
    for name, places in BUILD_SECRETS.items():
        if file := next((path for place in places if (path := Path(place).expanduser()).is_file()), None):
            found[name] = file
    return found


def cluster_name(config: Config, made_by: str = "") -> str:
    """The name of a project's cluster: the same for every run in this folder, another one elsewhere.

    Args:
        config: The project's configuration.
        made_by: `minikube`, or nothing for Kind: a folder's two clusters may be kept side by side.
    """
    name = f"kube-acceptance-{hashlib.sha256(str(config.root).encode()).hexdigest()[:6]}"
    return f"{name}-{made_by}" if made_by else name
