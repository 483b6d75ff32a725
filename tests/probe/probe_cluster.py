"""A cluster's API for the probe's tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from kubernetes.client.exceptions import ApiException
from probe_objects import pod

from kube_acceptance.probe.peers import NEVER_READY

TIER = "app.kubernetes.io/component"
TRAEFIK = {"app.kubernetes.io/name": "traefik"}
DATABASE = {TIER: "database", "app.kubernetes.io/instance": "shop", "statefulset.kubernetes.io/pod-name": "database-0"}


def items(*found: Any) -> Any:
    return lambda *_: SimpleNamespace(items=list(found))


def workload(labels: dict[str, str], **ports: int) -> Any:
    made = pod(labels=labels, ports=ports)
    template = SimpleNamespace(metadata=SimpleNamespace(labels=labels), spec=made.spec)
    return SimpleNamespace(spec=SimpleNamespace(template=template))


def service(name: str, address: str, *ports: tuple[int, Any], selector: dict[str, str] | None = None) -> Any:
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name),
        spec=SimpleNamespace(
            cluster_ip=address,
            selector=selector,
            ports=[
                SimpleNamespace(name=f"port-{port}", port=port, target_port=target, protocol="TCP")
                for port, target in ports
            ],
        ),
    )


class Cluster:
    """An API with a namespace `shop`: a database, a backup CronJob, Services and an Ingress; and its controller."""

    def __init__(self) -> None:
        self.pods: list[Any] = [pod(labels=DATABASE, ports={"sql": 5432})]
        self.services = {
            "shop/database": service("database", "10.96.0.9", (5432, "sql"), (80, 8080), selector={TIER: "database"}),
            "shop/loose": service("loose", "None", (80, 8080)),
            "default/kubernetes": service("kubernetes", "10.96.0.1", (443, 6443)),
            "kube-system/kube-dns": service("kube-dns", "10.96.0.10", (53, 53)),
        }
        self.behind = {"kubernetes": (["172.18.0.2"], 443, 6443), "kube-dns": (["10.0.8.2", "10.0.8.1"], 53, 53)}
        self.controllers = [
            pod("traefik-0", namespace="ingress", labels=TRAEFIK, ports={"web": 8000}),
            pod("probe-1", namespace="elsewhere", labels=TRAEFIK, gates=(NEVER_READY,)),
        ]
        self.ingresses = [SimpleNamespace(spec=SimpleNamespace(ingress_class_name="traefik"))]
        backup = SimpleNamespace(spec=SimpleNamespace(job_template=workload({TIER: "backup", "job-name": "backup-1"})))
        self.apps = SimpleNamespace(
            list_namespaced_deployment=items(),
            list_namespaced_stateful_set=items(workload(DATABASE, sql=5432)),
            list_namespaced_daemon_set=items(),
        )
        self.batch = SimpleNamespace(list_namespaced_job=items(), list_namespaced_cron_job=items(backup))

    def items(self, *found: Any) -> Any:
        return SimpleNamespace(items=list(found))

    def list_namespaced_pod(self, namespace: str) -> Any:
        assert namespace == "shop"
        return SimpleNamespace(items=self.pods)

    def list_namespaced_service(self, namespace: str) -> Any:
        found = [one for key, one in self.services.items() if key.startswith(f"{namespace}/")]
        return SimpleNamespace(items=found[::-1])

    def read_namespaced_service(self, name: str, namespace: str) -> Any:
        if found := self.services.get(f"{namespace}/{name}"):
            return found
        raise ApiException(status=404)

    def read_namespaced_config_map(self, name: str, namespace: str) -> Any:
        assert (name, namespace) == ("kube-root-ca.crt", "shop")
        return SimpleNamespace(data={"ca.crt": "PEM"})

    def list_pod_for_all_namespaces(self, *, label_selector: str) -> Any:
        key, value = label_selector.split("=")
        return SimpleNamespace(items=[one for one in self.controllers if one.metadata.labels[key] == value])

    def list_namespaced_ingress(self, namespace: str) -> Any:
        assert namespace == "shop"
        return SimpleNamespace(items=self.ingresses)

    def list_ingress_class(self) -> Any:
        def of(name: str, controller: str) -> Any:
            labels = {"app.kubernetes.io/name": controller}
            return SimpleNamespace(metadata=SimpleNamespace(name=name, labels=labels, annotations=None))

        return SimpleNamespace(items=[of("other", "other"), of("traefik", "traefik")])

    def list_namespaced_endpoint_slice(self, namespace: str, *, label_selector: str) -> Any:
        service = label_selector.removeprefix("kubernetes.io/service-name=")
        assert f"{namespace}/{service}" in self.services
        addresses, port, pod_port = self.behind[service]
        endpoints = [SimpleNamespace(addresses=[address]) for address in addresses]
        ports = [SimpleNamespace(name="other", port=1), SimpleNamespace(name=f"port-{port}", port=pod_port)]
        return SimpleNamespace(items=[SimpleNamespace(endpoints=endpoints, ports=ports)])
