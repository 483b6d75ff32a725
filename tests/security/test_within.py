"""What looks at a container from within, here at a folder that stands for its root."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from kube_acceptance.security import within
from kube_acceptance.security.runtime import LOOK


def test_what_is_written_is_gone_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "ROOT", str(tmp_path))
    (tmp_path / "tmp").mkdir()
    assert (within.write("/tmp"), within.write("/none")) == ("written", "ENOENT")
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("refusal", ["EROFS", "EACCES"])
def test_refusals_are_told_apart(monkeypatch: pytest.MonkeyPatch, refusal: str) -> None:
    def refuse(*_: object) -> int:
        raise OSError(getattr(errno, refusal), "no")

    monkeypatch.setattr(within.os, "open", refuse)
    assert within.write("/") == refusal


def test_the_folder_that_its_rights_let_the_user_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "ROOT", str(tmp_path))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a").chmod(0o500)
    tmp_path.chmod(0o500)
    try:
        assert within.writable_by_mode() == "/a/b"
        inner.chmod(0o500)
        assert within.writable_by_mode() == ""
    finally:
        for folder in (tmp_path, tmp_path / "a", inner):
            folder.chmod(0o700)


def test_where_it_is_meant_to_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    root = "22 1 0:9 / / ro - overlay overlay ro"
    empty = "23 22 8:1 /var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/tmp {} {},relatime - ext4 /dev/sda rw"
    monkeypatch.setattr(
        within, "read", lambda _: "\n".join([root, empty.format("/r", "ro"), empty.format("/tmp", "rw")])
    )
    assert within.meant_to_be_written() == "/tmp"
    monkeypatch.setattr(within, "read", lambda _: root)
    assert within.meant_to_be_written() == "/dev/shm"


def test_without_sight_of_the_container_s_processes_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "read", lambda _: "0::/\n")
    assert within.main() == {"error": "the container runtime gives no sight of its processes"}


def test_the_kernel_s_words_of_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"/proc/{os.getpid()}/task/{os.getpid()}/status"
    others = "/proc/0/task/0/status"
    cgroups = {f"/proc/{os.getpid()}/cgroup": "its own", "/proc/1/cgroup": "its own", "/proc/0/cgroup": "the probe's"}
    monkeypatch.setattr(within.glob, "glob", lambda _: [own, others])
    monkeypatch.setattr(within, "read", lambda path: cgroups.get(path) or Path(path).read_text())
    [thread] = within.threads()
    assert (thread["Pid"].strip(), thread["Uid"].split()[0]) == (str(os.getpid()), str(os.getuid()))


def test_a_process_that_the_runtime_is_starting_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    web, starting = {"Name": "web"}, {"Name": "runc:[2:INIT]"}
    looks = [[web, starting], [web, starting], [web]]
    monkeypatch.setattr(within, "threads", lambda: looks.pop(0))
    assert within.settled_threads() == [web]


def test_who_only_calls_itself_so_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "SETTLES", 0.0)
    monkeypatch.setattr(within, "threads", lambda: [{"Name": "runc:[2:INIT]"}])
    assert within.settled_threads() == [{"Name": "runc:[2:INIT]"}]


def test_it_is_one_program() -> None:
    compile(LOOK, "within.py", "exec")
    assert json.dumps(within.ROOT) in LOOK
