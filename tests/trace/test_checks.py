from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kube_acceptance.trace import (
    Finding,
    Protection,
    Scenario,
    Trace,
    check_clauses,
    check_edition,
    check_files,
    check_ownership,
    check_protections,
    check_scenarios,
    check_tasks,
    task_findings,
)

Read = Callable[..., Trace]
SMALL = Scenario("It is small", "features/images.feature", 4, ("@static", "@REQ-IMG-01"))


def texts(findings: Sequence[Finding]) -> list[str]:
    return [str(finding) for finding in findings]


def test_documents_that_agree(read: Read) -> None:
    trace = read()
    files = ["chart/values.yaml", "docker/Dockerfile"]
    assert check_clauses(trace) == check_tasks(trace) == check_edition(trace) == []
    assert check_files(trace, files) == check_ownership(trace, files, ["chart", "docker"]) == []
    assert check_scenarios(trace, [SMALL]) == []


def test_a_clause_that_nothing_fulfils(read: Read) -> None:
    assert texts(check_clauses(read(spec={", C-02": ""}))) == [
        "constitution.md:5: no requirement in spec.md is from C-02; write the one that fulfils it"
    ]


def test_a_clause_that_does_not_exist(read: Read) -> None:
    assert texts(check_clauses(read(spec={"C-01, C-02": "C-02, C-021"}))) == [
        "spec.md:8: REQ-IMG-02 is from C-021, which constitution.md does not have; did you mean C-02?"
    ]


def test_a_task_of_an_unknown_requirement_leaves_the_covered_one_without_a_task(read: Read) -> None:
    assert texts(check_tasks(read(tasks={"REQ-IMG-01": "REQ-IMG-11"}))) == [
        "tasks.md:3: T-201 belongs to REQ-IMG-11, which spec.md does not have; did you mean REQ-IMG-01?",
        "spec.md:3: REQ-IMG-01 is covered, but no finished task in tasks.md belongs to it",
    ]


def test_an_open_task_covers_nothing(read: Read) -> None:
    assert texts(check_tasks(read(tasks={"Status: done": "Status: open (issue E)"}))) == [
        "spec.md:3: REQ-IMG-01 is covered, but no finished task in tasks.md belongs to it"
    ]


def test_patterns_of_done_tasks_match_files_from_the_root_on(read: Read) -> None:
    assert texts(check_files(read(), ["docker/Dockerfile", "sub/chart/values.yaml"])) == [
        "tasks.md:3: T-201 is done, but no file matches its pattern chart/values.yaml; correct the pattern"
    ]


def test_a_file_without_a_task_and_a_folder_without_files(read: Read) -> None:
    assert texts(check_ownership(read(), ["docker/Dockerfile", "chart/Chart.yaml"], ["docker", "chart/", "app"])) == [
        "app: no file is here, so nothing was checked; correct the name of the folder",
        "chart/Chart.yaml:1: no task in tasks.md lists this file; add it to the one it belongs to",
    ]


def test_scenarios_and_requirements_that_do_not_agree(read: Read) -> None:
    scenarios = [
        Scenario("none", "f.feature", 1, ("@static",)),
        Scenario("unknown", "f.feature", 3, ("REQ-IMG-011",)),
        Scenario("malformed", "f.feature", 5, ("@REQ-img",)),
        Scenario("too early", "f.feature", 7, ("@REQ-IMG-02",)),
    ]
    assert texts(check_scenarios(read(), scenarios)) == [
        'f.feature:1: scenario "none" has no tag @REQ-…; name what it proves',
        "f.feature:3: @REQ-IMG-011 names no requirement of spec.md; did you mean REQ-IMG-01?",
        "f.feature:5: @REQ-img names no requirement of spec.md (a number looks like REQ-AREA-01)",
        'f.feature:7: @REQ-IMG-02: spec.md:8 says "not yet covered (issue E)"; '
        'set it to "covered", or do not name it here',
        "spec.md:3: REQ-IMG-01 is covered, but no scenario has the tag @REQ-IMG-01; "
        'write one, or set the status to "not yet covered (issue X)"',
    ]


