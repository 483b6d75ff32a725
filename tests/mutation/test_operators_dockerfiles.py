"""What is derived from a Dockerfile."""

from __future__ import annotations

import difflib
import re
from collections import Counter

import pytest
from deployed import one

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators.dockerfiles import from_dockerfile
from kube_acceptance.mutation.operators.recipe import Recipe

SHOP = r"""# The shop.
ARG BASE=alpine:3.23
FROM python:3.13-alpine@sha256:00 AS build
WORKDIR /build
COPY requirements.lock ./
RUN pip install --require-hashes --no-cache-dir -r requirements.lock \
    # what only tests need
    && rm -rf tests \
    && cp -a . /out
COPY shop /out/shop
RUN <<END
USER 1000
END

# What runs.
FROM ${BASE}
ENV SHOP_PORT=80 \
    PORT=80 GREETING="good \"morning\""
COPY --from=build /out /shop
USER 1000
USER 1000
EXPOSE 80
STOPSIGNAL SIGINT
HEALTHCHECK CMD ["shop", "--well?"]
ENTRYPOINT ["shop", "--say", "hello world"]
CMD shop
ARG VERSION=1.2.3
LABEL version="${VERSION}" \
      title="a = b"
"""


def derived(text: str = SHOP) -> list[Derived]:
    return list(from_dockerfile("shop", text))


def rewritten(mutant: Derived, text: str = SHOP) -> str:
    (rewrite,) = mutant.dockerfiles
    assert rewrite.image == "shop"
    found, count = re.subn(rewrite.find, rewrite.put, text, flags=re.MULTILINE)  # as Removal.patched does
    assert count == 1, mutant.id
    return found


def difference(wanted: str, text: str = SHOP) -> list[str]:
    """The lines that are gone and those that have come."""
    mutant = one(derived(text), f"dockerfile-{wanted}")
    lines = difflib.ndiff(text.splitlines(), rewritten(mutant, text).splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize("mutant", derived(), ids=lambda mutant: mutant.id)
def test_a_mutant_rewrites_one_place(mutant: Derived) -> None:
    assert rewritten(mutant) != SHOP
    assert mutant.object == "image shop"
    assert not mutant.unnoticed.endswith(".")
    assert "image shop" in mutant.signs


def test_no_two_mutants_have_one_id() -> None:
    assert [name for name, times in Counter(each.id for each in derived()).items() if times > 1] == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("base-latest.image-shop.alpine-3-23", ["- ARG BASE=alpine:3.23", "+ ARG BASE=alpine:latest"]),
        (
            "base-without-digest.image-shop.python-3-13-alpine-sha256-00",
            ["- FROM python:3.13-alpine@sha256:00 AS build", "+ FROM python:3.13-alpine AS build"],
        ),
        ("base-other.image-shop", ["- FROM ${BASE}", "+ FROM debian:12-slim"]),
        ("builder-shipped.image-shop.build", ["- FROM ${BASE}", "+ FROM build"]),
        ("everything-copied.image-shop.requirements-lock", ["- COPY requirements.lock ./", "+ COPY . ./"]),
        ("added.image-shop.build-shop-out-shop", ["- COPY shop /out/shop", "+ ADD shop /out/shop"]),
        ("copied-too-early.image-shop.shop-out-shop", ["+ COPY shop /out/shop", "- COPY shop /out/shop"]),
        ("care-removed.image-shop.build-rm-rf-tests", ["-     # what only tests need", "-     && rm -rf tests \\"]),
        (
            "option-removed.image-shop.build-require-hashes",
            [
                "- RUN pip install --require-hashes --no-cache-dir -r requirements.lock \\",
                "+ RUN pip install --no-cache-dir -r requirements.lock \\",
            ],
        ),
        ("compiler-left.image-shop", ["+ RUN cp /bin/sh /usr/bin/cc"]),
        ("hidden-left.image-shop", ["+ RUN cp /bin/sh /usr/bin/cc", "+ RUN rm /usr/bin/cc"]),
        (
            "shell-form.image-shop.entrypoint",
            ['- ENTRYPOINT ["shop", "--say", "hello world"]', "+ ENTRYPOINT shop --say 'hello world'; exit $?"],
        ),
        ("killed-to-stop.image-shop", ["- STOPSIGNAL SIGINT", "+ STOPSIGNAL SIGKILL"]),
        ("health-check-empty.image-shop", ['- HEALTHCHECK CMD ["shop", "--well?"]', "+ HEALTHCHECK CMD true"]),
        (
            "variable-port-other.image-shop.port",
            [
                '-     PORT=80 GREETING="good \\"morning\\""',
                '+     PORT=81 GREETING="good \\"morning\\""',
            ],
        ),
        ("variable-port-other.image-shop.shop-port", ["- ENV SHOP_PORT=80 \\", "+ ENV SHOP_PORT=81 \\"]),
        (
            "label-removed.image-shop.version",
            ['- LABEL version="${VERSION}" \\', '-       title="a = b"', '+ LABEL title="a = b"'],
        ),
        ("argument-other.image-shop.version", ["- ARG VERSION=1.2.3", "+ ARG VERSION=0.0.0"]),
    ],
)
def test_a_place_is_another(wanted: str, expected: list[str]) -> None:
    assert sorted(difference(wanted)) == sorted(expected)


def test_of_the_same_text_twice_each_is_rewritten_for_itself() -> None:
    first, second = (each for each in derived() if each.operator == "dockerfile-user-root")
    assert (first.part, second.part) == ("1000", "1000 2")
    assert rewritten(first) == SHOP.replace("/shop\nUSER 1000", "/shop\nUSER 0:0")
    assert rewritten(second) == SHOP.replace("USER 1000\nEXPOSE", "USER 0:0\nEXPOSE")


def test_it_is_said_in_words() -> None:
    found = derived()
    mutant = one(found, "dockerfile-builder-shipped.image-shop.build")
    assert mutant.takes_away == "the separation of stage build from image shop, which is built on it"
    assert mutant.unnoticed == "image shop holds all that stage build holds"
    assert mutant.signs == ("image shop", "Dockerfile of shop", "container shop")
    user = next(each for each in found if each.operator == "dockerfile-user-named")
    assert user.unnoticed == "image shop runs as a name, which may be anybody's, also root's"


def test_an_image_from_nothing_can_hold_nothing_that_a_shell_makes() -> None:
    found = [each.operator for each in derived('FROM scratch\nCOPY shop /\nENTRYPOINT ["/shop"]\n')]
    assert found == ["dockerfile-added", "dockerfile-shell-form", "dockerfile-killed-to-stop"]


def test_a_step_ends_before_the_comments_of_the_next_one() -> None:
    recipe = Recipe("shop", SHOP)
    assert [(stage.name, stage.base) for stage in recipe.stages] == [
        ("build", "python:3.13-alpine@sha256:00"),
        ("1", "${BASE}"),
    ]
    assert [step.text for step in recipe.stages[0].of("RUN")][1] == "RUN <<END\nUSER 1000\nEND"
    assert recipe.named("${BASE}")[0] == "alpine:3.23"
