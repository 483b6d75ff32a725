"""Small image exports made by hand, in both layouts, and an engine that hands them out."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from docker.errors import ImageNotFound

Layer = Sequence[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]]


def file(path: str, content: bytes | str = b"", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    body = content.encode() if isinstance(content, str) else content
    info = tarfile.TarInfo(path)
    info.mode, info.size = mode, len(body)
    return info, body


def folder(path: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info


def link(path: str, target: str, *, hard: bool = False) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.linkname = (tarfile.LNKTYPE if hard else tarfile.SYMTYPE), target
    return info


def archive(members: Layer) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for member in members:
            info, body = member if isinstance(member, tuple) else (member, b"")
            tar.addfile(info, io.BytesIO(body))
    return stream.getvalue()


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def configuration(layers: Sequence[bytes], **settings: Any) -> bytes:
    document = {"config": settings, "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}}
    return json.dumps(document).encode()


def old_layout(layers: Sequence[Layer], **settings: Any) -> io.BytesIO:
    """What engines before 25 write; a layer that stands twice is a link the second time."""
    bodies = [archive(layer) for layer in layers]
    config = configuration(bodies, **settings)
    name = digest(config).removeprefix("sha256:") + ".json"
    members: list[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]] = []
    for number, body in enumerate(bodies):
        first = bodies.index(body)
        path = f"layer{number}/layer.tar"
        members.append(file(path, body) if first == number else link(path, f"../layer{first}/layer.tar"))
    manifest = [{"Config": name, "RepoTags": ["x:1"], "Layers": [f"layer{n}/layer.tar" for n in range(len(bodies))]}]
    return io.BytesIO(archive([*members, file(name, config), file("manifest.json", json.dumps(manifest))]))


def oci_layout(
    layers: Sequence[Layer], *, compressed: bool = False, nested: bool = False, **settings: Any
) -> io.BytesIO:
    """What newer engines write; nested as by those that keep images in containerd, with an image elsewhere beside."""
    bodies = [archive(layer) for layer in layers]
    blobs: dict[str, bytes] = {}

    def blob(content: bytes, **more: Any) -> dict[str, Any]:
        blobs[digest(content)] = content
        return {"digest": digest(content), "size": len(content), **more}

    manifest = {
        "config": blob(configuration(bodies, **settings)),
        "layers": [blob(gzip.compress(body, mtime=0) if compressed else body) for body in bodies],
    }
    top = blob(json.dumps(manifest).encode(), platform={"os": "linux", "architecture": "amd64"})
    if nested:
        elsewhere = {"digest": digest(b"arm"), "size": 3, "platform": {"os": "linux", "architecture": "arm64"}}
        proof = blob(b"{}", platform={"os": "unknown", "architecture": "unknown"})
        top = blob(json.dumps({"manifests": [elsewhere, proof, top]}).encode())
    members = [file("blobs/" + name.replace(":", "/"), content) for name, content in blobs.items()]
    return io.BytesIO(archive([*members, file("index.json", json.dumps({"manifests": [top]}))]))


def elf(interpreter: str | None) -> bytes:
    """The smallest 64-bit ELF file that a loader is named in, or none."""
    name = interpreter.encode() + b"\0" if interpreter else b""
    count = 1 if interpreter else 0
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0, 64, 0, 0, 64, 56, count, 64, 0, 0)
    program = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1) if interpreter else b""
    return header + program + name


MUSL = "/lib/ld-musl-x86_64.so.1"
GLIBC = "/lib64/ld-linux-x86-64.so.2"
APK_DATABASE = "P:alpine-baselayout\nV:3.7.0-r0\n\nP:musl\nV:1.2.5-r23\n\n"
ALPINE_LAYER: Layer = [
    folder("bin"),
    file("bin/busybox", elf(MUSL), 0o755),
    link("bin/sh", "/bin/busybox"),
    folder("etc"),
    link("etc/os-release", "../usr/lib/os-release"),
    file("usr/lib/os-release", 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.23.6\n'),
    file("lib/apk/db/installed", APK_DATABASE),
    file("lib/ld-musl-x86_64.so.1", b"loader", 0o755),
]
DEBIAN_LAYER: Layer = [
    file("usr/bin/bash", elf(GLIBC), 0o755),
    link("bin", "usr/bin"),
    file("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'),
    link("lib64", "usr/lib64"),
    file("usr/lib64/ld-linux-x86-64.so.2", b"loader", 0o755),
    file("usr/lib/x86_64-linux-gnu/libc.so.6", b"libc", 0o755),
]
ALPINE_BASE = [digest(archive(ALPINE_LAYER))]


class Image:
    def __init__(self, id: str, labels: Mapping[str, str] | None = None, **attrs: Any) -> None:
        self.id, self.labels, self.attrs = id, dict(labels or {}), attrs


class Engine:
    """As much of a Docker client as is asked for: images by reference, their exports, and answers to pulls."""

    def __init__(self, images: Mapping[str, Image] | None = None, exports: Mapping[str, bytes] | None = None) -> None:
        self.known, self.exports = dict(images or {}), dict(exports or {})
        self.pulled: list[str] = []
        self.pull_answer = ""
        self.images = self.api = self

    def get(self, reference: str) -> Image:
        if reference not in self.known:
            raise ImageNotFound(f"No such image: {reference}")
        return self.known[reference]

    def get_image(self, reference: str, chunk_size: int) -> Iterator[bytes]:
        body = self.exports[reference]
        return (body[start : start + chunk_size] for start in range(0, len(body), chunk_size))

    def pull(self, reference: str, platform: str | None = None) -> str:
        self.pulled.append(reference)
        return self.pull_answer
