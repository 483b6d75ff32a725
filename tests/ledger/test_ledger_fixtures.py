"""What the project must say before anything can be written."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.steps.ledger import of_project


@pytest.fixture
def stored(nothing_of_that_name: object) -> object:
    """Itself asks for what is not there, which is another mistake."""
    return nothing_of_that_name


def test_a_project_that_does_not_say_where_writes_go(request: pytest.FixtureRequest) -> None:
    with pytest.raises(ConfigurationError) as caught:
        of_project(request, "no_ways", "where writes go")
    assert str(caught.value) == (
        "the project does not say where writes go\n"
        "Define the fixture `no_ways` beside its phrases; kube_acceptance.steps.ledger says what it is."
    )


def test_a_fixture_that_lacks_another_is_told_as_that(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.FixtureLookupError, match="nothing_of_that_name"):
        of_project(request, "stored", "what is stored")
