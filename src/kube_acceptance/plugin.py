"""The pytest plugin: options, collection of feature files, and the wiring of everything else to pytest's hooks."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance import command, gherkin, mutation, vocabulary
from kube_acceptance.cluster.existing import folder_name
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.evidence import Redactor
from kube_acceptance.evidence.plugin import Evidence
from kube_acceptance.facts import environment, requirements, specification
from kube_acceptance.report import Recorder, mutants
from kube_acceptance.report.formats import NAMES, formats
from kube_acceptance.report.model import Shard
from kube_acceptance.running import quarantine, repeat
from kube_acceptance.running.deal import shard
from kube_acceptance.running.history import FILE, History
from kube_acceptance.session import MINIKUBE, OWNER, RUN, Session, cluster_name
from kube_acceptance.settings import KEYS, Said, load, otherwise
from kube_acceptance.settings.options import add_options, options, refuse_slips
from kube_acceptance.vulnerability import exceptions

pytest_plugins = [
    *(
        f"kube_acceptance.running.{module}"
        for module in ("budget", "kept", "leaving", "order", "plan", "serial", "shards", "terminal", "vanished")
    ),
    "kube_acceptance.mutation.forks",
]

TIERS = ("static", "image", "cluster", "disruptive")
OTHER_TAGS = ("slow", "serial")
NEEDS_CLUSTER = ("cluster", "disruptive")
PYTEST_KIND_DEFAULT = "pytest-kind"

session_key = pytest.StashKey[Session]()
config_key = pytest.StashKey[Config]()
redactor_key = pytest.StashKey[Redactor]()
history_key = pytest.StashKey[History]()
shard_key = pytest.StashKey[Shard]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; pytest-kind's own (`--cluster-name`, `--kind-image`, …) are honoured too."""
    group = parser.getgroup("kube-acceptance", "acceptance tests for Kubernetes deployments")
    group.addoption(
        "--keep",
        choices=("never", "failed", "always"),
        default="never",
        help="whether the cluster, with the releases of scenarios that failed, is left behind after the run: "
        "never (the default), failed or always",
    )
    repeat.add_option(group)
    group.addoption("--mutant", type=Path, metavar="FILE", help="take away the protection that this mutant names")
    group.addoption(
        "--assessment",
        choices=("required", "optional"),
        help="whether packages that no scanner of vulnerabilities could assess fail, or are skipped and told; "
        "another name of --vulnerabilities-required",
    )
    group.addoption(
        "--cluster",
        dest="kube_acceptance_context",
        default="kind",
        metavar="kind|minikube|minikube:PROFILE|CONTEXT",
        help="kind (the default) or minikube: the run makes its own; otherwise a profile of Minikube or a context of "
        "the kubeconfig, whose cluster is never made, never deleted, and never changed but in namespaces of the run; "
        "scenarios that need what it lacks are skipped, or fail with pytest's own --strict",
    )
    group.addoption("--helm-bin", type=Path, help="the helm to use instead of the one that is found")
    add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> Generator[None, None, None]:
    """Tell slips in options, once conftest.py has added its own."""
    yield
    try:
        refuse_slips(parser, args)
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_configure(config: pytest.Config) -> None:
    """Read the configuration, and set up what a run with feature files needs."""
    try:
        _configure(config)
    except AcceptanceError as error:
        raise pytest.UsageError(str(error)) from None


def _configure(config: pytest.Config) -> None:
    settings = _chosen(config)
    config.stash[config_key] = settings
    if not _has_features(config, settings):
        return
    documents = specification(settings) if settings.path(settings.documents.spec).is_file() else None
    tags: Sequence[str] = (*TIERS, *OTHER_TAGS, *(documents.requirements if documents else ()))
    for tag in tags:
        config.addinivalue_line("markers", f"{tag}: a tier, a trait or a requirement of a scenario")
    inspection = gherkin.Inspection(
        settings.path(settings.features), tags=tags, shown_tags=(*TIERS, *OTHER_TAGS), trace=documents
    )
    config.pluginmanager.register(inspection, "kube-acceptance-gherkin")
    for module in vocabulary.MODULES:
        config.pluginmanager.import_plugin(module)
    config.pluginmanager.import_plugin("kube_acceptance.fixtures")
    redactor = config.stash[redactor_key] = Redactor()
    run = config.stash[session_key] = _session(config, settings)
    history = config.stash[history_key] = History(settings.path(settings.history or settings.reports / FILE))
    if part := config.getoption("shard"):
        config.stash[shard_key] = shard(part)
    if config.getoption("plan"):
        return
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        run.must_serve()
    recorder = Recorder(
        _reports(config),
        title=settings.title,
        environment=lambda: environment(run),
        requirements=lambda: requirements(settings),
        redact=redactor,
        past=history.past,
        # what one shard remembered would change how the next one deals
        writers=[*formats(config.rootpath, redactor), *([] if run.mutant or part else [history.write])],
        beside=NAMES,
        mutants=mutants.read,
        quarantine=quarantine.sentences(settings.quarantine),
        shard=config.stash.get(shard_key, None),
    )
    config.pluginmanager.register(recorder, "kube-acceptance-report")
    if times := config.getoption("repeat_failed"):
        config.pluginmanager.register(repeat.Repeater(times))
    config.pluginmanager.register(Evidence(run, _reports(config), redactor), "kube-acceptance-evidence")
    if not hasattr(config, "workerinput"):
        if settings.quarantine:
            features = settings.path(settings.features)
            config.pluginmanager.register(quarantine.Quarantine(settings.quarantine, features))
        signal.signal(signal.SIGTERM, _stop)


