"""What network policies mean: the computed opinion, which others rely on, beside what the cluster does."""

from __future__ import annotations

import os

from kube_acceptance.cluster import Cluster
from kube_acceptance.console import progress
from kube_acceptance.policy.check import check, new_seed
from kube_acceptance.probe import Enforcement
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.vocabulary import assertion

SEED = "KUBE_ACCEPTANCE_POLICY_SEED"  # the environment's variable that fixes the seed


@assertion(
    "the cluster does what {count:d} random sets of network policies mean",
    timed=False,
    example="the cluster does what 100 random sets of network policies mean",
)
def random_sets(cluster: Cluster, session: Session, enforcement: Enforcement, count: int) -> None:
    """Every pair, port and protocol of small worlds is probed under each set; the seed is new each time, and noted."""
    seed = os.environ.get(SEED) or new_seed()
    note(f"seed {seed}")
    found = check(
        cluster.new_client,
        session.images[PROBE].reference,
        labels=session.labels,
        seed=seed,
        numbers=range(1, count + 1),
        network=cluster.provider.network,
        say=progress,
    )
    note(found.summary())
    found.require_agreement()