def test_protections_whose_scenarios_do_not_agree(read: Read) -> None:
    small, other = "features/images.feature::It is small", "features/images.feature::It is red"
    protections = [
        Protection("mutants/fine.yaml", "REQ-IMG-01", (small,)),
        Protection("mutants/gone.yaml", "REQ-IMG-01", ("features/images.feature::It is smaller",)),
        Protection("mutants/other.yaml", "REQ-IMG-01", (other,)),
        Protection("mutants/early.yaml", "REQ-IMG-02", (small,)),
        Protection("mutants/all.yaml", "REQ-IMG-01", ("features/images.feature",)),
        Protection("mutants/one-of-two.yaml", "REQ-IMG-01", (small, other)),
        Protection("mutants/none-of-two.yaml", "REQ-IMG-01", (other, other)),
    ]
    scenarios = [SMALL, SMALL._replace(name="It is red", tags=())]
    assert texts(check_protections(read(), protections, scenarios)) == [
        'mutants/gone.yaml:1: there is no scenario "features/images.feature::It is smaller"; did you mean '
        "features/images.feature::It is small?",
        f'mutants/other.yaml:1: the scenario "{other}" has no tag @REQ-IMG-01, so its failure would not be about it',
        'mutants/early.yaml:1: @REQ-IMG-02: spec.md:8 says "not yet covered (issue E)"; '
        'set it to "covered", or do not name it here',
        f'mutants/early.yaml:1: the scenario "{small}" has no tag @REQ-IMG-02, so its failure would not be about it',
        "mutants/none-of-two.yaml:1: none of 2 scenarios has the tag @REQ-IMG-01, so its failure would not be about it",
    ]


def test_no_mutants_prove_nothing(read: Read) -> None:
    assert texts(check_protections(read(), [], [SMALL])) == [
        "mutants: there are none, so nothing shows that a missing protection would be noticed"
    ]


def test_a_constitution_that_does_not_say_which_it_is(read: Read) -> None:
    assert texts(check_edition(read(constitution="- **C-01** Be small"))) == [
        "constitution.md:1: the constitution does not say which one it is; "
        'add "- Version:", "- Ratified:" and "- Last amended:"'
    ]


def test_an_amendment_that_is_not_recorded(read: Read) -> None:
    changed = {"amended: 2026-01-24": "amended: 2026-03-01"}
    assert texts(check_edition(read(constitution=changed))) == [
        "constitution.md:7: last amended 2026-03-01, but no amendment is recorded; record it with approval and reason"
    ]


def test_amendments_that_do_not_agree_with_the_version(read: Read) -> None:
    amendments = "- 1.2.0, 2026-04-01, approved by A: x\n- 1.1.0, 2026-03-01, approved by A: y"
    assert texts(check_edition(read(constitution={"None.": amendments}))) == [
        "constitution.md:13: the amendment of 2026-03-01 stands after that of 2026-04-01; keep their order",
        "constitution.md:7: last amended 2026-01-24, but the last amendment is of 2026-03-01; make them agree",
        "constitution.md:7: this is version 1.0.0, but the last amendment made it 1.1.0; make them agree",
    ]


def test_objects_name_known_tasks(read: Read) -> None:
    def thing(kind: str, annotations: dict[str, str] | None) -> dict[str, Any]:
        return {"kind": kind, "metadata": {"name": "a", "namespace": "b", "annotations": annotations}}

    objects: list[dict[str, Any]] = [
        thing("Service", {"kube-acceptance/task": "T-201 T-202"}),
        thing("Secret", {"kube-acceptance/task": "T-201 T-203"}),
        thing("ConfigMap", None),
        {"kind": "Namespace", "metadata": {"name": "c"}},
    ]
    assert texts(task_findings(objects, read())) == [
        "Secret/b/a: the object names task T-203, which tasks.md does not have; did you mean T-202?",
        'ConfigMap/b/a: the object has no annotation kube-acceptance/task; add it, such as "T-101"',
        'Namespace/c: the object has no annotation kube-acceptance/task; add it, such as "T-101"',
    ]


def test_no_objects_prove_nothing(read: Read) -> None:
    assert texts(task_findings([], read())) == ["objects: there are none, so nothing was checked"]
