from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from kube_acceptance import config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.facts import specification
from kube_acceptance.trace import Amendment, Place, Trace, load


def test_reads_clauses_with_their_continuation_lines(read: Callable[..., Trace]) -> None:
    trace = read()
    assert [(clause.id, clause.text, str(clause.place)) for clause in trace.clauses.values()] == [
        ("C-01", "Be small and simple.", "constitution.md:3"),
        ("C-02", "Be safe.", "constitution.md:5"),
    ]


def test_reads_requirements(read: Callable[..., Trace]) -> None:
    small, safe = read().requirements.values()
    assert (small.id, small.title, small.chapter, small.clauses) == ("REQ-IMG-01", "Small", "Images", ("C-01",))
    assert (small.covered, small.status, small.behaviour) == (True, "covered", "It is small.")
    assert (safe.covered, safe.later, safe.status) == (False, "E", "not yet covered (issue E)")
    assert safe.place == Place("spec.md", 8)


def test_reads_tasks(read: Callable[..., Trace]) -> None:
    image, scan = read().tasks.values()
    assert (image.requirements, image.files, image.done) == (("REQ-IMG-01",), ("docker/**", "chart/values.yaml"), True)
    assert (scan.done, scan.later) == (False, "E")


def test_reads_amendments(read: Callable[..., Trace]) -> None:
    amended = {"None.": "- 1.1.0, 2026-03-01, approved by the board: Podman\n  is allowed"}
    edition = read(constitution=amended).edition
    assert edition is not None
    place = Place("constitution.md", 12)
    assert edition.amendments == (
        Amendment("1.1.0", datetime.date(2026, 3, 1), "the board", "Podman is allowed", place),
    )


def test_a_missing_document_says_where_it_is_looked_for(write: Callable[..., Path]) -> None:
    root = write()
    (root / "spec.md").unlink()
    with pytest.raises(ConfigurationError) as caught:
        load(root)
    assert str(caught.value) == (
        "spec.md cannot be read: No such file or directory\n"
        f"Write it in {root}, or name another in [tool.kube-acceptance.documents] of pyproject.toml."
    )


def test_a_specification_alone(write: Callable[..., Path]) -> None:
    root = write(spec={"- From: C-01\n": ""})
    for name in ("constitution.md", "tasks.md"):
        (root / name).unlink()
    trace = load(root, optional=("constitution.md", "tasks.md"))
    assert [each.clauses for each in trace.requirements.values()] == [(), ()]
    assert (trace.clauses, trace.edition, trace.tasks) == ({}, None, {})
    with pytest.raises(ConfigurationError, match=r"^tasks\.md cannot be read: "):
        load(root, optional=("constitution.md",))


def test_where_there_is_a_constitution_requirements_say_what_they_are_from(write: Callable[..., Path]) -> None:
    root = write(spec={"- From: C-01\n": ""})
    with pytest.raises(ConfigurationError) as caught:
        load(root, optional=("constitution.md", "tasks.md"))
    assert 'spec.md:3: REQ-IMG-01 does not say its "From"; add a line "- From: …"' in str(caught.value)


def test_which_documents_a_project_may_lack(write: Callable[..., Path]) -> None:
    root = write()
    (root / "constitution.md").unlink()
    (root / "tasks.md").unlink()
    assert list(specification(config.load(root)).requirements) == ["REQ-IMG-01", "REQ-IMG-02"]
    (root / "pyproject.toml").write_text("[tool.kube-acceptance.documents]\ntasks = 'tasks.md'\n")
    with pytest.raises(ConfigurationError, match=r"^tasks\.md cannot be read: No such file or directory\n"):
        specification(config.load(root))


