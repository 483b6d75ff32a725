"""Pods of the harness's own that run under service accounts, and what the API server answers them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.containers import PYTHON
from kube_acceptance.probe.peers import CONTAINER, TOKEN_FOLDER, Peers
from kube_acceptance.security import requests

TIMEOUT = 15.0  # seconds that one call may take; they take milliseconds, and only a machine out of breath comes near
ALL_CALLS = 180.0  # seconds that all calls of one account may take
AT_A_TIME = 8  # accounts that call at the same time


@dataclass(frozen=True, order=True)
class Account:
    """A service account."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """Its name as a user of the API server."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> list[str]:
        """The groups that the API server puts it in."""
        return ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated"]

    def __str__(self) -> str:
        return f"service account {self.name}"


class Callers(AbstractContextManager["Callers"]):
    """Makes a pod for each account that calls, uses it again, and removes it at the end.

    The release's own pods are not used: they have no tokens, and their policies bar the API server.

    Args:
        cluster: The cluster.
        peers: Where pods of the harness's own come from.
    """

    def __init__(self, cluster: Cluster, peers: Peers) -> None:
        self._cluster = cluster
        self._peers = peers
        self._pods: dict[Account, str] = {}

    def __exit__(self, *_: object) -> None:
        self._peers.close()

    @property
    def foreigner(self) -> Account:
        """An account of a namespace of the harness's own, which the release does not know."""
        return Account(self._peers.namespace, "default")

    def call(self, asked: Mapping[Account, Sequence[dict[str, Any]]]) -> dict[Account, list[dict[str, Any]]]:
        """Have every account make its requests from a pod of its own, all side by side; returns the replies.

        Before and after them the pod asks who it is. When that is not answered with the account's name, its replies are
        all broken, since nothing can be said then of any of them.

        Raises:
            ProbeError: A pod cannot be created, does not start, or cannot run the calls.
        """
        for account in asked:
            if account not in self._pods or not self._peers.lives(account.namespace, self._pods[account]):
                # without labels: no policy of the release selects it
                self._pods[account], _ = self._peers.start(
                    account.name[:40], account.namespace, {}, account=account.name
                )
        with ThreadPoolExecutor(max_workers=AT_A_TIME, thread_name_prefix="caller") as pool:
            replies = pool.map(lambda account: self._call(account, asked[account]), asked)
            return dict(zip(asked, replies, strict=True))

    def _call(self, account: Account, asked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        pod = self._pods[account]
        self._peers.running(account.name, account.namespace, pod)
        told = {"folder": TOKEN_FOLDER, "timeout": TIMEOUT, "control": requests.WHOAMI, "requests": list(asked)}
        where = ["--namespace", account.namespace, pod, "--container", CONTAINER]
        source = (Path(__file__).parent / "caller.py").read_text(encoding="utf-8")
        done = self._cluster.kubectl(
            "exec", "--stdin", *where, "--", *PYTHON, "-c", source, timeout=ALL_CALLS, input=json.dumps(told).encode()
        )
        try:
            said: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise ProbeError(f"the calls of {account} said nothing that can be read: {done.stdout[:200]!r}") from error
        return trusted(said, account)


def trusted(said: Mapping[str, Any], account: Account) -> list[dict[str, Any]]:
    """The replies to an account's calls, between two controls with the same token; all broken when a control fails."""
    replies: list[dict[str, Any]] = said["replies"]
    for when in ("before", "after"):
        if wrong := requests.identity(said[when], account.user):
            return [{"failed": f"asked who it is {when} the calls, the API server did not name it: {wrong}"}] * len(
                replies
            )
    return replies
