"""How a round ends."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rounds import NOON, TODAY, a_round, result

from kube_acceptance.config import Config, EquivalentConfig, MutationConfig
from kube_acceptance.mutation.closing import close
from kube_acceptance.mutation.history import FILE, History
from kube_acceptance.mutation.score import read
from kube_acceptance.report import Run


def a_config(root: Path, **equivalents: EquivalentConfig) -> Config:
    entries = {f"policy-removed.{name}": entry for name, entry in equivalents.items()}
    return Config(root=root, mutation=MutationConfig(equivalents=entries))


@pytest.mark.parametrize(
    ("threshold", "last"),
    [
        (50, "passed: 1 of 2 mutants that count were killed, 50 %; the threshold is 50 %"),
        (
            51,
            "failed: 1 of 2 mutants that count were killed, 50 %, which is below the threshold of 51 %: 1 more must be",
        ),
    ],
)
def test_a_round_is_kept_shown_and_judged(tmp_path: Path, threshold: int, last: str) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    run = Run(title="Tea", started=NOON, finished=NOON, command="pytest")
    (reports / "run.json").write_text(run.model_dump_json())
    excused = EquivalentConfig(because="nothing listens there", until=TODAY)
    config = a_config(tmp_path, c=excused, gone=excused)
    out = StringIO()
    # what an earlier round said of b holds no longer
    score = a_round(result("a", "killed"), result("b", equivalent="once", until=TODAY), result("c"))
    ids = [each.id for each in score.results]
    passed = close(score, config, threshold=threshold, ids=ids, console=Console(file=out, width=200))
    assert passed == last.startswith("passed")
    assert out.getvalue().splitlines()[-5:] == [
        "Nothing notices that anybody may connect to c. Equivalent until 2026-01-24: nothing listens there",
        "Nothing notices that anybody may connect to b.",
        "1 of 2 mutants were killed (50 %); 1 survived. 1 equivalent does not count.",
        'pyproject.toml: the equivalent "policy-removed.gone" names no mutant; did you mean "policy-removed.c"?',
        last,
    ]
    kept = read(reports)
    assert kept is not None
    assert [each.equivalent for each in kept.results] == ["", "", "nothing listens there"]
    assert [each.killed for each in History(reports / FILE).entries()] == [1]
    assert "Nothing notices that anybody may connect to b." in (reports / "living-documentation.html").read_text()


def test_without_a_run_there_are_no_pages_yet(tmp_path: Path) -> None:
    score = a_round(result("a", "killed"), planned=2)
    assert not close(score, a_config(tmp_path), threshold=0, ids=[], console=Console(file=StringIO()))
    assert {file.name for file in (tmp_path / "reports").iterdir()} >= {"mutation.json", FILE}
    assert not (tmp_path / "reports" / "living-documentation.html").exists()
