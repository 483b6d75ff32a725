"""The machine: its kernel, its programs, and what stands in the way of requests to the cluster."""

from __future__ import annotations

import gzip
import os
import platform
import re
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from requests.utils import should_bypass_proxies

from kube_acceptance.cluster.host import CAP_SYS_RESOURCE
from kube_acceptance.command import CommandError, run
from kube_acceptance.doctor.finding import Finding, missing, ok, warning
from kube_acceptance.tools import PINS, Located, can_download, locate, locate_browser

PYTHON = (3, 11)
SAYS_WITHIN = 8.0  # seconds in which a program tells its version
# what Kind's documentation asks for ("Pod errors due to too many open files")
INOTIFY = {"max_user_instances": 512, "max_user_watches": 524288}
# Kind's own network plugin enforces policies since this release
KIND_WITH_POLICIES = (0, 24)
OLDEST_HELM = (3, 10)
SKEW = 1  # minor versions that kubectl may be apart from the API server (Kubernetes' version skew policy)
VERSION_COMMANDS = {
    "kind": ("version",),
    "kubectl": ("version", "--client"),
    "helm": ("version", "--template", "{{.Version}}"),
}
# the ways in which a packet can be handed to a policy engine in user space
QUEUES = {"nftables' queue": "CONFIG_NFT_QUEUE", "the NFQUEUE target": "CONFIG_NETFILTER_XT_TARGET_NFQUEUE"}


def python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Finding:
    """The interpreter that runs this."""
    found = ".".join(map(str, version))
    if version >= PYTHON:
        return ok(found)
    return missing(f"{found} is too old", "Install Python 3.11 or newer, and make the environment anew with it.")


def inotify(folder: Path = Path("/proc/sys/fs/inotify")) -> Finding:
    """How many files a user may watch: every node's kubelet and container runtime do."""
    if not folder.is_dir():
        return ok("not this machine's: Docker runs in a virtual machine")
    values = {name: int((folder / name).read_text()) for name in INOTIFY}
    found = ", ".join(f"{name} {value}" for name, value in values.items())
    low = [f"fs.inotify.{name}={need}" for name, need in INOTIFY.items() if values[name] < need]
    if not low:
        return ok(found)
    return warning(f"{found}; enough for a cluster or two", f"As root: sysctl -w {' '.join(low)}")


def capability(bounding_set: int) -> Finding:
    """Whether containers here may raise limits and lower OOM scores."""
    if bounding_set >> CAP_SYS_RESOURCE & 1:
        return ok("in the bounding set")
    return warning(
        "not in the bounding set, so the kubelet runs as in a user namespace (the harness sees to it)",
        "Start the container or shell that this runs in with CAP_SYS_RESOURCE.",
    )


def packet_queue(places: tuple[Path, ...] | None = None) -> Finding:
    """What a policy engine in user space needs of the kernel; whether policies are enforced, only the canary tells.

    Args:
        places: Where the kernel's configuration may be.
    """
    places = places or (Path("/proc/config.gz"), Path(f"/boot/config-{platform.release()}"))
    file = next((each for each in places if each.is_file()), None)
    if file is None:
        return ok("the kernel does not tell its configuration; the canary will tell")
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text()
    chosen = set(re.findall(r"^(CONFIG_\w+)=[ym]$", text, re.MULTILINE))
    there = [name for name, option in QUEUES.items() if option in chosen]
    if "CONFIG_NETFILTER_NETLINK_QUEUE" in chosen and len(there) == len(QUEUES):
        return ok(" and ".join(there))
    if "CONFIG_NETFILTER_NETLINK_QUEUE" in chosen and there:
        return warning(
            f"only {there[0]}",
            "Load a bundle's node image (kube-acceptance's deploy/closed-network/load), which gets by with it, "
            "or use another kernel.",
        )
    return warning(
        "packets cannot be handed to user space, so network policies may not be enforced",
        "Use a kernel with CONFIG_NETFILTER_NETLINK_QUEUE and CONFIG_NFT_QUEUE.",
    )


