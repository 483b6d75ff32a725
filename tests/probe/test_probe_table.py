from __future__ import annotations

import pytest

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.endpoints import Endpoint, Endpoints
from kube_acceptance.probe.outcome import Protocol
from kube_acceptance.probe.table import complete

KNOWN = Endpoints(
    sources=("web", "db", "stranger"),
    targets=(Endpoint("web", 80), Endpoint("db", 5432), Endpoint("db", 5432, Protocol.UDP), Endpoint("dns", 53)),
    release=frozenset({"web", "db"}),
    themselves=frozenset({("web", "web"), ("db", "db")}),
)
DEFAULT = ("anything else", "anything else", "blocked")
EVERY_PAIR = [
    "web -> db:5432",
    "web -> db:5432/UDP",
    "web -> dns:53",
    "db -> web:80",
    "db -> dns:53",
    "stranger -> web:80",
    "stranger -> db:5432",
    "stranger -> db:5432/UDP",
    "stranger -> dns:53",
]


def allowed(*rows: tuple[str, str, str]) -> list[str]:
    found = complete(rows, KNOWN)
    assert [str(row) for row in found] == EVERY_PAIR
    return [str(row) for row in found if row.expected == "allowed"]


def refused(*rows: tuple[str, str, str]) -> str:
    with pytest.raises(ProbeError) as caught:
        complete(rows, KNOWN)
    return str(caught.value)


def test_a_default_row_speaks_of_every_pair_that_no_other_does() -> None:
    assert allowed(("web", "db:5432", "allowed"), DEFAULT) == ["web -> db:5432"]
    assert allowed(DEFAULT, ("web", "db:5432", "allowed")) == ["web -> db:5432"]


def test_names_stand_for_all_their_ports_and_commas_for_several() -> None:
    assert allowed(("web, stranger", "db, dns:53", "allowed"), DEFAULT) == [
        *("web -> db:5432", "web -> db:5432/UDP", "web -> dns:53"),
        *("stranger -> db:5432", "stranger -> db:5432/UDP", "stranger -> dns:53"),
    ]


def test_the_release_and_all_others_are_groups() -> None:
    assert allowed(("the release", "all others", "allowed"), DEFAULT) == ["web -> dns:53", "db -> dns:53"]
    assert allowed(("all others", "the release", "allowed"), DEFAULT) == [
        *("stranger -> web:80", "stranger -> db:5432", "stranger -> db:5432/UDP")
    ]


def test_a_table_without_a_default_row_may_list_every_pair() -> None:
    rows = [("the release", "the release", "allowed"), ("the release", "all others", "blocked")]
    assert len(allowed(*rows, ("stranger", "web, db, dns", "blocked"))) == 3


def test_a_table_that_leaves_out_pairs_names_them() -> None:
    assert refused(("web", "db, dns", "allowed"), ("db", "web", "blocked"), ("stranger", "web, dns", "blocked")) == (
        "the table says nothing of db -> dns:53 (3 of 9 pairs are left out)\n"
        "Add rows for them, or one for all that is left: | anything else | anything else | blocked |\n"
        "  db -> dns:53\n"
        "  stranger -> db:5432, db:5432/UDP"
    )
    assert refused(("web, stranger", "db, web, dns", "allowed"), ("db", "web", "blocked")).splitlines()[0] == (
        "the table says nothing of db -> dns:53"
    )
    assert refused().splitlines()[0] == "the table says nothing of web -> db:5432 (9 of 9 pairs are left out)"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [("db", "dns:53", "allowed"), ("db", "dns", "blocked")],
            "rows 1 and 2 of the table contradict each other: db -> dns:53 is allowed in one and blocked in the other",
        ),
        (
            [("web", "db:5432", "allowed"), ("stranger", "web", "blocked"), ("the release", "db:5432", "allowed")],
            "rows 1 and 3 of the table both say that web -> db:5432 is allowed",
        ),
        ([DEFAULT, DEFAULT], "rows 1 and 2 of the table both speak of anything else"),
        (
            [("web", "anything else", "blocked")],
            "row 1 of the table: 'anything else' stands on both sides, or on none",
        ),
        ([("web", "web", "blocked")], "row 1 of the table, web -> web, speaks of no pair"),
        (
            [DEFAULT, ("wbe", "db", "blocked")],
            "row 2 of the table names 'wbe', which is no known endpoint; did you mean 'web'?",
        ),
        (
            [("web", "db:5433", "blocked")],
            "row 1 of the table names 'db:5433', which is no known endpoint; did you mean 'db:5432'?",
        ),
        ([("dns", "web", "blocked")], "row 1 of the table names 'dns', which is no known endpoint"),
        (
            [("anything else", "anything else", "open")],
            "a connection can be expected to be allowed or blocked, not 'open'",
        ),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(rows: list[tuple[str, str, str]], text: str) -> None:
    assert refused(*rows).splitlines()[0] == text


def test_what_is_known_is_listed() -> None:
    assert refused(("web", "x", "blocked")).splitlines()[1] == (
        "Known are: all others, db, db:5432, db:5432/UDP, dns, dns:53, the release, web, web:80."
    )
