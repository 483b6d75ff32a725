"""Runs beside a container, among its processes: finds tokens of service accounts in its mounts and environment.

Writes one JSON object:

    {"places": [{"mounts": [PATH, …], "looked": FILES, "tokens": [PATH, …], "variables": [NAME, …]}], "unseen": [WHY]}

with a place for each file system that the processes have, other than this one's.

Only the standard library: it is handed to a Python in a pod as text.
"""

# ruff: noqa: PTH114, PTH115, PTH118, PTH120, PTH123, PTH208 - pathlib would make a page of it

from __future__ import annotations

import base64
import json
import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TRIES, PAUSE = 20, 0.1  # looks at a process that does not show itself, and the seconds between them
BIGGEST = 16384  # bytes of a file that may be a token
IN_MEMORY = "tmpfs"  # what kubelet puts Secrets and tokens into
KERNELS = ("/sys", "/proc", "/dev")
USUAL = ("/run/secrets", "/var/run/secrets")


def is_token(text: bytes) -> bool:
    """Whether a text is a service account's token: a JSON Web Token whose subject is one."""
    parts = text.strip().split(b".")
    if len(parts) != 3:
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)))
    except ValueError:
        return False
    return isinstance(claims, dict) and str(claims.get("sub")).startswith("system:serviceaccount:")


def mounts(process: str) -> list[tuple[str, str]]:
    """The mount points of a process, each with its type; see proc_pid_mountinfo(5)."""
    found = []
    with open(f"{process}/mountinfo") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            found.append((before.split()[4].replace("\\040", " "), after.split()[0]))
    return found


def look(process: str, root: str) -> dict[str, Any]:
    """Look through the mounts in memory, the usual folders, and the environment of a process."""
    points = mounts(process)
    os.listdir(root)  # fails when it may not be looked at; `os.walk` would find nothing
    folders = [path for path, kind in points if kind == IN_MEMORY and not path.startswith(KERNELS)]
    # a link would be followed from the root of this program, not of that process
    folders += [path for path in USUAL if path not in folders and not os.path.islink(root + os.path.dirname(path))]
    looked, tokens = 0, set()
    for folder in folders:
        for where, _, files in os.walk(root + folder):
            for name in files:
                path = os.path.join(where, name)
                status = os.lstat(path)
                if not stat.S_ISREG(status.st_mode):
                    continue
                try:
                    token = status.st_size <= BIGGEST and is_token(read(path))
                except PermissionError:  # this is the same user: the process cannot read it either
                    continue
                looked += 1
                if token:
                    tokens.add(plain(path.removeprefix(root)))
    variables = [part.partition(b"=") for part in read(f"{process}/environ").split(b"\0")]
    return {
        "mounts": [path for path, _ in points],
        "looked": looked,
        "tokens": sorted(tokens),
        "variables": sorted(name.decode(errors="replace") for name, _, value in variables if is_token(value)),
    }


def read(path: str) -> bytes:
    """Read a file whole."""
    with open(path, "rb") as file:
        return file.read()


def plain(path: str) -> str:
    """A path as people know it: without the folders that kubelet swaps when a volume changes."""
    return "/".join(part for part in path.split("/") if not part.startswith(".."))


def main(proc: str = "/proc") -> dict[str, Any]:
    """Look at the processes that are not this program's container's own."""
    own = os.readlink(f"{proc}/self/ns/mnt")
    places: dict[str, dict[str, Any]] = {}
    numbers = [number for number in os.listdir(proc) if number.isdigit()]
    unseen: dict[str, str] = {}
    for _ in range(TRIES):
        unseen = {}
        for number in numbers:
            try:
                see(f"{proc}/{number}", own, places)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
            except OSError as error:
                unseen[number] = f"process {number}: {error.strerror} ({error.filename})"
        if not unseen:
            break
        # a process that is about to begin or to end, such as a probe's, shows nothing of itself for a moment
        numbers = list(unseen)
        time.sleep(PAUSE)
    return {"places": list(places.values()), "unseen": list(unseen.values())}


def see(process: str, own: str, places: dict[str, dict[str, Any]]) -> None:
    """Look at the file system of a process, unless it is known already."""
    with open(f"{process}/stat") as file:
        if file.read().rpartition(")")[2].split()[0] in "ZX":  # it has ended, and has nothing any more
            return
    namespace = os.readlink(f"{process}/ns/mnt")
    if namespace != own and namespace not in places:
        places[namespace] = look(process, f"{process}/root")


if __name__ == "__main__":
    print(json.dumps(main()))
