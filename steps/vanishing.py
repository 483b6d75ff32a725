"""Phrases on a run whose cluster vanishes under it: its API server is reached through a proxy that can be ended."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from kube_acceptance import command
from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.vocabulary import given, when
from kube_acceptance.wait import Seen, eventually
from steps.harness import ENDS_WITHIN
from steps.orphans import own_cache

CONTEXT = "vanishing"
SERVES_WITHIN = 30.0  # seconds
PASSED_WITHIN = 120.0  # seconds


@dataclass
class Proxy:
    """The way to the API server.

    Attributes:
        kubectl: The program, with what it is told of the cluster.
        log: What the program prints.
        port: Where it serves; it chooses one at first.
    """

    kubectl: tuple[str, ...]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Serve, exec included, at the same port as before."""
        words = [*self.kubectl, "proxy", f"--port={self.port}", "--reject-paths=^$"]
        with self.log.open("wb") as file:
            self.process = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        self.port = eventually("kubectl to serve", self._serves, within=SERVES_WITHIN) or 0

    def shut(self) -> None:
        """End it, and every connection with it."""
        if self.process:
            command.end(self.process)
            self.process = None

    def _serves(self) -> Seen[int]:
        said = self.log.read_text()
        found = re.search(r"serve on \S+:(\d+)", said)
        ended = self.process is not None and self.process.poll() is not None
        return Seen(bool(found), said.strip(), int(found[1]) if found else None, hopeless=said if ended else "")


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[Proxy]:
    """The way to the cluster of whoever runs this scenario."""
    kubectl = (str(cluster.kubectl_program), "--kubeconfig", str(cluster.kubeconfig))
    proxy = Proxy(kubectl, tmp_path / "proxy.log")
    try:
        proxy.open()
        yield proxy
    finally:
        proxy.shut()


@given('the example project "{name}" in a context of this cluster that can vanish', target_fixture="suite")
def project_in_vanishing_context(
    example: Callable[..., Suite],
    environment: dict[str, str],
    proxy: Proxy,
    session: Session,
    tmp_path: Path,
    name: str,
) -> Suite:
    file = tmp_path / "kubeconfig"
    described = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": f"http://127.0.0.1:{proxy.port}"}}],
        "users": [{"name": CONTEXT, "user": {}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
    }
    file.write_text(yaml.safe_dump(described))
    # what others have in their cache is none of the business of a `clean` that follows
    environment |= own_cache(tmp_path / "cache", session)
    return replace(example(name, "--cluster", CONTEXT), env={**environment, "KUBECONFIG": str(file)})


@when(
    'its suite runs with "{options}", and the cluster vanishes once "{scenario}" has passed',
    target_fixture="ended",
)
def suite_runs_until_it_vanishes(suite: Suite, proxy: Proxy, tmp_path: Path, options: str, scenario: str) -> Ended:
    log, began = tmp_path / "log", time.monotonic()
    process = suite.start(*shlex.split(options), log=log)

    def passed() -> Seen[None]:
        said = log.read_text()
        lines = [line for line in said.splitlines() if "passed" in line and scenario in line]
        ended = "" if process.poll() is None else f"the suite ended before: {said}"
        return Seen(bool(lines), said.splitlines()[-1] if said else "nothing", hopeless=ended)

    with command.watched(process):
        eventually(f'"{scenario}" to pass', passed, within=PASSED_WITHIN)
        proxy.shut()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired as error:
            lines = log.read_text().splitlines()
            raise AcceptanceError(f"the suite did not end within {ENDS_WITHIN:g} s", details=lines) from error
    note(f"exit status {process.returncode}")
    return Ended(process.returncode, log.read_text(), suite.reports, time.monotonic() - began)


@given("the cluster is there again")
def there_again(proxy: Proxy) -> None:
    proxy.open()
