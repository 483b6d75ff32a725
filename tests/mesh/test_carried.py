from types import SimpleNamespace

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mesh import CONTAINER, Carried, Port, carried, must_carry

HTTP, TCP = Port(3000, "http"), Port(5432, "")
SAID = """\
Chain PREROUTING (policy ACCEPT 3 packets, 180 bytes)
    pkts      bytes target     prot opt in     out     source               destination
       7      420 REDIRECT   6    --  *      *       0.0.0.0/0            0.0.0.0/0     tcp dpt:3000 redir ports 23000
       0        0 REDIRECT   6    --  *      *       0.0.0.0/0            0.0.0.0/0     tcp dpt:5432 redir ports 25432
"""
LOGGED = '{"RequestPath":"/orders?asked=1","DownstreamStatus":200}\nno JSON\n{"level":"info"}\n'


class Release:
    """A release of one pod with a proxy, or with none."""

    def __init__(self, *, ports=(3000,), proxies=True):
        self.cluster = SimpleNamespace(provider=self)
        status = SimpleNamespace(
            name=CONTAINER, container_id="containerd://abc", state=SimpleNamespace(running=object())
        )
        containers = [SimpleNamespace(ports=[SimpleNamespace(container_port=port) for port in ports])]
        self._pod = SimpleNamespace(
            metadata=SimpleNamespace(name="web-1"),
            spec=SimpleNamespace(node_name="node", containers=containers),
            status=SimpleNamespace(init_container_statuses=[status] if proxies else []),
        )

    def serving_pods(self, component):
        return [self._pod]

    def logs(self, pod, container, *, lines):
        return LOGGED

    def on_node(self, node, *command, input):
        assert command[-1] == "abc"
        return SAID


def test_connections_are_the_kernels_and_requests_the_proxys():
    [found] = carried(Release(), "web", [HTTP, TCP])
    assert found == Carried("web-1", HTTP, 7, ("/orders?asked=1",))
    assert str(found) == "web-1: 7 connections to port 3000, 1 requests"


def test_a_pod_that_listens_on_no_such_port_fails():
    with pytest.raises(AcceptanceError) as caught:
        list(carried(Release(ports=(9000,)), "web", [HTTP]))
    assert str(caught.value) == "no container of pod web-1 names a port that comes through a proxy"


def test_a_pod_without_a_proxy_fails():
    with pytest.raises(AcceptanceError) as caught:
        list(carried(Release(proxies=False), "web", [HTTP]))
    assert str(caught.value) == "pod web-1 has no proxy that runs"


def test_one_proxy_of_a_tier_must_have_carried_the_request_and_each_a_connection():
    asked, other = Carried("web-1", HTTP, 3, ("/a",)), Carried("web-2", HTTP, 2, ("/b",))
    assert must_carry([asked, other], "/a") == []
    assert must_carry([asked, other], "/c") == ["no proxy of web-1, web-2 has carried a request for /c"]
    assert must_carry([Carried("db-0", TCP, 0, ())], "/a") == [
        "nothing came to port 5432 of pod db-0 through its proxy"
    ]
    assert must_carry([Carried("db-0", TCP, 1, ())], "/a") == []
