"""One cluster a run, whoever runs: a lock, the list of its users, and no leftovers of the dead.

A cluster's folder holds one file for each process that uses it (`users/PID`, with the process's start time, so that a
reused number is not taken for it; `users/PID.reserved` while it only may come to need it) and `kept` when a run was
asked to leave the cluster behind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from kube_acceptance.cluster import owner
from kube_acceptance.cluster.existing import MARK
from kube_acceptance.cluster.provider import Provider
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError

ENDS_WITHIN = 30.0  # seconds for what a killed program had begun
_RESERVED = ".reserved"


def folders(cache: Path) -> Path:
    """Where the folders of all clusters are."""
    return cache / "clusters"


class Lease:
    """The use of a shared cluster by a run.

    Args:
        provider: The cluster.
        folder: Its folder.
        owner: The process that stands for the run; under xdist the controller, which outlives its workers.
    """

    def __init__(self, provider: Provider, folder: Path, *, owner: int | None = None) -> None:
        self.provider = provider
        self._folder = folder
        self._owner = owner or os.getpid()

    def take(self) -> None:
        """Use the cluster, making it when it is not there, or not as this run needs it.

        Raises:
            ClusterError: It cannot be made, or another run uses one of its name that this run cannot use.
        """
        with _locked(self._folder):
            exists = self.provider.exists()
            others = [user for user in users(self._folder, reserved_too=False) if user != self._owner]
            if others and not exists:  # it would be deleted under them
                raise ClusterError(
                    f"the cluster {self.provider.name} is in use by process {others[0]}, and is not as this run needs "
                    "it: it is made from another configuration, or one of its nodes does not run",
                    hint="Wait for that run to end, or name another cluster with --cluster-name.",
                )
            # a user before a cluster: who dies in between leaves an orphan that the next run knows
            self._register()
            if not exists:
                self.provider.create()

    def reserve(self) -> None:
        """Count as a user of a cluster that need not be there yet: it will stay until `release`."""
        with _locked(self._folder):
            self._register(_RESERVED)

    def _register(self, suffix: str = "") -> None:
        file = self._folder / "users" / f"{self._owner}{suffix}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(owner.started(self._owner))

    @staticmethod
    def held(folder: Path, owner: int) -> bool:
        """Whether a run uses the cluster of a folder."""
        return (folder / "users" / str(owner)).exists()

    def release(self, *, keep: bool) -> bool:
        """End the use; the last user removes the cluster unless it is kept. Returns whether it is still there."""
        with _locked(self._folder):
            for suffix in ("", _RESERVED):
                (self._folder / "users" / f"{self._owner}{suffix}").unlink(missing_ok=True)
            if keep:
                (self._folder / "kept").touch()
                return True
            if self.provider.lasts or users(self._folder):
                return True
            if self.provider.exists():  # nobody came to need one that was reserved
                progress(f"removing the cluster {self.provider.name}")
            self.provider.delete()
            shutil.rmtree(self._folder)
        _remove_empty(self._folder.parent)
        return False

    def forget(self) -> None:
        """Remove the folder of a cluster that stays, with the credentials in it, unless somebody still needs them."""
        with _locked(self._folder):
            if not users(self._folder) and not (self._folder / "kept").exists():
                shutil.rmtree(self._folder)
        _remove_empty(self._folder.parent)


def reap(cache: Path, provider_of: Callable[[str, Path], Provider]) -> list[str]:
    """Remove the clusters of runs that died, and return their names.

    Args:
        cache: The harness's cache folder.
        provider_of: Makes the provider for a cluster's name and folder.
    """
    return [folder.name for folder in abandoned(cache) if remove_abandoned(folder, provider_of)]


def abandoned(cache: Path, *, kept_too: bool = False) -> list[Path]:
    """The folders of the clusters that nobody uses.

    Args:
        cache: The harness's cache folder.
        kept_too: Whether those count that a run was asked to keep.
    """
    return [folder for folder in sorted(folders(cache).glob("*/")) if _is_abandoned(folder, kept_too)]


def remove_abandoned(folder: Path, provider_of: Callable[[str, Path], Provider], *, kept_too: bool = False) -> bool:
    """Remove a cluster that nobody uses, and its folder; false when somebody has begun to use it.

    Args:
        folder: The cluster's folder.
        provider_of: Makes the provider for a cluster's name and folder.
        kept_too: Whether it goes although a run was asked to keep it.
    """
    try:
        with FileLock(folder / "lock", timeout=0):
            if not _is_abandoned(folder, kept_too):
                return False
            progress(f"removing the cluster {folder.name} that an earlier run left behind")
            _end_orphans(folder)
            provider_of(folder.name, folder).delete()
            shutil.rmtree(folder)
    except Timeout:  # a run makes or removes it right now
        return False
    _remove_empty(folder.parent)
    return True


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # other clusters have their folders there
        folder.rmdir()


def _end_orphans(folder: Path) -> None:
    """End the programs of runs that were killed: `kind create` would go on making what is being removed.

    Those of Minikube are known by the profile that they name: it is told of its kubeconfig by a variable.

    What they have begun themselves (`docker run`) comes to its end: killed, it could leave a container for later.
    """
    begun: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        if str(folder / "kubeconfig") in words or (Path(words[0]).name == "minikube" and folder.name in words):
            with contextlib.suppress(psutil.Error):
                process.suspend()  # so that it begins nothing more while we look
                begun += process.children(recursive=True)
                process.kill()
    psutil.wait_procs(begun, timeout=ENDS_WITHIN)


def _is_abandoned(folder: Path, kept_too: bool) -> bool:
    if (folder / MARK).exists():  # the cluster was there before
        return False
    return not users(folder) and (kept_too or not (folder / "kept").exists())


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with _lock(folder):
        folder.mkdir(parents=True, exist_ok=True)
        yield


def _lock(folder: Path) -> FileLock:
    """The lock of a cluster's folder, taken; whoever held it may have removed the folder with the cluster meanwhile."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        with contextlib.suppress(FileNotFoundError):
            lock.acquire()
            return lock


def users(folder: Path, *, reserved_too: bool = True) -> list[int]:
    """The processes that use the cluster of a folder; those that have died do not count.

    Args:
        folder: The cluster's folder.
        reserved_too: Whether those count that only may come to need it.
    """
    files = (folder / "users").glob("*" if reserved_too else "*[0-9]")
    return sorted({int(file.stem) for file in files if owner.lives(int(file.stem), file.read_text())})
