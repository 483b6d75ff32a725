"""Whether an API server answers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from kube_acceptance.cluster.silence import silence


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        pass


def kubeconfig(folder: Path, server: str) -> Path:
    file = folder / "kubeconfig"
    named = {"clusters": ("cluster", {"server": server}), "users": ("user", {})}
    config = {many: [{"name": "x", one: value}] for many, (one, value) in named.items()}
    context = {"name": "x", "context": {"cluster": "x", "user": "x"}}
    file.write_text(yaml.safe_dump({**config, "contexts": [context], "current-context": "x"}))
    return file


def test_nobody_is_there(tmp_path: Path) -> None:
    why = silence("ours", kubeconfig(tmp_path, "http://127.0.0.1:1"), within=0)
    assert why == "the cluster ours does not answer any more: http://127.0.0.1:1 does not answer (NewConnectionError)"


def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert silence("ours", kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}"), within=0) == ""
        server.shutdown()


def test_it_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_acceptance.cluster.silence.EVERY", 0.05)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing, bind_and_activate=False)
    server.server_bind()
    returns = threading.Timer(0.3, lambda: (server.server_activate(), server.serve_forever()))
    returns.start()
    assert silence("ours", kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_address[1]}"), within=20) == ""
    server.shutdown()
    server.server_close()


def test_a_kubeconfig_that_is_gone(tmp_path: Path) -> None:
    why = silence("ours", tmp_path / "none", within=60)
    assert why.startswith(
        "the cluster ours does not answer any more: its kubeconfig cannot be read: Invalid kube-config file."
    )
