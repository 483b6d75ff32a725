from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kube_acceptance.trace import Trace, load

CONSTITUTION = """\
# Law
Free words are left alone.
- **C-01** Be small
  and simple.
- **C-02** Be safe.

- Version: 1.0.0
- Ratified: 2026-01-24
- Last amended: 2026-01-24

### Amendments
None.
"""

SPEC = """\
# Spec
## Images
### REQ-IMG-01: Small
- From: C-01
- Status: covered
- Behaviour: It is
  small.
### REQ-IMG-02: Safe
- From: C-01, C-02
- Status: not yet covered (issue E)
- Behaviour: It is safe.
"""

TASKS = """\
# Tasks
## Docker
### T-201: Image
- Requirements: REQ-IMG-01
- Files: docker/**, chart/values.yaml
- Status: done
### T-202: Scan
- Requirements: REQ-IMG-02
- Files: scan/**
- Status: open (issue E)
"""

DOCUMENTS = {"constitution": CONSTITUTION, "spec": SPEC, "tasks": TASKS}
Change = str | dict[str, str]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a project: three documents that agree, changed by a new text or by replacements, and further files."""

    def write(files: dict[str, str] | None = None, **changes: Change) -> Path:
        texts = {f"{name}.md": changed(text, changes.get(name, {})) for name, text in DOCUMENTS.items()}
        for name, text in (texts | (files or {})).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Trace]:
    """Write a project with changed documents and load it."""
    return lambda **changes: load(write(**changes))


def changed(text: str, change: Change) -> str:
    if isinstance(change, str):
        return change
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text
