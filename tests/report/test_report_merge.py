"""One report of many."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.report.assemble import with_outcomes
from kube_acceptance.report.merge import bring, merged, read
from kube_acceptance.report.model import (
    Attachment,
    Failure,
    Feature,
    Problem,
    Requirement,
    Rule,
    Run,
    Scenario,
    Shard,
)
from kube_acceptance.report.plan import in_order

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)
ALL = {
    name: Scenario(
        id=f"{file}.feature::{name}",
        uri=f"{file}.feature",
        line=line,
        row=row,
        name=name,
        status=status,  # type: ignore[arg-type]
        rule=rule,
        requirements=names.split(),
    )
    for name, file, line, row, status, rule, names in (
        ("A", "a", 2, 0, "passed", "", "REQ-1"),
        ("B", "a", 5, 0, "passed", "Hot", "REQ-1 REQ-2"),
        ("C", "a", 9, 0, "failed", "Cold", "REQ-2"),
        ("D", "b", 2, 0, "passed", "", "REQ-3"),
        ("E", "b", 2, 1, "skipped", "", ""),
    )
}
ASIDE = Scenario(id="b.feature::F", uri="b.feature", line=9, name="F", requirements=["REQ-3"])
DEALT = sorted(each.id for each in ALL.values())
REQUIREMENTS = [Requirement(id=f"REQ-{number}", title="It", declared=declared) for number, declared in ((1, 2), (2, 2))]
REQUIREMENTS += [Requirement(id="REQ-3", title="Aside", declared=2), Requirement(id="REQ-4", title="None", declared=1)]


def features(names: str) -> list[Feature]:
    found = []
    for file in "ab":
        mine = [ALL[name] for name in names if ALL[name].uri == f"{file}.feature"]
        rules = [Rule(name=name) for name in dict.fromkeys(each.rule for each in mine) if name]
        if mine:
            found.append(Feature(uri=f"{file}.feature", name=file, scenarios=mine, rules=rules))
    return in_order(found)


def a_run(names: str, shard: Shard | None = None, **changes: Any) -> Run:
    mine = features(names)
    others = [each for each in ALL.values() if each.name not in names]
    given: dict[str, Any] = {
        "title": "Tea",
        "started": NOON,
        "finished": NOON + timedelta(minutes=1),
        "command": "pytest features",
        "shard": shard,
        "environment": {"Commit": "abc", "Order": "seed 1"},
        "features": mine,
        "left_out": len(others) + 1,
        "requirements": with_outcomes(REQUIREMENTS, mine, [*others, ASIDE]),
    }
    return Run(**{**given, **changes})


def part(folder: Path, number: int, names: str, of: int = 3, **changes: Any) -> Path:
    shard = Shard(number=number, of=of, dealt=changes.pop("dealt", DEALT))
    command = f"pytest features --shard {number}/{of} --reports=shard-{number}"
    run = a_run(names, shard, **{"command": command, **changes})
    where = folder / (name if (name := changes.get("title", "")) else f"shard-{number}")
    where.mkdir()
    (where / "run.json").write_text(json.dumps(run.to_dict()))
    return where


def told(run: Run) -> list[tuple[str, str]]:
    return [(each.where, each.failure.first_line) for each in run.problems]


def test_together_they_say_what_one_run_says(tmp_path: Path) -> None:
    folders = [part(tmp_path, 3, "D"), part(tmp_path, 1, "CE"), part(tmp_path, 2, "AB")]
    run = merged(*read(folders))
    whole = a_run("ABCDE")
    workers = {each.name: each.worker for each in run.scenarios()}
    assert workers == {"C": "shard 1", "E": "shard 1", "A": "shard 2", "B": "shard 2", "D": "shard 3"}
    found = run.to_dict()
    for feature in found["features"]:
        for each in feature["scenarios"]:
            each["worker"] = ""
        feature["rules"].sort(key=lambda rule: ["Hot", "Cold"].index(rule["name"]))
    assert found.pop("environment") == {"Commit": "abc", "Order": "seed 1", "Shards": "3"}
    expected = whole.to_dict()
    del expected["environment"]
    assert found == expected
    assert [each.outcome for each in run.requirements] == ["passed", "failed", "passed in part", "not in this run"]
    assert (run.verdict, run.left_out) == ("failed", 1)


def test_a_shard_does_not_take_for_failed_what_others_run(tmp_path: Path) -> None:
    [one], _ = read([part(tmp_path, 1, "A", of=1)])
    assert [each.outcome for each in one.run.requirements] == ["passed in part", *["not in this run"] * 3]


def test_times_and_facts(tmp_path: Path) -> None:
    facts = [{"Commit": "abc", "Order": f"seed {number}", "Docker": "1"} for number in range(5)]
    later = NOON + timedelta(hours=1)
    folders = [part(tmp_path, 1 + number, "ABCDE"[number], of=5, environment=facts[number]) for number in range(4)]
    folders.append(
        part(tmp_path, 5, "E", of=5, environment=facts[4], started=NOON - timedelta(hours=1), finished=later)
    )
    run = merged(*read(folders))
    assert (run.started, run.finished) == (NOON - timedelta(hours=1), later)
    assert run.environment == {
        "Commit": "abc",
        "Order": "seed 0; seed 1; seed 2; and 2 more",
        "Docker": "1",
        "Shards": "5",
    }


def test_a_missing_shard_is_a_problem(tmp_path: Path) -> None:
    run = merged(*read([part(tmp_path, 1, "A"), part(tmp_path, 3, "BD")]))
    assert told(run) == [("shard 2", "Shard 2 of 3 is missing.")]
    assert (run.verdict, run.left_out) == ("failed", 3)
    assert [(each.outcome, each.left_out) for each in run.requirements] == [
        ("passed", 0),
        ("passed in part", 1),
        ("passed in part", 1),
        ("not in this run", 1),
    ]


def lost(folder: Path, number: int, text: str, of: int = 3) -> Path:
    where = folder / f"lost-{number}"
    where.mkdir()
    (where / "begun.jsonl").write_text(f"[{number}, {of}]\n{text}")
    return where


def test_an_attempt_that_was_lost_is_told(tmp_path: Path) -> None:
    gone = lost(tmp_path, 2, '"a.feature::A"\n"b.feature::E"\n"a.feat')
    run = merged(*read([part(tmp_path, 1, "CE"), gone, part(tmp_path, 2, "AB"), part(tmp_path, 3, "D")]))
    said = {each.name: each.facts for each in run.scenarios() if each.facts}
    assert said == {"A": ["An attempt at shard 2 was lost after it had begun this, which then ran again."]}
    assert (run.problems, run.environment["Lost attempts"]) == ([], "at shard 2")
    assert next(each.status for each in run.scenarios() if each.name == "A") == "passed"


def test_a_shard_of_which_only_lost_attempts_are_there(tmp_path: Path) -> None:
    gone = lost(tmp_path, 2, '"a.feature::A"\n')
    run = merged(*read([part(tmp_path, 1, "CE"), gone, part(tmp_path, 3, "D")]))
    assert told(run) == [("shard 2", "Shard 2 of 3 is missing: it was lost after it had begun 1 scenario.")]


def test_a_scenario_that_ran_in_two_or_in_none(tmp_path: Path) -> None:
    run = merged(*read([part(tmp_path, 1, "AC"), part(tmp_path, 2, "BC"), part(tmp_path, 3, "D")]))
    assert told(run) == [
        ("a.feature::C", "The scenario was dealt to the shards 1 and 2: they knew different histories."),
        ("b.feature::E", "The scenario was dealt to no shard: they knew different histories."),
    ]
    assert [each.name for each in run.scenarios()] == ["A", "B", "C", "D"]
    assert (run.verdict, run.left_out) == ("failed", 2)


def test_problems_of_all_are_told_once(tmp_path: Path) -> None:
    same, own = (Problem(where="pytest", failure=Failure(first_line=each)) for each in ("All.", "Mine."))
    folders = [part(tmp_path, 1, "AB", of=2, problems=[same]), part(tmp_path, 2, "CDE", of=2, problems=[own, same])]
    assert told(merged(*read(folders))) == [("pytest", "All."), ("pytest (shard 2)", "Mine.")]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pytest features --shard {}/2 -m 'not slow' --reports out-{}", "pytest features -m 'not slow'"),
        ("pytest --shard={}/2 --reports=out-{} --seed={}", "pytest"),
    ],
)
def test_the_command_is_that_of_all(tmp_path: Path, command: str, expected: str) -> None:
    folders = [
        part(tmp_path, at, name, of=2, command=command.format(at, at, at)) for at, name in ((1, "AB"), (2, "CDE"))
    ]
    assert merged(*read(folders)).command == expected


# ---- what is refused


def refused(folders: list[Path]) -> str:
    with pytest.raises(ConfigurationError) as error:
        read(folders)
    return str(error.value)


def test_no_report(tmp_path: Path) -> None:
    assert refused([tmp_path]) == f"{tmp_path} holds no report: there is no run.json in it"
    gone = lost(tmp_path, 1, "")
    assert refused([gone]) == "there is no report to merge; name the folders of the shards' reports"


def test_a_damaged_report_and_one_of_a_whole_run(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text("{")
    assert refused([tmp_path]) == f"{file} is damaged or of another version"
    file.write_text(json.dumps(a_run("A").to_dict()))
    assert refused([tmp_path]) == f"{tmp_path} holds the report of a whole run, not of a shard"


def test_given_twice(tmp_path: Path) -> None:
    one, other = part(tmp_path, 2, "A"), part(tmp_path, 2, "A", title="again")
    assert refused([one, other]) == f"shard 2 of 3 is given twice: {one} and {other}"


def test_of_another_number_of_shards(tmp_path: Path) -> None:
    one = part(tmp_path, 1, "A")
    assert refused([one, other := part(tmp_path, 2, "A", of=4)]) == f"{one} is of 3 shards, but {other} is of 4"
    assert refused([one, other := lost(tmp_path, 2, "", of=5)]) == f"{one} is of 3 shards, but {other} is of 5"


def test_of_another_commit(tmp_path: Path) -> None:
    one, other = part(tmp_path, 1, "A"), part(tmp_path, 2, "A", environment={"Commit": "def"})
    assert refused([one, other]) == f"{one} is of the commit abc, but {other} is of def"


def test_of_another_selection(tmp_path: Path) -> None:
    one, other = part(tmp_path, 1, "A"), part(tmp_path, 2, "B", dealt=DEALT[1:])
    assert refused([one, other]) == (
        f"{one} and {other} are of different selections, of 5 and 4 scenarios\n"
        "Give every shard the same features and the same -k and -m."
    )


# ---- evidence


def test_evidence_comes_along_and_keeps_apart(tmp_path: Path) -> None:
    def attach(name: str, *paths: str) -> list[Feature]:
        files = [Attachment(name="evidence", path=path, bytes=1) for path in paths]
        [feature] = features(name)
        earlier = [ALL[name].model_copy(update={"attachments": files[:1]})]
        changes = {"attachments": files, "earlier": earlier}
        return [feature.model_copy(update={"scenarios": [ALL[name].model_copy(update=changes)]})]

    one = part(tmp_path, 1, "A", of=2, features=attach("A", "evidence/tea", "evidence/tea/page.png"))
    two = part(tmp_path, 2, "D", of=2, features=attach("D", "evidence/tea", "bill.json", "evidence/gone"))
    for folder in (one, two):
        (folder / "evidence" / "tea").mkdir(parents=True)
        (folder / "evidence" / "tea" / "page.png").write_text(folder.name)
    (two / "bill.json").write_text("{}")
    output = tmp_path / "merged"
    (output / "evidence" / "tea").mkdir(parents=True)
    (output / "evidence" / "tea" / "old").touch()
    parts, _ = read([one, two])
    run = bring(parts, merged(parts), output)
    paths = {each.name: [file.path for file in each.attachments] for each in run.scenarios()}
    assert paths == {
        "A": ["evidence/tea", "evidence/tea/page.png"],
        "D": ["evidence/shard-2-tea", "bill.json", "evidence/gone"],
    }
    assert [file.path for each in run.scenarios() for file in each.earlier[0].attachments] == [
        "evidence/tea",
        "evidence/shard-2-tea",
    ]
    files = sorted(str(file.relative_to(output)) for file in output.rglob("*") if file.is_file())
    assert files == ["bill.json", "evidence/shard-2-tea/page.png", "evidence/tea/page.png"]
    assert (output / "evidence/shard-2-tea/page.png").read_text() == "shard-2"
