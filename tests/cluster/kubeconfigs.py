"""A kubeconfig for a server that is played."""

from __future__ import annotations

from pathlib import Path

import yaml


def kubeconfig(folder: Path, url: str, authority: bytes = b"") -> Path:
    file = folder / "kubeconfig"
    cluster: dict[str, str] = {"server": url}
    if authority:
        (folder / "ca.pem").write_bytes(authority)
        cluster["certificate-authority"] = str(folder / "ca.pem")
    names = ("here", "there")
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "there",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "x"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in names],
    }
    file.write_text(yaml.safe_dump(content))
    return file
