"""What an operator made: its name, what it changes, and its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import derived

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation import load_removal
from kube_acceptance.mutation.mutant import write

POLICY = {"kind": "NetworkPolicy", "metadata": {"name": "web"}, "spec": {"egress": [{"to": []}]}}
OTHER = {"kind": "NetworkPolicy", "metadata": {"name": "shop"}, "spec": {}}


def test_it_is_called_by_operator_object_and_part() -> None:
    assert derived(part="rule 1 of ingress").id == "policy-removed.networkpolicy-web.rule-1-of-ingress"
    assert derived().id == derived().name == "policy-removed.networkpolicy-web"


def test_it_changes_one_object() -> None:
    assert derived().change([POLICY, OTHER]) == [OTHER]
    patch = [{"op": "replace", "path": "/spec/egress/0", "value": {}}]
    patched = derived(manifests=[{"kind": "NetworkPolicy", "name": "web", "patch": patch}]).change([POLICY, OTHER])
    assert patched == [{**POLICY, "spec": {"egress": [{}]}}, OTHER]


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "remove", "path": "/spec/ingress"}],
        [{"op": "test", "path": "/spec/egress/0", "value": 1}, {"op": "remove", "path": "/spec/egress"}],
    ],
)
def test_what_other_values_render_may_have_none_of_it(patch: list[object]) -> None:
    mutant = derived(manifests=[{"kind": "NetworkPolicy", "name": "web", "patch": patch}])
    assert mutant.change([POLICY]) == [POLICY]
    assert mutant.change([OTHER]) == [OTHER]


def test_a_file_of_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    mutant = derived(dockerfiles=[{"image": "web", "find": "^USER .*$", "put": ""}])
    file = write(mutant, tmp_path)
    assert file.name == "policy-removed.networkpolicy-web.derived"
    read = load_removal(file)
    assert read == mutant.model_copy(update={"file": file})


def test_a_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "a.derived"
    file.write_text("{}")
    with pytest.raises(ConfigurationError, match=r"^a.derived: takes-away: Field required$"):
        load_removal(file)