def _chosen(config: pytest.Config) -> Config:
    """The project's settings, with what variables and the command line say otherwise."""
    usual = load(config.rootpath)
    if found := list(exceptions.mistakes(usual.vulnerabilities.exceptions, date.today())):
        raise ConfigurationError(found[0], details=found[1:])
    settings = otherwise(usual, [*_by_other_names(config), *options(config)])
    # what is remembered of runs stays where it is, also when one run's reports go elsewhere
    return settings.model_copy(update={"history": settings.history or usual.reports / FILE})


def _by_other_names(config: pytest.Config) -> Iterator[Said]:
    """What the command line says of settings by options that have names of their own."""
    if image := config.getoption("kind_image"):
        yield Said(KEYS["cluster.image"], "--kind-image", image)
    if asked := config.getoption("assessment"):
        yield Said(KEYS["vulnerabilities.required"], "--assessment", asked == "required")


def _session(config: pytest.Config, settings: Config) -> Session:
    option = config.getoption
    given = option("cluster_name")
    mutant = mutation.load_removal(file) if (file := option("mutant")) else None
    if mutant:
        mutant.must_be_crippled()
    context = "" if option("kube_acceptance_context") == "kind" else option("kube_acceptance_context")
    if context in ("", MINIKUBE):
        name = cluster_name(settings, context) if given == PYTEST_KIND_DEFAULT else given
    else:
        name = folder_name(context.removeprefix(f"{MINIKUBE}:"))
    return Session(
        settings,
        owner=int(getattr(config, "workerinput", {}).get(OWNER, os.getpid())),
        cluster_name=name,
        context=context,
        strict=bool(config.getini("strict")),
        tools={
            "kind": _path(option("kind_bin")),
            "kubectl": _path(option("kind_kubectl_bin")),
            "helm": option("helm_bin"),
        },
        keep="always" if option("keep_cluster") else option("keep"),
        mutant=mutant,
        folder=_path(getattr(config, "workerinput", {}).get(RUN)),
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist uses the cluster on behalf of the controller, which outlives it."""
    node.workerinput[OWNER] = os.getpid()
    if run := node.config.stash.get(session_key, None):
        node.workerinput[RUN] = str(run.shared.folder)


# ---------------------------------------------------------------- collection


def pytest_collection_finish(session: pytest.Session) -> None:
    """Know what is needed; `gherkin.Inspection` tells what is wrong with the features."""
    run = session.config.stash.get(session_key, None)
    if run is not None:
        run.wants_cluster = any(needs_cluster(item) for item in session.items)
        run.wants_images = run.wants_cluster or any(item.get_closest_marker("image") for item in session.items)


# ---------------------------------------------------------------- the run


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Begin with what takes minutes, once it is certain that something runs: those first need none of it."""
    run = item.config.stash.get(session_key, None)
    if run is not None:
        run.begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure that was made for people is shown as it is, without the frames of the harness."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, AcceptanceError):
        report.longrepr = str(call.excinfo.value)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Stop what runs in the background, so that the end can begin."""
    command.end_all()


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Remember whether the run failed, also by what the recorder found: `--keep failed` asks for it."""
    result = yield
    run = session.config.stash.get(session_key, None)
    if run is not None:
        run.failed = bool(session.exitstatus)
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the cluster; after everything else, and also after Ctrl-C."""
    run = config.stash.get(session_key, None)
    if run is None:
        return
    run.close(worker=hasattr(config, "workerinput"))


# ---------------------------------------------------------------- small things


def needs_cluster(item: pytest.Item) -> bool:
    """Whether a scenario needs the cluster."""
    return any(item.get_closest_marker(tier) for tier in NEEDS_CLUSTER)


def _has_features(config: pytest.Config, settings: Config) -> bool:
    folder = settings.path(settings.features).resolve()
    named = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return any(
        path.is_relative_to(folder) or folder.is_relative_to(path) or path.suffix == ".feature" for path in named
    )


def _reports(config: pytest.Config) -> Path:
    settings = config.stash[config_key]
    return settings.path(settings.reports)


def _stop(*_: object) -> None:
    """What CI cancels with cleans up like Ctrl-C."""
    raise KeyboardInterrupt


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
