"""Who can see what a mutant changes."""

from __future__ import annotations

import pytest
from making import derived, prospect

from kube_acceptance.mutation.derived import Concern
from kube_acceptance.mutation.sight import ABOUT, Sight, plural
from kube_acceptance.vocabulary import MODULES

RELEASE = {"tier": "cluster", "fixtures": ["shared_release"]}


def sight(*prospects: object, **given: object) -> Sight:
    return Sight(prospects, **{"about": {}, "touched": {}, **given})  # type: ignore[arg-type]


def seen(by: Sight, tier: str = "cluster", **changes: object) -> list[str]:
    return [each.name for each in by.of(derived(**changes), tier)]


def test_whoever_renders_the_chart_sees_all_of_it() -> None:
    by = sight(prospect("renders"), prospect("does not", fixtures=["settings"]))
    assert seen(by, "static") == ["renders"]
    assert seen(by) == []


def test_by_its_phrases() -> None:
    by = sight(
        prospect("connects", **RELEASE, modules=["kube_acceptance.steps.network"]),
        prospect("stores", **RELEASE, modules=["kube_acceptance.steps.volumes", "steps.network"]),
    )
    assert seen(by) == ["connects"]
    assert seen(by, concern="storage") == ["stores"]


def test_by_its_tags() -> None:
    by = sight(
        prospect("policy", **RELEASE, requirements=["REQ-POL-01"]),
        prospect("data", **RELEASE, tags=["data"]),
        about={Concern.NETWORK_POLICY: ["REQ-POL-*"], Concern.STORAGE: ["data"]},
    )
    assert seen(by) == ["policy"]
    assert seen(by, concern="storage") == ["data"]


def test_by_what_it_asked_the_api_server_for() -> None:
    by = sight(prospect("asks", **RELEASE), touched={"features/a.feature::asks": {"networkpolicies"}})
    assert seen(by) == ["asks"]
    assert seen(by, manifests=[{"kind": "Service", "name": "web", "remove": True}]) == []


def test_a_dockerfile_is_seen_by_what_is_about_images() -> None:
    by = sight(
        prospect("image", tier="image", modules=["kube_acceptance.steps.images"]),
        prospect("chart", tier="image", modules=["kube_acceptance.steps.charts"]),
    )
    rewrites = [{"image": "web", "find": "a", "put": "b"}]
    assert seen(by, "image", concern="image build", manifests=[], dockerfiles=rewrites) == ["image"]
    assert seen(by, "image") == []


def test_who_is_about_it_comes_first() -> None:
    about = prospect("about", seconds=9.0, modules=["kube_acceptance.steps.opinions"])
    assert seen(sight(prospect("short"), about), "static") == ["about", "short"]


def test_the_shortest_comes_first() -> None:
    by = sight(prospect("long", seconds=9.0), prospect("not known", seconds=None), prospect("short"))
    assert seen(by, "static") == ["not known", "short", "long"]


def test_every_concern_has_phrases_that_there_are() -> None:
    assert set(ABOUT) == set(Concern)
    assert {f"kube_acceptance.steps.{each}" for found in ABOUT.values() for each in found} <= set(MODULES)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("NetworkPolicy", "networkpolicies"), ("Ingress", "ingresses"), ("Deployment", "deployments")],
)
def test_what_the_api_calls_them(kind: str, said: str) -> None:
    assert plural(kind) == said
