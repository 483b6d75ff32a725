"""A project whose cluster, images and releases are made of marks in a file, and whose pytest is a real one."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

import elsewhere
import pytest

STEPS = """
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when

from kube_acceptance import console

ROOT = Path.cwd()


def mark(text):
    file = os.open(ROOT / "marks", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{text}\\n".encode())
    os.close(file)


@given("the release")
def shared(shared_release, session):
    session.focus = shared_release
    mark(f"uses {shared_release.namespace}")


@given("a release of its own")
def own(own_release):
    mark(f"uses {own_release.namespace}")


@given("a release where faults strike")
def struck(struck_release):
    mark(f"uses {struck_release.namespace}")


@when("it is upgraded")
def upgraded(struck_release):
    struck_release.upgraded = True


@given("nothing")
def nothing():
    pass


@given("the cluster")
def the_cluster(cluster):
    pass


@then("it works")
def works():
    pass


@then("it fails")
def fails():
    raise AssertionError("it is broken")
"""

FAKES = """
from types import SimpleNamespace

import kube_acceptance.session as parts
import kube_acceptance.evidence.plugin as evidence
from kube_acceptance.errors import ReleaseError
from kube_acceptance.evidence import Redactor
from kube_acceptance.images.build import BuiltImage


class Provider:
    kind, lasts = "Kind", False

    def __init__(self, name, folder):
        self.name, self.kubeconfig = name, folder / "kubeconfig"

    def exists(self):
        return (ROOT / "cluster").exists()

    def create(self):
        mark("cluster created")
        (ROOT / "cluster").touch()

    def delete(self):
        mark("cluster deleted")
        (ROOT / "cluster").unlink()

    def load(self, references):
        mark("images loaded")


class Cluster:
    def __init__(self, provider, kubectl):
        self.kubeconfig = provider.kubeconfig
        self.core = SimpleNamespace(
            list_namespace=lambda label_selector: SimpleNamespace(items=[]),
            list_node=lambda **_: SimpleNamespace(items=[]),
            list_persistent_volume=lambda **_: SimpleNamespace(items=[]),
            delete_namespace=lambda name: mark(f"namespace {name.split('-')[0]} deleted"),
        )
        self.apps = SimpleNamespace(list_namespaced_daemon_set=lambda *_, **__: SimpleNamespace(items=[]))
        self.admission = SimpleNamespace(list_mutating_admission_policy=lambda **_: SimpleNamespace(items=[]))

    def namespace(self, name, labels):
        mark(f"namespace {name.split('-')[0]} created")


class Release:
    def __init__(self, namespace):
        self.namespace = namespace

    def install(self):
        mark(f"release {self.namespace.split('-')[0]} installed")
        if (ROOT / "broken").exists():
            raise ReleaseError("the chart is broken", hint="Mend it.", details=["line 3"])

    def wait_until_ready(self, within):
        return 0.1

    upgraded = False

    def is_as_installed(self):
        return not self.upgraded


def build(source, **_):
    mark(f"image {source.name} built")
    return BuiltImage(source.name, f"{source.name}:1", "sha256:1", True, 0.1)


evidence.gather = lambda releases, folder, *_, **__: folder.path.mkdir(parents=True)
parts.silence = lambda name, _: (ROOT / "silent").read_text().format(name) if (ROOT / "silent").exists() else ""
parts.connect = lambda: SimpleNamespace(version=lambda: {"Version": "1"})
parts.provider = lambda config, name, **_: Provider(name, parts.folders(config.cache) / name)
parts.resolve = lambda name, **_: Path("/bin") / name
parts.build = build
parts.Cluster = Cluster
parts.Session.chart = lambda self: SimpleNamespace(helm_version="4")
parts.Session.new_release = lambda self, namespace: Release(namespace)
Redactor.learn = lambda self, release: None
"""


@dataclass
class Project:
    """A folder with features, and a pytest to run in it."""

    pytester: pytest.Pytester
    cache: Path
    more_steps: str = ""

    @property
    def path(self) -> Path:
        return self.pytester.path

    @property
    def marks(self) -> list[str]:
        """What was done, in order."""
        return (self.path / "marks").read_text().splitlines()

    def feature(self, text: str, name: str = "a") -> None:
        file = self.path / "features" / f"{name}.feature"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"Feature: {name.upper()}\n" + textwrap.indent(textwrap.dedent(text), "  "))

    def remember(self, **seconds: float) -> None:
        """Record a run in which the scenarios of the feature passed and took their time."""
        scenarios = {
            f"features/a.feature::{name}": {"status": "passed", "seconds": each} for name, each in seconds.items()
        }
        line = {"started": "2026-11-01T00:00:00Z", "verdict": "passed", "scenarios": scenarios}
        (self.path / "reports").mkdir()
        (self.path / "reports" / "history.jsonl").write_text(json.dumps(line) + "\n")

    def steps(self, code: str) -> None:
        """Add step definitions."""
        self.more_steps = textwrap.dedent(code)

    def prepare(self) -> None:
        """Have a cluster, images and releases of marks; it takes a process of its own, where they stay."""
        elsewhere.define(self.pytester, STEPS + FAKES + self.more_steps)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own, with all of that."""
        self.prepare()
        return self.pytester.runpytest_subprocess(*arguments)

    def run_static(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process, for what needs nothing."""
        elsewhere.define(self.pytester, STEPS + self.more_steps)
        return self.pytester.runpytest_inprocess(*arguments)

    def plan(self, *arguments: str) -> pytest.RunResult:
        """Have pytest say what it would run."""
        return self.run_static("--plan", *arguments)

    def left(self) -> list[str]:
        """What there still is of runs and clusters below the cache."""
        found = [path for kind in ("runs", "clusters") for path in (self.cache / kind).rglob("*")]
        return sorted(str(path.relative_to(self.cache)) for path in found)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    cache = pytester.path / ".cache" / "kube-acceptance"
    monkeypatch.setenv("KUBE_ACCEPTANCE_CACHE", str(cache))
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\ntestpaths = ["features"]\naddopts = "--strict-markers -p no:cacheprovider"'
    )
    return Project(pytester, cache)
