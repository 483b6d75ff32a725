"""Small images with packages of every kind, made by hand."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from image_archives import Layer, file, old_layout

from kube_acceptance.images import ImageContents

ELF = b"\x7fELF"
OS_RELEASE = 'ID=alpine\nVERSION_ID=3.23.6\nPRETTY_NAME="Alpine Linux v3.23"\n'
SITE = "usr/lib/python3.13/site-packages"
NODE = ELF + b"\0https://nodejs.org/download/release/v22.20.0/node-v22.20.0-headers.tar.gz\0"
BUSYBOX = ELF + b"busybox"
MUSL = ELF + b"musl"


def image(*layers: Layer, reference: str = "shop:1", **settings: Any) -> ImageContents:
    return ImageContents(reference, old_layout(layers, **settings))


def apk_record(name: str, version: str, files: Mapping[str, bytes] | None = None, **fields: str) -> str:
    lines = [f"C:Q1{'A' * 27}=", f"P:{name}", f"V:{version}", "A:x86_64", "L:MIT"]
    lines += [f"{key}:{value}" for key, value in fields.items()]
    for path, body in (files or {}).items():
        folder, _, base = path.rpartition("/")
        digest = base64.b64encode(hashlib.sha1(body).digest()).decode()
        lines += [f"F:{folder}", "M:0:0:755", f"R:{base}", "a:0:0:755", f"Z:Q1{digest}"]
    return "\n".join(lines) + "\n\n"


def distribution(name: str, version: str, files: Mapping[str, bytes], *, site: str = SITE, head: str = "") -> Layer:
    """A Python distribution as an installer leaves it."""
    info = f"{name}-{version}.dist-info"
    about = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{head}\nName: of a long description\n".encode()
    every = {**files, f"{info}/METADATA": about}
    record = "".join(f"{path},sha256={_safe(body)},{len(body)}\n" for path, body in every.items())
    every[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    return [file(f"{site}/{path}", body) for path, body in every.items() if not path.startswith("../")]


def _safe(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")


def described(path: str, **about: Any) -> Layer:
    return [file(f"{path}/package.json", json.dumps(about)), file(f"{path}/index.js", "0")]


DATABASE = apk_record("busybox", "1.37.0-r30", {"bin/busybox": BUSYBOX}, o="busybox", D="so:libc.musl-x86_64.so.1") + (
    apk_record(
        "musl",
        "1.2.5-r23",
        {"lib/ld-musl-x86_64.so.1": MUSL, "etc/motd": b"hello"},
        o="musl",
        p="so:libc.musl-x86_64.so.1=1",
    )
)
ALPINE: Layer = [
    file("etc/os-release", OS_RELEASE),
    file("etc/motd", "hello"),
    file("bin/busybox", BUSYBOX, 0o755),
    file("lib/ld-musl-x86_64.so.1", MUSL, 0o755),
    file("lib/apk/db/installed", DATABASE),
]
TEA = distribution(
    "Tea_Pot", "1.0", {"tea/__init__.py": b"1", "../../../bin/tea": b"#!"}, head="License-Expression: MIT\n"
)
WEB: Layer = [
    *described("app/node_modules/next", name="next", version="16.4.5", license="MIT", dependencies={"@next/env": "16"}),
    *described("app/node_modules/next/dist/compiled/semver", name="semver"),
    *described("app/node_modules/next/dist/compiled/react-is", name="react-is", version="19.3.0"),
    *described("app/node_modules/@next/env", name="@next/env", version="16.4.5"),
    file("usr/local/bin/node", NODE, 0o755),
]
