"""How phrases are defined, timed and catalogued; the phrases themselves are in `kube_acceptance.steps`.

`given`, `when` and `assertion` register a phrase with pytest-bdd. Every assertion may end in `within 2 minutes` or
`for 10 seconds`; without it looks once. `${RELEASE}`, `${NAMESPACE}`, `${SCENARIO}` and `${RUN}` stand for what they
name in every field, table and doc string.
"""

from kube_acceptance.vocabulary.define import assertion, given, when
from kube_acceptance.vocabulary.parts import must, rows, some

MODULES = tuple(
    f"kube_acceptance.steps.{topic}"
    for topic in (
        *("images", "dockerfiles", "builds", "bills", "vulnerabilities", "charts", "posture", "releases"),
        *("neighbours", "objects", "workloads", "cron_jobs", "pods", "services", "http", "ingress"),
        *(
            "network",
            "outside",
            "policy_changes",
            "opinions",
            "policy_meaning",
            "volumes",
            "secrets",
            "access",
            "pod_security",
        ),
        *("logs", "events", "metrics", "monitoring", "resources", "scaling", "faults", "ledger", "traffic", "load"),
        *("calls", "sidecars", "documents", "browser"),
    )
)
"""The modules of the general phrases, in the catalogue's order."""

__all__ = ["MODULES", "assertion", "given", "must", "rows", "some", "when"]
