"""Looks at a container from inside, and says what it saw as JSON.

Runs in the probe image, in the process namespace of the container and as its user, so that it works in any image and
the kernel lets it see just what the container's own processes see. Only the standard library.
"""

# ruff: noqa: PTH108, PTH118, PTH123, PTH207 - pathlib would double the start-up time

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROOT = "/proc/1/root"  # the file systems of the container's first process
FILE = f".kube-acceptance-{os.urandom(4).hex()}"  # several runs may look at once
EMPTY_DIR = "/volumes/kubernetes.io~empty-dir/"  # in the source of a mount that kubelet made of an emptyDir
ON_ITS_WAY = "runc:["  # what the container runtime is called until it becomes the program of a probe or an exec
SETTLES = 10.0  # seconds; who still calls itself so then is taken for a process of the container
SHARED_MEMORY = "/dev/shm"  # every container may write there


def read(path: str) -> str:
    """Read a file of the kernel's."""
    with open(path) as file:
        return file.read()


def threads() -> list[dict[str, Any]]:
    """Say what the kernel tells of every thread of the container; those of the probe are in another cgroup."""
    own = read("/proc/1/cgroup")
    found = []
    for path in glob.glob("/proc/[0-9]*/task/[0-9]*/status"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            if read(f"/proc/{path.split('/')[2]}/cgroup") == own:
                found.append(dict(line.split(":\t", 1) for line in read(path).splitlines() if ":\t" in line))
    return found


def settled_threads() -> list[dict[str, Any]]:
    """Say it when the runtime is not just starting a process: until it has, that one is the runtime's, and root's."""
    end = time.monotonic() + SETTLES
    while True:
        found = threads()
        starting = any(one["Name"].startswith(ON_ITS_WAY) for one in found)
        if not starting or time.monotonic() > end:
            return found
        time.sleep(0.05)


def write(folder: str) -> str:
    """Try to make a file in a folder of the container, and say how that ended: `written`, or the kernel's refusal."""
    path = os.path.join(ROOT + folder, FILE)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    os.unlink(path)
    return "written"


def writable_by_mode() -> str:
    """Return a folder of the root file system that this user might write to if it were not read-only; else empty."""
    device = os.lstat(ROOT + "/").st_dev
    groups = {os.getegid(), *os.getgroups()}
    for folder, inner, _ in os.walk(ROOT + "/"):
        inner[:] = [name for name in inner if os.lstat(os.path.join(folder, name)).st_dev == device]
        found = os.lstat(folder)
        owner, group = found.st_uid == os.geteuid(), found.st_gid in groups
        needed = stat.S_IRWXU if owner else stat.S_IRWXG if group else stat.S_IRWXO
        if found.st_mode & needed & 0o333 == needed & 0o333:
            return folder.removeprefix(ROOT)
    return ""


def meant_to_be_written() -> str:
    """Return where an emptyDir of the container is, else its shared memory."""
    for line in read("/proc/1/mountinfo").splitlines():
        words = line.split()
        if EMPTY_DIR in words[3] and "rw" in words[5].split(","):
            return words[4]
    return SHARED_MEMORY


def main() -> dict[str, Any]:
    """Look at all of it; `error` says why that is not possible."""
    if read("/proc/1/cgroup") == read("/proc/self/cgroup"):
        return {"error": "the container runtime gives no sight of its processes"}
    seen: dict[str, Any] = {"threads": settled_threads()}
    try:
        folders = dict.fromkeys(["/", writable_by_mode()])
        control = meant_to_be_written()
    except OSError as error:
        return {**seen, "closed": str(error)}
    seen["root"] = {folder: write(folder) for folder in folders if folder}
    return {**seen, "control": {control: write(control)}}


if __name__ == "__main__":
    print(json.dumps(main()))
