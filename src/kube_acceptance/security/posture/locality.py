"""What only a cloud can fulfil.

Clouds are known by words: in the names of their API groups, labels, annotations, classes, drivers and registries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kube_acceptance.security.posture.rendered import Rendered, called
from kube_acceptance.security.posture.rule import rule

WORDS = frozenset(
    {
        *("aws", "amazon", "amazonaws", "ec2", "ecr", "eks", "ebs", "efs", "fsx", "alb", "nlb", "elb", "elbv2"),
        *("azure", "azurecr", "azuredisk", "azurefile", "aks", "agic"),
        *("google", "googleapis", "gcp", "gcr", "gce", "gke"),
        *("alibabacloud", "aliyun", "digitalocean", "dobs", "hetzner", "hcloud", "ibm", "linode", "lke"),
        *("oraclecloud", "openstack", "cinder", "ovh", "scaleway", "tencentcloud", "vultr", "vsphere"),
        *("karpenter", "crossplane", "upbound"),
    }
)
CLASSES = re.compile(
    r"(gp[23]|io[12]|sc1|st1|managed(-.*)?|default-managed|(standard|premium|enterprise|zonal)-rw[ox]|pd-.*|do-block-.*|oci(-bv)?)"
)
"""Storage classes that clouds make and whose names hold none of the words."""
PLACES = ("node.kubernetes.io/instance-type", "topology.kubernetes.io/", "failure-domain.beta.kubernetes.io/")
"""Labels that only the cloud's controller gives to nodes."""
INLINE = ("awsElasticBlockStore", "azureDisk", "azureFile", "cinder", "gcePersistentDisk", "vsphereVolume")
EXTERNAL = ("externalIPs", "externalName", "loadBalancerIP", "loadBalancerClass", "loadBalancerSourceRanges")


def of_cloud(name: str) -> bool:
    """Whether a name has a cloud's word among its words."""
    return not WORDS.isdisjoint(re.split(r"[^a-z0-9]+", name.lower()))


@rule("cluster-ip")
def cluster_ip(rendered: Rendered) -> Iterator[str]:
    """Every Service is for the cluster alone: no load balancer, no port of the nodes, no name or address outside."""
    for item in rendered.of("Service"):
        kind = item["spec"].get("type") or "ClusterIP"
        if kind != "ClusterIP":
            yield f"{called(item)} is of type {kind}; make it a ClusterIP, and reach it through an Ingress"
        for field in EXTERNAL:
            if kind == "ClusterIP" and item["spec"].get(field):
                yield f"{called(item)} has {field}; remove it"


@rule("no-cloud-storage-class")
def no_cloud_storage_class(rendered: Rendered) -> Iterator[str]:
    """No claim is for a class of storage that a cloud makes."""
    for where, claim in _claims(rendered):
        name = claim.get("storageClassName") or ""
        if CLASSES.fullmatch(name) or of_cloud(name):
            yield f"{where} is for the storage class {name} of a cloud; leave it out, or name one of the cluster"


@rule("no-cloud-storage")
def no_cloud_storage(rendered: Rendered) -> Iterator[str]:
    """No volume and no class of storage is a cloud's."""
    for item in rendered.of("StorageClass"):
        if of_cloud(item["provisioner"]):
            yield f"{called(item)} has the provisioner {item['provisioner']} of a cloud; use the cluster's own class"
    volumes = [*rendered.volumes, *((called(item), item["spec"]) for item in rendered.of("PersistentVolume"))]
    for where, volume in volumes:
        driver = (volume.get("csi") or {}).get("driver") or ""
        if of_cloud(driver):
            yield f"{where} has the driver {driver} of a cloud; use a claim"
        for kind in INLINE:
            if kind in volume:
                yield f"{where} is an {kind} of a cloud; use a claim"


@rule("no-cloud-annotation")
def no_cloud_annotation(rendered: Rendered) -> Iterator[str]:
    """No annotation and no label speaks to a cloud."""
    owners = [(called(item), item["metadata"]) for item in rendered.objects]
    owners += [(f"the pods of {workload}", workload.metadata) for workload in rendered.workloads]
    for where, metadata in owners:
        for kind in ("annotations", "labels"):
            for name in metadata.get(kind) or {}:
                if of_cloud(name):
                    yield f"{where}: one of its {kind} is {name}, which only a cloud reads; remove it"


@rule("no-cloud-api")
def no_cloud_api(rendered: Rendered) -> Iterator[str]:
    """No object is of an API that only a cloud has."""
    for item in rendered.objects:
        if of_cloud(item["apiVersion"].rpartition("/")[0]):
            yield f"{called(item)} is of the API {item['apiVersion']} of a cloud; remove it"


@rule("no-cloud-node")
def no_cloud_node(rendered: Rendered) -> Iterator[str]:
    """No pod asks for a node that only a cloud has."""
    for workload in rendered.workloads:
        for name in sorted(
            {name for name in _asked_of_nodes(workload.spec) if of_cloud(name) or name.startswith(PLACES)}
        ):
            yield f"the pods of {workload} ask for nodes by {name}, which only a cloud gives them; remove it"


@rule("no-cloud-registry")
def no_cloud_registry(rendered: Rendered) -> Iterator[str]:
    """No image is in a registry of a cloud."""
    for each in rendered.containers:
        host, slash, _ = str(each.spec.get("image") or "").partition("/")
        if slash and "." in host and (of_cloud(host) or host.endswith(".pkg.dev")):
            yield f"{each} runs an image of {host}, a cloud's registry; take it from one that anybody can reach"


@rule("no-cloud-ingress")
def no_cloud_ingress(rendered: Rendered) -> Iterator[str]:
    """No Ingress is for a controller of a cloud."""
    for item in rendered.of("Ingress", "IngressClass"):
        annotations = item["metadata"].get("annotations") or {}
        names = (
            item["spec"].get("ingressClassName") or annotations.get("kubernetes.io/ingress.class") or "",
            item["spec"].get("controller") or "",
        )
        for name in filter(of_cloud, names):
            yield f"{called(item)} is for {name}, a cloud's controller; name the class of one that runs in the cluster"


def _claims(rendered: Rendered) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in rendered.of("PersistentVolumeClaim"):
        yield called(item), item["spec"]
    for item in rendered.objects:
        for claim in (item.get("spec") or {}).get("volumeClaimTemplates") or []:
            yield f"claim {claim['metadata']['name']} of {called(item)}", claim["spec"]
    for where, volume in rendered.volumes:
        if "ephemeral" in volume:
            yield where, volume["ephemeral"]["volumeClaimTemplate"]["spec"]


def _asked_of_nodes(pod: Mapping[str, Any]) -> Iterator[str]:
    yield from pod.get("nodeSelector") or {}
    yield from (each.get("key") or "" for each in pod.get("tolerations") or [])
    node = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = (node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or []
    preferred = [each["preference"] for each in node.get("preferredDuringSchedulingIgnoredDuringExecution") or []]
    for term in (*required, *preferred):
        yield from (each["key"] for each in term.get("matchExpressions") or [])
