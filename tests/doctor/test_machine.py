"""Each fault of a machine gives its line, and its fix."""

from __future__ import annotations

import gzip
import socket
from pathlib import Path

import pytest

from kube_acceptance.doctor import machine
from kube_acceptance.doctor.finding import Finding, missing, ok, warning


def program(folder: Path, name: str, says: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH, to be filled."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def inotify(folder: Path, instances: int, watches: int) -> Path:
    (folder / "max_user_instances").write_text(f"{instances}\n")
    (folder / "max_user_watches").write_text(f"{watches}\n")
    return folder


def kernel(folder: Path, text: str) -> tuple[Path, ...]:
    file = folder / "config.gz"
    file.write_bytes(gzip.compress(text.encode()))
    return (folder / "none", file)


def test_python() -> None:
    assert machine.python((3, 11, 2)) == ok("3.11.2")
    assert machine.python((3, 10, 9)) == missing(
        "3.10.9 is too old", "Install Python 3.11 or newer, and make the environment anew with it."
    )


def test_inotify(tmp_path: Path) -> None:
    assert machine.inotify(inotify(tmp_path, 512, 524288)) == ok("max_user_instances 512, max_user_watches 524288")
    assert machine.inotify(inotify(tmp_path, 128, 600000)) == warning(
        "max_user_instances 128, max_user_watches 600000; enough for a cluster or two",
        "As root: sysctl -w fs.inotify.max_user_instances=512",
    )
    assert machine.inotify(tmp_path / "none") == ok("not this machine's: Docker runs in a virtual machine")


def test_capability() -> None:
    assert machine.capability(-1) == ok("in the bounding set")
    assert machine.capability(~(1 << 24)) == warning(
        "not in the bounding set, so the kubelet runs as in a user namespace (the harness sees to it)",
        "Start the container or shell that this runs in with CAP_SYS_RESOURCE.",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "CONFIG_NETFILTER_NETLINK_QUEUE=y\nCONFIG_NFT_QUEUE=m\nCONFIG_NETFILTER_XT_TARGET_NFQUEUE=m\n",
            ok("nftables' queue and the NFQUEUE target"),
        ),
        (
            "CONFIG_NETFILTER_NETLINK_QUEUE=y\n# CONFIG_NFT_QUEUE is not set\nCONFIG_NETFILTER_XT_TARGET_NFQUEUE=y\n",
            warning(
                "only the NFQUEUE target",
                "Load a bundle's node image (kube-acceptance's deploy/closed-network/load), which gets by with it, "
                "or use another kernel.",
            ),
        ),
        (
            "# CONFIG_NETFILTER_NETLINK_QUEUE is not set\nCONFIG_NFT_QUEUE=y\n",
            warning(
                "packets cannot be handed to user space, so network policies may not be enforced",
                "Use a kernel with CONFIG_NETFILTER_NETLINK_QUEUE and CONFIG_NFT_QUEUE.",
            ),
        ),
    ],
)
def test_packet_queue(tmp_path: Path, text: str, expected: Finding) -> None:
    assert machine.packet_queue(kernel(tmp_path, text)) == expected


def test_a_kernel_that_does_not_tell(tmp_path: Path) -> None:
    assert machine.packet_queue((tmp_path / "none",)) == ok(
        "the kernel does not tell its configuration; the canary will tell"
    )


