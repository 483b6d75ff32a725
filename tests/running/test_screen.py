"""One line at the bottom, redrawn in place and never left behind."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from kube_acceptance.running.screen import ERASE, Screen, own


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.setenv("COLUMNS", "20")
    return io.StringIO()


def test_what_is_written_stands_above_the_bottom_line(out: io.StringIO) -> None:
    screen = Screen(out, live=True)
    screen.show("waiting")
    screen.write("one\n")
    screen.line("two")
    screen.show("")
    screen.write("three\n")
    assert out.getvalue() == f"waiting{ERASE}one\nwaiting{ERASE}two\nwaiting{ERASE}three\n"


def test_the_same_is_not_drawn_again(out: io.StringIO) -> None:
    screen = Screen(out, live=True)
    screen.show("waiting")
    screen.show("waiting")
    screen.show("waiting longer")
    assert out.getvalue() == f"waiting{ERASE}waiting longer"


def test_an_unfinished_line_is_left_alone(out: io.StringIO) -> None:
    screen = Screen(out, live=True)
    screen.write("one")
    screen.show("waiting")
    screen.write(" and a half\n")
    screen.write("two")
    screen.line("three")
    assert out.getvalue() == f"one and a half\nwaiting{ERASE}two\nthree\nwaiting"


def test_it_fits_and_holds_no_control_characters(out: io.StringIO) -> None:
    screen = Screen(out, live=True, style=("<", ">"))
    screen.show("a\nb\x1b[31mc")
    screen.show("x" * 19)
    screen.show("x" * 20)
    screen.show("漢" * 20)
    drawn = out.getvalue().split(ERASE)
    assert drawn == ["<a b [31mc>", f"<{'x' * 19}>", f"<{'x' * 18}…>", f"<{'漢' * 9}…>"]


def test_no_bottom_line_in_a_pipe(out: io.StringIO) -> None:
    screen = Screen(out)
    screen.show("waiting")
    screen.write("one\n")
    screen.line("two")
    assert out.getvalue() == "one\ntwo\n"


def test_capture_does_not_turn_it_away(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "out").open("w") as stream, own(stream) as kept:
        elsewhere = os.open(tmp_path / "captured", os.O_WRONLY | os.O_CREAT)
        os.dup2(elsewhere, stream.fileno())
        kept.write("seen")
        kept.flush()
        os.close(elsewhere)
    assert (tmp_path / "out").read_text() == "seen"
    assert (tmp_path / "captured").read_text() == ""
    nowhere = io.StringIO()
    assert own(nowhere) is nowhere
