"""Canaries are recognised in every form, and nothing is said of a place that nobody looked at."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.security import canary
from kube_acceptance.security.canary import PLANTED, Canary, Look

SECRET = Canary("password", 'it\'s "a"/secret+0123456789abcdef')
DECOY = Canary(PLANTED, "decoy/+ 0123456789ABCDEF")


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_is_seen_in_base64_wherever_it_begins(before: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(f"{before}{SECRET.value}, and more".encode()).decode()
        assert SECRET.seen_in(text), text


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text,
        quote,
        quote_plus,
        html.escape,
        json.dumps,
        lambda text: json.dumps(json.dumps(text)),
        lambda text: quote(quote(text)),
        lambda text: text.encode().hex(),
        lambda text: text.encode().hex().upper(),
    ],
)
def test_is_seen_however_it_is_written(encode: object) -> None:
    text = encode(SECRET.value)  # type: ignore[operator]
    assert SECRET.seen_in(f"before {text} after")
    assert SECRET.seen_in(f"before {text} after".encode())


def test_is_not_seen_in_anything_else() -> None:
    assert SECRET.seen_in("it's a secret") == []


def test_no_representation_says_the_value() -> None:
    assert "0123456789" not in f"{SECRET!r} {SECRET}"


def test_a_value_that_could_stand_anywhere_by_chance_is_no_canary() -> None:
    with pytest.raises(AcceptanceError, match=r"^the value of pin is too short to be looked for$"):
        Canary("pin", "1234-5678")


def test_new_ones_differ_and_hold_what_encodings_change() -> None:
    one, other = canary.new("a"), canary.new("a")
    assert one.value != other.value
    assert len({quote(one.value), html.escape(one.value), json.dumps(one.value), one.value}) == 4


def test_the_values_of_a_secret_are_called_by_their_keys() -> None:
    data = {"password": base64.b64encode(SECRET.value.encode()).decode()}
    assert canary.of_secret("it", {"data": data}) == [SECRET]
    with pytest.raises(AcceptanceError, match=r"^Secret it is empty, so nothing can be looked for$"):
        canary.of_secret("it", {})


def look(*texts: tuple[str, str]) -> Look:
    found = Look([SECRET, DECOY])
    for place, text in texts:
        found.at(place, f"some {place}", text)
    return found


NOWHERE = {"logs": {"password": False}}


def test_a_place_is_free_where_only_the_planted_one_is() -> None:
    assert list(look(("logs", DECOY.value), ("logs", "nothing")).findings(NOWHERE)) == []


def test_a_leak_is_told_by_form_and_place_without_the_value() -> None:
    leaky = look(("logs", DECOY.value), ("logs", SECRET.value.encode().hex()))
    assert list(leaky.findings(NOWHERE)) == ["the value of password stands in hex in some logs"]


def test_nothing_is_said_of_a_place_in_which_the_planted_one_was_not_found() -> None:
    assert list(look(("logs", "nothing")).findings(NOWHERE)) == [
        "not even the planted value was found in logs, so nothing can be said of others"
    ]


def test_a_place_without_anything_fails() -> None:
    assert list(look().findings(NOWHERE)) == ["there is nothing in the place 'logs', so nothing was checked"]


def test_a_place_that_the_table_does_not_name_fails() -> None:
    told = list(look(("logs", DECOY.value), ("events", DECOY.value)).findings(NOWHERE))
    assert told == ["the table does not say what stands in events"]


def test_a_leak_in_a_place_that_the_table_does_not_name_comes_first() -> None:
    told = list(look(("logs", DECOY.value), ("events", SECRET.value)).findings(NOWHERE))
    assert told[0] == "the value of password stands plain in some events"


def test_what_must_be_there_and_is_not_fails() -> None:
    told = list(look(("mounts of web", "nothing")).findings({"mounts of web": {"password": True}}))
    assert told == ["the value of password does not stand in mounts of web"]


def test_the_planted_one_is_enough_in_any_place_of_a_kind() -> None:
    seen = look(("mounts of web", "nothing"), ("mounts of planted", DECOY.value))
    assert list(seen.findings({"mounts of web": {"password": False}})) == []


def test_a_table_of_other_secrets_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^the table must have a column for each of password, no others"):
        list(look().findings({"logs": {"pin": False}}))


def test_every_form_of_the_planted_one_must_be_recognised() -> None:
    assert look(("logs", "\n".join(DECOY.marks))).unrecognised("some logs") == []
    assert "in hex" in look(("logs", DECOY.value)).unrecognised("some logs")
