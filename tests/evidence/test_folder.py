"""The folder's bounds, and that it says what was cut."""

from __future__ import annotations

from pathlib import Path

from kube_acceptance.evidence import Folder


def test_the_end_of_a_long_log_is_kept(tmp_path: Path) -> None:
    folder = Folder(tmp_path, str, largest=1000)
    folder.write("a.log", "a log", "".join(f"line {number}\n" for number in range(1000)), keep="end")
    first, second, *_, last = (tmp_path / "a.log").read_text().splitlines()
    assert first == "[the first 8098 B of 8890 B are cut]"
    assert second == "line 912"
    assert last == "line 999"
    assert (tmp_path / "a.log").stat().st_size <= 1000


def test_the_beginning_of_a_long_description_is_kept(tmp_path: Path) -> None:
    folder = Folder(tmp_path, str, largest=1000)
    folder.write("a.txt", "a text", "".join(f"line {number}\n" for number in range(1000)))
    first, second, *_, last = (tmp_path / "a.txt").read_text().splitlines()
    assert (first, second, last) == ("[the last 8092 B of 8890 B are cut]", "line 0", "line 100")


def test_the_whole_folder_is_bounded(tmp_path: Path) -> None:
    folder = Folder(tmp_path, str, largest=1000, limit=1500)
    for name in ("a", "b", "c"):
        folder.write(name, "a text", "x" * 900)
    assert folder.keep("d.png", "a picture", bytes(700)) is None
    folder.index("It", [])
    assert (tmp_path / "index.txt").read_text() == (
        "It\n\n"
        "Files\n  a      900 B  a text\n  b      434 B  a text, cut\n\n"
        "Not gathered\n"
        "  c: the folder has reached its 1500 B\n"
        "  d.png: 700 B are too much for the folder's 1500 B\n"
    )


def test_a_secret_is_taken_out_before_a_cut_could_halve_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path, lambda text: text.replace("s3cret" * 50, "[redacted]"), largest=400)
    folder.write("a.log", "a log", "x" * 500 + "s3cret" * 50, keep="end")
    assert "s3cret" not in (tmp_path / "a.log").read_text()
