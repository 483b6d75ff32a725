"""One cluster for many, gone with the last, and nothing left of the dead."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from kube_acceptance.cluster.shared import Lease, abandoned, folders, reap, remove_abandoned
from kube_acceptance.errors import ClusterError


class Fake:
    """A provider that counts."""

    lasts = False

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.kubeconfig = folder / "kubeconfig"
        self.created = 0
        self.deleted = 0

    def exists(self) -> bool:
        return self.created > self.deleted

    def create(self) -> None:
        self.created += 1

    def delete(self) -> None:
        self.deleted += 1

    def load(self, references: object) -> None:
        raise AssertionError

    def ingress(self, port: int = 80) -> tuple[str, int]:
        raise AssertionError

    def restart_node(self, node: str) -> str:
        raise AssertionError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders(tmp_path) / "one"


@pytest.fixture
def other_process() -> int:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_made_once_and_removed_with_the_last_user(folder: Path, other_process: int) -> None:
    fake = Fake("one", folder)
    mine, other = Lease(fake, folder), Lease(fake, folder, owner=other_process)
    mine.take()
    other.take()
    assert fake.created == 1
    assert mine.release(keep=False)
    assert fake.deleted == 0
    assert not other.release(keep=False)
    assert fake.deleted == 1
    assert not folder.exists()


def test_one_that_another_run_uses_is_never_made_anew(folder: Path, other_process: int) -> None:
    theirs, ours = Fake("one", folder), Fake("one", folder)  # ours is of another configuration: it is not there
    Lease(theirs, folder, owner=other_process).take()
    with pytest.raises(ClusterError) as refused:
        Lease(ours, folder).take()
    assert str(refused.value) == (
        f"the cluster one is in use by process {other_process}, and is not as this run needs it: it is made from "
        "another configuration, or one of its nodes does not run\n"
        "Wait for that run to end, or name another cluster with --cluster-name."
    )
    assert (ours.created, theirs.deleted) == (0, 0)
    Lease(theirs, folder, owner=other_process).release(keep=True)
    Lease(ours, folder).take()
    assert ours.created == 1


def test_kept_when_asked(folder: Path) -> None:
    fake = Fake("one", folder)
    lease = Lease(fake, folder)
    lease.take()
    assert lease.release(keep=True)
    assert fake.deleted == 0
    lease.take()
    assert fake.created == 1


def test_one_that_is_reserved_is_made_by_whoever_takes_it_and_stays(folder: Path, other_process: int) -> None:
    fake = Fake("one", folder)
    mine, other = Lease(fake, folder), Lease(fake, folder, owner=other_process)
    mine.reserve()
    assert fake.created == 0
    other.take()
    assert other.release(keep=False)
    assert (fake.created, fake.deleted) == (1, 0)
    mine.take()
    assert not mine.release(keep=False)
    assert (fake.created, fake.deleted) == (1, 1)
    assert not folder.exists()


def test_one_that_nobody_came_to_need_is_not_told_to_be_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lease = Lease(Fake("one", folder), folder)
    lease.reserve()
    assert not lease.release(keep=False)
    assert capsys.readouterr().err == ""
    assert not folder.exists()


def test_a_dead_user_does_not_count(folder: Path, other_process: int) -> None:
    fake = Fake("one", folder)
    lease = Lease(fake, folder)
    lease.take()
    # the number is taken, but by another process than the one that used the cluster
    (folder / "users" / str(other_process)).write_text("0.0")
    assert not lease.release(keep=False)
    assert fake.deleted == 1


def test_reaps_what_the_dead_left(tmp_path: Path, folder: Path) -> None:
    fake = Fake("one", folder)
    Lease(fake, folder).take()
    assert reap(tmp_path, lambda name, where: fake) == []
    (folder / "users").joinpath(next((folder / "users").iterdir()).name).write_text("0.0")
    assert reap(tmp_path, lambda name, where: fake) == ["one"]
    assert fake.deleted == 1
    assert not folders(tmp_path).exists()


def test_kept_clusters_go_only_when_asked(tmp_path: Path, folder: Path) -> None:
    fake = Fake("one", folder)
    lease = Lease(fake, folder)
    lease.take()
    lease.release(keep=True)
    assert abandoned(tmp_path) == []
    assert reap(tmp_path, lambda name, where: fake) == []
    assert not remove_abandoned(folder, lambda name, where: fake)
    assert abandoned(tmp_path, kept_too=True) == [folder]
    assert remove_abandoned(folder, lambda name, where: fake, kept_too=True)
    assert fake.deleted == 1


def test_a_cluster_that_a_run_is_making_is_left_alone(tmp_path: Path, folder: Path) -> None:
    fake = Fake("one", folder)
    folder.mkdir(parents=True)
    with FileLock(folder / "lock"):
        assert reap(tmp_path, lambda name, where: fake) == []
    assert fake.deleted == 0


def test_a_cluster_that_came_into_use_meanwhile_stays(tmp_path: Path, folder: Path) -> None:
    fake = Fake("one", folder)
    folder.mkdir(parents=True)
    assert abandoned(tmp_path) == [folder]
    Lease(fake, folder).take()
    assert not remove_abandoned(folder, lambda name, where: fake, kept_too=True)
    assert fake.deleted == 0


def test_a_program_that_the_dead_left_running_ends_first(tmp_path: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    program = [sys.executable, "-c", "input()", "--kubeconfig", str(folder / "kubeconfig")]
    with subprocess.Popen(program, stdin=subprocess.PIPE) as orphan:
        assert reap(tmp_path, lambda name, where: Fake("one", folder)) == ["one"]
        assert orphan.wait() == -signal.SIGKILL


def test_minikube_is_known_by_its_profile(tmp_path: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    programs = [
        [name, "-c", "input()", "--profile", profile] for name, profile in (("minikube", "one"), ("pytest", "one"))
    ]
    with (
        subprocess.Popen(programs[0], executable=sys.executable, stdin=subprocess.PIPE) as orphan,
        subprocess.Popen(programs[1], executable=sys.executable, stdin=subprocess.PIPE) as other,
    ):
        assert reap(tmp_path, lambda name, where: Fake("one", folder)) == ["one"]
        assert orphan.wait() == -signal.SIGKILL
        assert other.poll() is None


def test_what_that_program_had_begun_comes_to_its_end(tmp_path: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    done = tmp_path / "done"
    code = f"import subprocess; subprocess.Popen(['sh', '-c', 'read _; touch {done}']); print(flush=True); input()"
    program = [sys.executable, "-c", code, "--kubeconfig", str(folder / "kubeconfig")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as orphan:
        assert orphan.stdin
        assert orphan.stdout
        orphan.stdout.readline()
        threading.Timer(0.3, orphan.stdin.close).start()
        assert reap(tmp_path, lambda name, where: Fake("one", folder)) == ["one"]
    assert done.exists()


def test_who_waits_while_the_last_user_removes_all(folder: Path) -> None:
    folder.mkdir(parents=True)
    leaving = FileLock(folder / "lock", timeout=0)
    leaving.acquire()
    fake = Fake("one", folder)
    coming = threading.Thread(target=Lease(fake, folder).take)
    coming.start()
    coming.join(0.2)  # it waits
    shutil.rmtree(folder)
    leaving.release()
    coming.join(30)
    assert (coming.is_alive(), fake.created) == (False, 1)
    Lease(fake, folder).release(keep=False)
    assert fake.deleted == 1
