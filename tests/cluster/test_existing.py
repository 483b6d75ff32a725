"""A cluster that was there before: what is found out of it, on small servers of this machine's own."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest
import trustme
import yaml
from kubeconfigs import kubeconfig

from kube_acceptance.cluster import Existing
from kube_acceptance.cluster.existing import RIGHTS, folder_name
from kube_acceptance.cluster.shared import Lease, abandoned, users
from kube_acceptance.errors import ClusterError
from kube_acceptance.tools import resolve

Answer = Callable[[str, str], tuple[int, Any]]
LISTS = {
    "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.0", **dict.fromkeys(
        ("gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"), ""
    )},
    "/api/v1/services": {"items": []},
    "/api/v1/nodes": {"items": [{"metadata": {"name": "one"}}]},
    "/apis/networking.k8s.io/v1/ingressclasses": {"items": []},
    "/apis/storage.k8s.io/v1/storageclasses": {"items": []},
    "/apis": {"groups": []},
}  # fmt: skip


class Server:
    """An API server that answers as it is told, and the kubeconfig of who asks it."""

    def __init__(self, folder: Path, answer: Answer, certificate: trustme.LeafCert | None = None) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                status, said = answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            do_GET = do_POST = do  # noqa: N815 - what the library looks for

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate:
            scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.kubeconfig = kubeconfig(folder, self.url)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(answer: Answer, certificate: trustme.LeafCert | None = None) -> Server:
        servers.append(Server(tmp_path, answer, certificate))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def existing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Existing]:
    from kube_acceptance.config import cache_folder

    kubectl = resolve("kubectl", cache=cache_folder())

    def of(context: str = "here", file: Path | None = None, **options: Any) -> Existing:
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
        monkeypatch.setenv("KUBECONFIG", str(file))
        folder = tmp_path / folder_name(context)
        options = {"engine": None, **options}
        return Existing(context, folder=folder, kubectl=kubectl, **options)

    return of


def permitting(*refused: str) -> Answer:
    def answer(path: str, body: str) -> tuple[int, Any]:
        if path.endswith("selfsubjectaccessreviews"):
            asked = json.loads(body)["spec"]["resourceAttributes"]
            return 201, {"status": {"allowed": asked["resource"] not in refused}, "spec": {}}
        return 200, LISTS[path.rstrip("/") or path]

    return answer


def said(existing: Existing) -> str:
    with pytest.raises(ClusterError) as caught:
        existing.must_serve()
    return str(caught.value)


def test_what_there_is_is_told(
    serve: Callable[..., Server], existing: Callable[..., Existing], capsys: pytest.CaptureFixture[str]
) -> None:
    found = existing(file=serve(permitting()).kubeconfig)
    found.must_serve()
    told = capsys.readouterr()
    assert (
        "context here: Kubernetes v1.37.0; 1 node; no Ingress class; no default storage class; no metrics; "
        "nobody has asked for a load balancer"
    ) in told.out + told.err
    kept = yaml.safe_load(found.kubeconfig.read_text())
    assert [each["name"] for each in kept["contexts"]] == [kept["current-context"]] == ["here"]
    assert found.kubeconfig.stat().st_mode & 0o077 == 0


def test_an_account_that_may_not_look_at_classes_can_run(
    serve: Callable[..., Server], existing: Callable[..., Existing], capsys: pytest.CaptureFixture[str]
) -> None:
    usual = permitting()

    def answer(path: str, body: str) -> tuple[int, Any]:
        return (403, {}) if path.endswith(("classes", "services")) else usual(path, body)

    existing(file=serve(answer).kubeconfig).must_serve()
    told = capsys.readouterr()
    assert (
        "1 node; Ingress classes cannot be seen; storage classes cannot be seen; no metrics; "
        "load balancers cannot be seen"
    ) in told.out + told.err


def test_who_has_asked_for_a_load_balancer_is_told(
    serve: Callable[..., Server],
    existing: Callable[..., Existing],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def service(kind: str, *addresses: str) -> dict[str, Any]:
        given = [{"ip": each} for each in addresses]
        return {"spec": {"type": kind}, "status": {"loadBalancer": {"ingress": given}}}

    items = [service("ClusterIP"), service("LoadBalancer", "10.0.0.9"), service("LoadBalancer")]
    monkeypatch.setitem(LISTS, "/api/v1/services", {"items": items})
    existing(file=serve(permitting()).kubeconfig).must_serve()
    told = capsys.readouterr()
    assert "no metrics; 1 of 2 load balancers have an address" in told.out + told.err


def test_all_that_the_account_may_not_do_is_told_together(
    serve: Callable[..., Server], existing: Callable[..., Existing]
) -> None:
    assert said(existing(file=serve(permitting("namespaces", "deployments")).kubeconfig)) == (
        f"context here: the account may not do 4 of {len(RIGHTS)} things that a run does\n"
        "Name a context whose account may, or have a ClusterRole with these rights bound to it.\n"
        "  it may not create namespaces\n"
        "  it may not delete namespaces\n"
        "  it may not list namespaces\n"
        "  it may not create deployments of apps"
    )


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, "the server does not know the account (401); log in again"),
        (403, "the server refuses: 403 Forbidden"),
    ],
)
def test_who_is_not_let_in(
    serve: Callable[..., Server], existing: Callable[..., Existing], status: int, why: str
) -> None:
    assert said(existing(file=serve(lambda *_: (status, {})).kubeconfig)) == f"context here: {why}"


def test_nobody_answers(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    found = existing(file=kubeconfig(tmp_path, "http://127.0.0.1:1"))
    assert said(found) == "context here: http://127.0.0.1:1 does not answer (NewConnectionError)"


@pytest.mark.parametrize(
    ("days", "trusted", "why"),
    [(-1, True, "certificate has expired"), (1, False, "self-signed certificate in certificate chain")],
)
def test_a_certificate_that_is_not_valid(
    tmp_path: Path, serve: Callable[..., Server], existing: Callable[..., Existing], days: int, trusted: bool, why: str
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    until = datetime.now(UTC) + timedelta(days=days)
    server = serve(permitting(), authority.issue_cert("127.0.0.1", not_after=until))
    file = kubeconfig(tmp_path, server.url, (authority if trusted else other).cert_pem.bytes())
    assert said(existing(file=file)) in (
        f"context here: the certificate of {server.url} is not valid: {why}",
        # what OpenSSL says of an authority of the same name
        f"context here: the certificate of {server.url} is not valid: unable to get local issuer certificate",
    )


def test_no_such_context(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    file = kubeconfig(tmp_path, "http://127.0.0.1:1")
    assert said(existing("hare", file)) == (
        "there is no context hare in the kubeconfig; did you mean here?\nThere are here, there."
    )


def test_a_kubeconfig_that_cannot_be_read(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    file = tmp_path / "broken"
    file.write_text("a: [")
    assert said(existing(file=file)) == (
        f'the kubeconfig cannot be read: error: error loading config file "{file}": yaml: line 1: did not find '
        "expected node content"
    )


def test_a_kubeconfig_without_any_context(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    assert said(existing(file=tmp_path / "none")) == (
        "there is no context here in the kubeconfig\nIt has none; KUBECONFIG names another file."
    )


def test_no_current_context_is_needed(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    file = kubeconfig(tmp_path, "http://127.0.0.1:1")
    file.write_text(file.read_text().replace("current-context: there\n", ""))
    kept = yaml.safe_load(existing(file=file).kubeconfig.read_text())
    assert kept["current-context"] == "here"


def test_what_is_not_the_runs_to_do_leaves_the_scenario_out(existing: Callable[..., Existing]) -> None:
    found = existing()
    for fault, reason in (
        (lambda: found.restart_node("one"), "node one of context here is not the run's to restart"),
        (lambda: found.on_node("one", "sh"), "node one of context here is not the run's to enter, for sh"),
        (
            lambda: found.signal_container("one", "containerd://1", "KILL"),
            "node one of context here is not the run's to send KILL to containerd://1 from",
        ),
        (lambda: found.must_be_own("taints"), "context here is not the run's to change: taints"),
        (
            lambda: found.ingress(),
            "nobody has said where the Ingress controller of context here answers; say --cluster-ingress",
        ),
    ):
        with pytest.raises(pytest.skip.Exception) as caught:
            fault()
        assert str(caught.value) == reason
    with pytest.raises(ClusterError, match="not the run's to restart"):
        existing(strict=True).restart_node("one")


def test_where_the_ingress_controller_answers(existing: Callable[..., Existing]) -> None:
    assert existing(ingress="edge.example:8080").ingress() == ("edge.example", 8080)
    assert existing(ingress="edge.example:8080").ingress(443) == ("edge.example", 443)
    assert existing(ingress="edge.example").ingress() == ("edge.example", 80)


# ---- images


def with_images(*nodes: list[str]) -> Answer:
    """A cluster whose nodes tell the names of images."""
    items = [
        {"metadata": {"name": f"node-{number}"}, "status": {"images": [{"names": [each]} for each in names]}}
        for number, names in enumerate(nodes)
    ]
    return lambda path, _: (200, {"items": items})


def docker(*built: str, containers: tuple[str, ...] = (), networks: tuple[str, ...] = ()) -> Any:
    attrs = {"NetworkSettings": {"Networks": dict.fromkeys(networks)}}
    return Object(
        containers=Object(list=lambda: [Object(name=name, attrs=attrs) for name in containers]),
        images=Object(list=lambda filters: [Object(tags=[each]) for each in built]),
        api=Object(push=lambda *_, **__: [{"aux": {"Digest": "sha256:34"}}]),
    )


@pytest.fixture
def reached(serve: Callable[..., Server], existing: Callable[..., Existing]) -> Callable[..., Existing]:
    def of(answer: Answer, **options: Any) -> Existing:
        return existing(file=serve(answer).kubeconfig, **options)

    return of


def test_what_is_built_goes_to_the_registry_and_is_known_by_its_digest(reached: Callable[..., Existing]) -> None:
    found = reached(with_images([]), engine=docker("there.example/shop:1"), registry="there.example")
    assert found.load(["there.example/shop:1", "postgres:17"]) == {
        "there.example/shop:1": "there.example/shop:1@sha256:34"
    }


def test_other_images_go_into_nodes_that_are_near(
    reached: Callable[..., Existing], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Any] = []

    def load(references: list[str], *, nodes: list[str], client: Any) -> Any:
        loaded.append((references, nodes))
        return Object(loaded=references, skipped=())

    monkeypatch.setattr("kube_acceptance.cluster.existing.load", load)
    engine = docker("there.example/shop:1", containers=("node-0", "other"))
    found = reached(with_images([]), engine=engine, registry="there.example")
    known = found.load(["there.example/shop:1", "postgres:17"])
    assert known == {"there.example/shop:1": "there.example/shop:1@sha256:34"}
    assert loaded == [(["postgres:17"], ["node-0"])]


def test_without_docker_nothing_is_brought(reached: Callable[..., Existing]) -> None:
    assert reached(with_images([])).load(["shop:1"]) == {}


def test_what_is_built_and_cannot_come_to_the_nodes(reached: Callable[..., Existing]) -> None:
    there = "docker.io/library/shop:1"
    engine = docker("shop:1", "till:1")
    with pytest.raises(ClusterError) as caught:
        reached(with_images([there], ["docker.io/library/till:1", there]), engine=engine).load(
            ["shop:1", "till:1", "postgres:17"]
        )
    assert str(caught.value) == (
        "the nodes of context here do not have till:1, built on this machine\n"
        "Name a registry that they pull from in cluster.registry; a run pushes there what it builds."
    )


def test_what_nodes_have_or_do_not_tell_is_left_to_them(
    reached: Callable[..., Existing], capsys: pytest.CaptureFixture[str]
) -> None:
    many = [f"other:{number}" for number in range(50)]  # there may be more
    found = reached(with_images(["docker.io/library/shop:1"], many), engine=docker("shop:1"))
    assert found.load(["shop:1"]) == {}
    told = capsys.readouterr()
    assert "the nodes of context here pull shop:1 themselves, or have it" in told.out + told.err


def test_beside_which_nodes_a_container_could_be(reached: Callable[..., Existing]) -> None:
    here = docker(containers=("node-0", "other"), networks=("kind",))
    assert reached(with_images([]), engine=here).network() == "kind"
    with pytest.raises(pytest.skip.Exception) as caught:
        reached(with_images([], []), engine=here).network()
    assert str(caught.value) == (
        "the nodes of context here are no containers of this machine, beside which one could be"
    )


def test_one_name_for_two_accounts_is_two_files(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    one = existing(file=kubeconfig(tmp_path, "http://127.0.0.1:1")).kubeconfig
    same = existing(file=kubeconfig(tmp_path, "http://127.0.0.1:1")).kubeconfig
    other = existing(file=kubeconfig(tmp_path, "http://127.0.0.1:2")).kubeconfig
    assert (one == same, one == other) == (True, False)
    servers = [yaml.safe_load(file.read_text())["clusters"][0]["cluster"]["server"] for file in (one, other)]
    assert servers == ["http://127.0.0.1:1", "http://127.0.0.1:2"]


def test_it_stays_when_the_last_user_leaves(tmp_path: Path, existing: Callable[..., Existing]) -> None:
    found = existing(file=kubeconfig(tmp_path, "http://127.0.0.1:1"))
    folder = found.kubeconfig.parent
    lease = Lease(found, folder)
    lease.take()
    assert lease.release(keep=False) is True
    assert users(folder) == abandoned(tmp_path) == []
    assert found.kubeconfig.is_file()
    (folder / "kept").touch()
    lease.forget()
    assert found.kubeconfig.is_file()
    (folder / "kept").unlink()
    lease.forget()
    assert not folder.exists()