def program(
    name: str, *, cache: Path, server: tuple[int, int] | None = None, say: Callable[[str, Path], str] | None = None
) -> Finding:
    """Where kind, kubectl or helm is found, and whether it fits.

    Args:
        name: Its name.
        cache: The harness's cache folder.
        server: The Kubernetes version of the node image, for kubectl.
        say: Asks a program for its version; given by tests.
    """
    found = locate(name, cache=cache)
    if found is None:
        if can_download(name):
            return warning(
                f"not here; {PINS[name].version} would be downloaded",
                f"Where there is no way out, install {name} or run kube-acceptance's "
                "deploy/closed-network/load --tools-only.",
            )
        return missing("not here, and none is pinned for this machine", f"Install {name} and put it on PATH.")
    try:
        said = (say or _version)(name, found.path)
    except CommandError as error:
        return missing(f"{found.path} cannot be run: {error.summary}", f"Install {name} anew.")
    match = re.search(r"v?(\d+)\.(\d+)(?:\.\d+)?", said)
    if match is None:
        return warning(f"{found.path} tells no version", f"Install {name} {PINS[name].version}.")
    return _fitting(name, found, match[0].removeprefix("v"), (int(match[1]), int(match[2])), server)


def _fitting(name: str, found: Located, said: str, version: tuple[int, int], server: tuple[int, int] | None) -> Finding:
    where = f"{said}, {found.place} ({found.path})"
    if name == "helm" and version < OLDEST_HELM:
        return missing(f"{where} is too old", f"Install Helm {PINS['helm'].version}, or 3.10 and newer.")
    if name == "kind" and version < KIND_WITH_POLICIES:
        return warning(f"{where}: its network plugin enforces no policies", f"Install Kind {PINS['kind'].version}.")
    if name == "kubectl" and server and (version[0] != server[0] or abs(version[1] - server[1]) > SKEW):
        wanted = f"{server[0]}.{server[1]}"
        return warning(
            f"{where}, more than {SKEW} minor version apart from Kubernetes {wanted} of the node image",
            f"Put kubectl {wanted} first on PATH.",
        )
    return ok(where)


def git() -> Finding:
    """Reports name the commit, and images carry it."""
    if shutil.which("git"):
        return ok(_said("git", "--version").removeprefix("git version "))
    return warning("not installed: reports and images cannot name the commit", "Install git.")


def npm() -> Finding:
    """The official Cucumber HTML report needs it; nothing else of a run does."""
    if shutil.which("npm"):
        return ok(_said("npm", "--version"))
    return warning("not installed: the official Cucumber HTML report is left out", "Install Node.js with npm.")


def browser(downloads: Path | None = None) -> Finding:
    """A browser for scenarios about pages: the machine's own, or Playwright's."""
    if found := locate_browser():
        return ok(f"{_said(found, '--version')} ({found})")
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folder = downloads or Path(given or "~/.cache/ms-playwright").expanduser()
    if any(folder.glob("chromium*")):
        return ok(f"Playwright's own ({folder})")
    return warning(
        "none is here: scenarios about pages cannot run",
        "Install Chromium (kube-acceptance's deploy/machine/up does), or run: playwright install chromium",
    )


def proxy(environment: Mapping[str, str] = os.environ) -> Finding:
    """A proxy must not stand between this machine and its own ports."""
    names = [name for name in environment if name.lower() in ("http_proxy", "all_proxy") and environment[name]]
    if not names:
        return ok("none for HTTP")
    if should_bypass_proxies("http://127.0.0.1/", no_proxy=None):
        return ok(f"{', '.join(sorted(names))}; not for this machine itself")
    return warning(
        f"{', '.join(sorted(names))} would get the requests to this machine's own ports",
        "export NO_PROXY=127.0.0.1,localhost,.localhost,$NO_PROXY",
    )


def cache_folder(cache: Path) -> Finding:
    """Where tools and the records of clusters are kept."""
    nearest = next(each for each in (cache, *cache.absolute().parents) if each.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return ok(str(cache))
    return missing(f"{nearest} cannot be written to", "Set KUBE_ACCEPTANCE_CACHE to a folder of yours.")


def is_free(address: str, port: int) -> bool:
    """Whether nobody on this machine listens on a port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _version(name: str, path: Path) -> str:
    return run([path, *VERSION_COMMANDS[name]], timeout=SAYS_WITHIN).stdout


def _said(*words: str) -> str:
    """The first line of what a program says that a run can do without."""
    try:
        said = run(words, timeout=SAYS_WITHIN).stdout.strip().splitlines()
    except CommandError:
        said = []
    return said[0] if said else "of unknown version"