def test_a_program_on_path_in_a_bundle_or_in_the_cache(path: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    downloaded = program(cache / "tools", "helm-4.2.2", "v4.2.2")
    assert machine.program("helm", cache=cache) == ok(f"4.2.2, in the cache ({downloaded})")
    bundled = program(cache / "tools" / "bin", "helm", "v4.3")
    assert machine.program("helm", cache=cache) == ok(f"4.3, from a bundle ({bundled})")
    mine = program(path, "helm", "v3.19.0")
    assert machine.program("helm", cache=cache) == ok(f"3.19.0, on PATH ({mine})")


def test_a_program_that_would_be_downloaded(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "can_download", lambda name: True)
    assert machine.program("kind", cache=tmp_path) == warning(
        f"not here; {machine.PINS['kind'].version} would be downloaded",
        "Where there is no way out, install kind or run kube-acceptance's deploy/closed-network/load --tools-only.",
    )


def test_a_program_that_is_nowhere(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "can_download", lambda name: False)
    assert machine.program("kind", cache=tmp_path) == missing(
        "not here, and none is pinned for this machine", "Install kind and put it on PATH."
    )


def test_a_program_that_does_not_run(path: Path, tmp_path: Path) -> None:
    broken = path / "kind"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    assert machine.program("kind", cache=tmp_path) == missing(
        f"{broken} cannot be run: kind version failed with exit status 3", "Install kind anew."
    )


def test_a_helm_that_is_too_old(path: Path, tmp_path: Path) -> None:
    old = program(path, "helm", "v3.9.4")
    assert machine.program("helm", cache=tmp_path) == missing(
        f"3.9.4, on PATH ({old}) is too old", f"Install Helm {machine.PINS['helm'].version}, or 3.10 and newer."
    )


def test_a_kind_without_policies(path: Path, tmp_path: Path) -> None:
    old = program(path, "kind", "kind v0.23.0 go1.21.10 linux/amd64")
    assert machine.program("kind", cache=tmp_path) == warning(
        f"0.23.0, on PATH ({old}): its network plugin enforces no policies",
        f"Install Kind {machine.PINS['kind'].version}.",
    )


def test_the_skew_of_kubectl(path: Path, tmp_path: Path) -> None:
    file = program(path, "kubectl", "Client Version: v1.36.4")
    for minor in (35, 36, 37):
        assert machine.program("kubectl", cache=tmp_path, server=(1, minor)) == ok(f"1.36.4, on PATH ({file})")
    assert machine.program("kubectl", cache=tmp_path, server=(1, 38)) == warning(
        f"1.36.4, on PATH ({file}), more than 1 minor version apart from Kubernetes 1.38 of the node image",
        "Put kubectl 1.38 first on PATH.",
    )


def test_git_and_npm(path: Path) -> None:
    assert machine.git() == warning("not installed: reports and images cannot name the commit", "Install git.")
    assert machine.npm() == warning(
        "not installed: the official Cucumber HTML report is left out", "Install Node.js with npm."
    )
    program(path, "git", "git version 2.47.3")
    program(path, "npm", "11.6.0")
    assert machine.git() == ok("2.47.3")
    assert machine.npm() == ok("11.6.0")
    (path / "npm").write_text("#!/bin/sh\nexit 1\n")
    assert machine.npm() == ok("of unknown version")


def test_browser(path: Path, tmp_path: Path) -> None:
    downloads = tmp_path / "playwright"
    assert machine.browser(downloads) == warning(
        "none is here: scenarios about pages cannot run",
        "Install Chromium (kube-acceptance's deploy/machine/up does), or run: playwright install chromium",
    )
    (downloads / "chromium-1200").mkdir(parents=True)
    assert machine.browser(downloads) == ok(f"Playwright's own ({downloads})")
    file = program(path, "chromium", "Chromium 143.0")
    assert machine.browser(downloads) == ok(f"Chromium 143.0 ({file})")


def test_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert machine.proxy({}) == ok("none for HTTP")
    behind = {"HTTP_PROXY": "http://user:secret@proxy:3128"}
    assert machine.proxy(behind) == warning(
        "HTTP_PROXY would get the requests to this machine's own ports",
        "export NO_PROXY=127.0.0.1,localhost,.localhost,$NO_PROXY",
    )
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert machine.proxy(behind) == ok("HTTP_PROXY; not for this machine itself")


def test_cache_folder(tmp_path: Path) -> None:
    assert machine.cache_folder(tmp_path / "not" / "yet") == ok(f"{tmp_path}/not/yet")
    file = tmp_path / "file"
    file.touch()
    assert machine.cache_folder(file / "cache") == missing(
        f"{file} cannot be written to", "Set KUBE_ACCEPTANCE_CACHE to a folder of yours."
    )


def test_ports() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert not machine.is_free("127.0.0.1", port)
    assert machine.is_free("127.0.0.1", port)
