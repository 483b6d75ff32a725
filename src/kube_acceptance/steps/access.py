"""Rights in the Kubernetes API: what service accounts may do, tried and asked, and who holds a token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from kube_acceptance.cluster import Cluster
from kube_acceptance.probe.peers import Peers
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.security import bindings, rbac, tokens
from kube_acceptance.security.callers import Account, Callers
from kube_acceptance.security.rights import parse
from kube_acceptance.session import PROBE, Session
from kube_acceptance.vocabulary import assertion, must, rows


@pytest.fixture
def callers(cluster: Cluster, session: Session) -> Iterator[Callers]:
    """Pods that call the API server under service accounts; they go with the scenario."""
    peers = Peers(cluster.new_client, session.images[PROBE].reference, labels=session.labels)
    with Callers(cluster, peers) as made:
        yield made


@assertion("these rights are as expected")
def rights(release: Release, callers: Callers, datatable: list[list[str]]) -> None:
    """Every row of `| account | verb | resource | expected |` is as expected, `may` or `may not`, in two opinions.

    Calls from pods under the accounts are answered so, and the authorizer says so. Cells hold one or several, separated
    by commas; `every account` is all that are named. A service account of the namespace that no row names fails.
    """
    _must_be(callers, release, rbac.rows_of(release, rows(datatable)))


@assertion(
    'the service account of the "{component}" may {verb} "{resource}"',
    example='the service account of the "operator" may list "pods"',
)
def may(release: Release, callers: Callers, component: str, verb: str, resource: str) -> None:
    """A call from a pod under it is let through, and the API server's authorizer says so."""
    _must_be(callers, release, _of_component(release, component, verb, resource, may=True))


@assertion(
    'the service account of the "{component}" may not {verb} "{resource}"',
    example='the service account of the "backend" may not get "secrets"',
)
def may_not(release: Release, callers: Callers, component: str, verb: str, resource: str) -> None:
    """A call from a pod under it is answered with 403 and its name, and the API server's authorizer says so."""
    _must_be(callers, release, _of_component(release, component, verb, resource, may=False))


@assertion("no service account has a dangerous right")
def nothing_dangerous(release: Release, callers: Callers) -> None:
    """No account of the namespace, `default` included, may do anything by which it could take over more than itself.

    That is: read Secrets, make pods or enter them, make tokens or roles, be somebody else, touch nodes or namespaces.
    """
    _must_be(callers, release, rbac.dangerous_rows(release))


@assertion(
    'a service account of another namespace may not {verb} "{resource}"',
    example='a service account of another namespace may not get "secrets named ${RELEASE}-database"',
)
def foreigner_may_not(release: Release, callers: Callers, verb: str, resource: str) -> None:
    """A call from a pod of another namespace to the release's one is answered with 403."""
    found = parse(verb, resource, namespace=release.namespace)
    _must_be(callers, release, [rbac.Row(callers.foreigner, right, may=False) for right in found])


@assertion("no binding gives a service account of the release any right")
def no_bindings(release: Release) -> None:
    """No binding in the cluster names one, or a group that they are in, apart from what Kubernetes gives everybody."""
    found, count = bindings.given(release)
    must(found, of="bindings")
    note(f"{count} bindings")


@assertion("every workload of the release has a service account of its own")
def own_accounts(release: Release) -> None:
    """No two workloads share an account, and neither they nor any pod run under the namespace's default one."""
    must(bindings.workload_accounts(release), of="workloads")


@assertion("no container of the release holds a token of the Kubernetes API")
def no_tokens(release: Release, session: Session) -> None:
    """No pod is given one, also none that a workload may still make, and none lies in a running container.

    Mounts, Jobs' pods and templates are read, and every running container is looked into: its mounts in memory, the
    usual folders and the environment of its processes.
    """
    _must_hold(tokens.find(release, session.images[PROBE].reference), holders=(), asked_for=tokens.asked_for(release))


@assertion("only these components hold a token of the Kubernetes API")
def tokens_of(release: Release, session: Session, datatable: list[list[str]]) -> None:
    """The containers of the components of a table `| component |` hold one, and no other container of the release."""
    holders = [row["component"] for row in rows(datatable)]
    _must_hold(tokens.find(release, session.images[PROBE].reference), holders=holders)


@assertion('every "{component}" pod holds a token of the Kubernetes API')
def holds_token(release: Release, session: Session, component: str) -> None:
    """The token of the pod's service account lies in each of its running containers."""
    _must_hold(tokens.find(release, session.images[PROBE].reference, component), holders=[component])


@assertion('no "{component}" pod holds a token of the Kubernetes API')
def holds_no_token(release: Release, session: Session, component: str) -> None:
    """Who takes over a container finds no token of a service account there."""
    _must_hold(tokens.find(release, session.images[PROBE].reference, component), holders=())


def _of_component(release: Release, component: str, verb: str, resource: str, *, may: bool) -> list[rbac.Row]:
    names = rbac.of_component(release, component)
    found = list(parse(verb, resource, namespace=release.namespace))
    return [rbac.Row(Account(release.namespace, name), right, may) for name in names for right in found]


def _must_be(callers: Callers, release: Release, wanted: list[rbac.Row]) -> None:
    verdicts = rbac.check(release.cluster, callers, wanted)
    must((said for verdict in verdicts if (said := verdict.finding())), of="rights")
    accounts = {verdict.row.account for verdict in verdicts}
    called = sum(verdict.call is not None for verdict in verdicts)
    note(f"{len(accounts)} accounts, {called} calls from their pods, {len(verdicts)} reviews, all as expected")


def _must_hold(found: Sequence[tokens.Found], *, holders: Sequence[str], asked_for: Sequence[str] = ()) -> None:
    must([*asked_for, *tokens.wrong(found, holders)], of="containers")
    looked = [one.looked for one in found if one.looked is not None]
    note(f"{len(found)} containers, {len(looked)} of which run; {sum(looked)} files in them were looked at")
