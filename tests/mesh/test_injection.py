import json
from types import SimpleNamespace

import yaml

from kube_acceptance.mesh import Injection, Port, proxy, without_proxy
from kube_acceptance.mesh.cel import written
from kube_acceptance.mesh.injection import CONTAINER

PORTS = [Port(3000, "http"), Port(5432, "postgresql")]


def pod(*statuses, phase="Running"):
    running = {True: SimpleNamespace(running=object()), False: SimpleNamespace(running=None)}
    return SimpleNamespace(
        metadata=SimpleNamespace(name="web-1"),
        status=SimpleNamespace(
            phase=phase,
            init_container_statuses=[SimpleNamespace(name=name, state=running[runs]) for name, runs in statuses],
        ),
    )


def test_every_value_of_a_map_and_a_list_has_one_type():
    assert written({"a": [1, "b"], "c": True}) == '{"a": dyn([dyn(1), dyn("b")]), "c": dyn(true)}'


def test_http_is_handed_on_by_request_and_all_else_by_connection():
    settings = yaml.safe_load(proxy.settings(PORTS))
    assert settings["http"]["services"]["port-3000"] == {
        "loadBalancer": {"servers": [{"url": "http://127.0.0.1:3000"}]}
    }
    assert settings["tcp"]["services"]["port-5432"] == {"loadBalancer": {"servers": [{"address": "127.0.0.1:5432"}]}}
    assert settings["tcp"]["routers"]["port-5432"]["rule"] == "HostSNI(`*`)"


def test_what_no_port_needs_is_not_configured():
    assert list(yaml.safe_load(proxy.settings(PORTS[:1]))) == ["http"]


def test_each_port_has_one_before_it():
    assert "--entrypoints.port-5432.address=:25432" in proxy.arguments(PORTS)


def test_the_policy_is_for_the_pods_of_one_namespace():
    injection = Injection(SimpleNamespace(), "own-1", image="proxy:1", ports=PORTS, labels={})
    policy = injection._policy()
    assert policy["matchConstraints"]["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "own-1"}}
    [mutation] = policy["mutations"]
    expression = mutation["jsonPatch"]["expression"]
    assert expression.count("has(object.spec.initContainers)") == 1
    assert f'"name": dyn({json.dumps(CONTAINER)})' in expression
    assert '"restartPolicy": dyn("Always")' in expression


def test_a_pod_has_its_proxy_or_is_told():
    assert without_proxy([pod((CONTAINER, True))]) == []
    assert without_proxy([pod(("other", True))]) == ["pod web-1 has no proxy"]
    assert without_proxy([pod((CONTAINER, False))]) == ["the proxy of pod web-1 does not run"]
    assert without_proxy([pod((CONTAINER, False), phase="Succeeded")]) == []