@pytest.mark.parametrize(
    ("document", "old", "new", "message"),
    [
        (
            "spec",
            "REQ-IMG-02: Safe",
            "REQ-IMG-01: Safe",
            "spec.md:8: REQ-IMG-01 is defined twice (first at line 3); give each requirement its own number",
        ),
        (
            "tasks",
            "T-202",
            "T-201",
            "tasks.md:7: T-201 is defined twice (first at line 3); give each task its own number",
        ),
        (
            "constitution",
            "**C-02**",
            "**C-01**",
            "constitution.md:5: C-01 is defined twice (first at line 3); give each clause its own number",
        ),
        ("spec", "- From: C-01\n", "", 'spec.md:3: REQ-IMG-01 does not say its "From"; add a line "- From: …"'),
        ("spec", "C-01\n", "\n", 'spec.md:3: REQ-IMG-01 does not say its "From"; add a line "- From: …"'),
        (
            "spec",
            "- From: C-01\n",
            "- From: C-01\n- From: C-02\n",
            'spec.md:5: REQ-IMG-01 has "From" twice; keep one of them',
        ),
        (
            "spec",
            "- From: C-01, C-02",
            "- From: C-01, C-01",
            'spec.md:9: "From" of REQ-IMG-02 names C-01 twice; keep one of them',
        ),
        (
            "spec",
            "- From: C-01, C-02",
            "- From: C-01 C-02",
            'spec.md:9: "C-01 C-02" in "From" of REQ-IMG-02 is no number such as C-01',
        ),
        (
            "spec",
            "Status: covered",
            "Status: coverd",
            'spec.md:5: the status of REQ-IMG-01 is "coverd"; write "covered" or "not yet covered (issue X)"',
        ),
        (
            "tasks",
            "Status: done",
            "Status: covered",
            'tasks.md:6: the status of T-201 is "covered"; write "done" or "open (issue X)"',
        ),
        (
            "spec",
            "### REQ-IMG-01: Small",
            "### IMG-01 Small",
            'spec.md:3: this heading has no number; write "### REQ-AREA-01: Title"',
        ),
        ("spec", "## Images\n", "", 'spec.md:2: REQ-IMG-01 is in no chapter; put a line "## Title" above it'),
        (
            "spec",
            "  small.",
            "small.",
            'spec.md:7: this line belongs to no field of REQ-IMG-01; write "- Key: value", or indent it',
        ),
        (
            "constitution",
            "- **C-02** Be",
            "- C-02 Be",
            'constitution.md:5: this item is no clause; write "- **C-01** Text"',
        ),
        (
            "constitution",
            "- Ratified: 2026-01-24\n",
            "",
            'constitution.md:7: the constitution states no "Ratified"; add a line "- Ratified: …" here',
        ),
        (
            "constitution",
            "Ratified: 2026-01-24",
            "Ratified: 2026-31-12",
            'constitution.md:8: "2026-31-12" is no date; write year-month-day, such as 2026-12-31',
        ),
        (
            "constitution",
            "None.",
            "- Podman is allowed.",
            'constitution.md:12: this item is no amendment; write "- 1.1.0, 2026-12-31, approved by NAME: reason"',
        ),
    ],
)
def test_mistakes_of_form(read: Callable[..., Trace], document: str, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{document: {old: new}})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "end"), [("Form", 'did you mean "From"?'), ("Zzz", "known are From, Status, Behaviour")]
)
def test_an_unknown_field_gets_the_nearest_name(read: Callable[..., Trace], key: str, end: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(spec={"- From: C-01\n": f"- {key}: C-01\n"})
    assert str(caught.value) == (
        f'spec.md:4: REQ-IMG-01 has an unknown field "{key}"; {end}\n'
        '  spec.md:3: REQ-IMG-01 does not say its "From"; add a line "- From: …"'
    )


def test_empty_documents_prove_nothing(read: Callable[..., Trace]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(constitution="# Law\n", spec="# Spec\n", tasks="")
    assert str(caught.value) == (
        "constitution.md:1: the document holds no clause, so nothing can be checked\n"
        "  spec.md:1: the document holds no requirement, so nothing can be checked\n"
        "  tasks.md:1: the document holds no task, so nothing can be checked"
    )
