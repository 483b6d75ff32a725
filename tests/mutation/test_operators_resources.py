"""What is derived from requests, limits, scratch space and quotas."""

from __future__ import annotations

import pytest
from deployed import changed, one, shop

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import resources


def all_of() -> list[Derived]:
    return [each for operator in resources.OPERATORS for each in operator(shop())]


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "becomes"),
    [
        ("limit-removed cpu", "may take all cpu of its node", None),
        ("limit-raised memory", "may take 6400Mi of memory, not 64Mi", "6400Mi"),
        ("limit-lowered memory", "has a memory limit of 32Mi, all that it requests, not 64Mi", "32Mi"),
        ("request-removed cpu", "requests 1 of cpu, its limit, not 50m", None),
        ("request-understated cpu", "requests 1m of cpu, not 50m", "1m"),
    ],
)
def test_an_amount_is_changed(wanted: str, unnoticed: str, becomes: str | None) -> None:
    operator, name = wanted.split()
    mutant = one(all_of(), f"{operator}.deployment-shop.container-web-{name}")
    container = changed(mutant)["spec"]["template"]["spec"]["containers"][0]
    assert mutant.unnoticed == f"container web of Deployment shop {unnoticed}"
    assert container["resources"][f"{operator.partition('-')[0]}s"].get(name) == becomes


def test_what_has_no_limit_is_requested_no_more() -> None:
    mutant = one(all_of(), "request-removed.cronjob-till.container-counts-memory")
    assert mutant.unnoticed == "container counts of CronJob till requests nothing of memory, not 8Mi"


def pod(**amounts: dict[str, str]) -> list[dict[str, object]]:
    container = {"name": "web", "resources": amounts}
    return [{"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [container]}}]


def test_a_request_that_is_the_limit_is_not_removed_for_it_would_come_back() -> None:
    found = resources.requests_and_limits(pod(requests={"cpu": "1"}, limits={"cpu": "1000m"}))
    assert {each.operator for each in found} == {"limit-removed", "limit-raised"}


def test_a_limit_without_a_request_is_not_raised_for_it_would_be_requested() -> None:
    found = resources.requests_and_limits(pod(limits={"cpu": "1"}))
    assert {each.operator for each in found} == {"limit-removed"}


def test_what_must_be_requested_up_to_its_limit_is_left_alone() -> None:
    amounts = {"example.com/gpu": "1", "hugepages-2Mi": "4Mi"}
    assert list(resources.requests_and_limits(pod(requests=amounts, limits=amounts))) == []


def test_scratch_space_is_without_bounds() -> None:
    mutant = one(all_of(), "scratch-unbounded.deployment-shop.volume-tmp")
    assert changed(mutant)["spec"]["template"]["spec"]["volumes"][1] == {"name": "tmp", "emptyDir": {}}
    assert mutant.unnoticed == "volume tmp of the pods of Deployment shop may fill the disk of its node"


def test_a_quota_is_removed() -> None:
    mutant = one(all_of(), "quota-removed.resourcequota-rent")
    assert "ResourceQuota" not in {item["kind"] for item in mutant.change(shop())}
    assert mutant.unnoticed == "the namespace has no ResourceQuota rent"
