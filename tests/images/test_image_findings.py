from __future__ import annotations

import pytest

from kube_acceptance.images import Exemption, Finding, broken

FOUND = {
    "web": [Finding("no-headers", True, "none"), Finding("no-setuid", False, "it has /bin/su")],
    "db": [Finding("no-headers", False, "it has /a.h")],
}
NOTHING = "fits no image and rule that are looked at"


def test_what_is_broken_names_the_image() -> None:
    assert list(broken(FOUND)) == ["image web: it has /bin/su", "image db: it has /a.h"]


def test_an_exemption_is_for_one_image_and_one_rule() -> None:
    assert list(broken(FOUND, [Exemption("db", "no-headers", "upstream's")])) == ["image web: it has /bin/su"]


@pytest.mark.parametrize(
    ("exemption", "said"),
    [
        (("web", "no-headers", "x"), "image web keeps no-headers without its exemption; take that out"),
        (("gone", "no-headers", "x"), f"the exemption of image gone from no-headers {NOTHING}"),
        (("web", "no-heads", "x"), f"the exemption of image web from no-heads {NOTHING}"),
        (("db", "no-headers", ""), "the exemption of image db from no-headers gives no reason"),
    ],
)
def test_exemptions_that_nothing_needs_or_that_say_nothing(exemption: tuple[str, str, str], said: str) -> None:
    assert said in list(broken(FOUND, [Exemption(*exemption)]))
