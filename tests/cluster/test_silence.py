"""Whether an API server answers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from kubeconfigs import kubeconfig
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from kube_acceptance import cli
from kube_acceptance.cluster.silence import asking_once, said_of, silence


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        pass


def test_nobody_is_there(tmp_path: Path) -> None:
    why = silence("ours", kubeconfig(tmp_path, "http://127.0.0.1:1"), within=0)
    assert why == "the cluster ours does not answer any more: http://127.0.0.1:1 does not answer (NewConnectionError)"


def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert silence("ours", kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}"), within=0) == ""
        server.shutdown()


def test_it_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("kube_acceptance.cluster.silence.EVERY", 0.05)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing, bind_and_activate=False)
    server.server_bind()
    returns = threading.Timer(0.3, lambda: (server.server_activate(), server.serve_forever()))
    returns.start()
    assert silence("ours", kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_address[1]}"), within=20) == ""
    told = capsys.readouterr()
    assert (told.out + told.err).count("the cluster ours does not answer; it has 20 s to come back") == 1
    server.shutdown()
    server.server_close()


def test_a_kubeconfig_that_is_gone(tmp_path: Path) -> None:
    why = silence("ours", tmp_path / "none", within=60)
    assert why.startswith(
        "the cluster ours does not answer any more: its kubeconfig cannot be read: Invalid kube-config file."
    )


def raised(kubeconfig: Path) -> Exception:
    with pytest.raises((ApiException, HTTPError)) as caught:
        client.CoreV1Api(asking_once(kubeconfig)).list_node()
    return caught.value


def test_what_a_command_says_of_a_server_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = raised(kubeconfig(tmp_path, "http://127.0.0.1:1"))

    def app() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: http://127.0.0.1:1 does not answer (NewConnectionError)\n"


def test_what_is_said_of_other_errors(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        error = raised(kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
    assert said_of(error) == "the server refuses: 503 Service Unavailable"
    assert said_of(HTTPError("odd")) == "the API server does not answer (HTTPError)"
    assert said_of(OSError("disk")) == ""
