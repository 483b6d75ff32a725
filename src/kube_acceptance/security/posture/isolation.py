"""What sets a container apart from its image, its pod and its neighbours, beyond the Pod Security Standard."""

from __future__ import annotations

from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered
from kube_acceptance.security.posture.rule import rule


@rule("read-only-root")
def read_only_root(rendered: Rendered) -> Iterator[str]:
    """No container can change its own programs."""
    for each in rendered.containers:
        if each.context.get("readOnlyRootFilesystem") is not True:
            yield f"{each} can write to its image; set securityContext.readOnlyRootFilesystem to true"


@rule("root-group")
def root_group(rendered: Rendered) -> Iterator[str]:
    """No process is of the group 0, to which images often give more than to others."""
    for where, context in rendered.contexts:
        fields = {name: context.get(name) for name in ("runAsGroup", "fsGroup")}
        fields["supplementalGroups"] = 0 if 0 in (context.get("supplementalGroups") or []) else None
        for name, group in fields.items():
            if group == 0:
                yield f"the group of {where} is 0; set another in securityContext.{name}"


@rule("process-namespace")
def process_namespace(rendered: Rendered) -> Iterator[str]:
    """No container sees the processes, and through /proc the files, of another one."""
    for workload in rendered.workloads:
        if workload.spec.get("shareProcessNamespace"):
            yield f"the containers of the pods of {workload} see each other's processes; remove shareProcessNamespace"


@rule("service-links")
def service_links(rendered: Rendered) -> Iterator[str]:
    """No container is told of every Service of its namespace in variables, which may override its own settings."""
    for workload in rendered.workloads:
        if workload.spec.get("enableServiceLinks") is not False:
            yield f"the pods of {workload} have a variable for each Service; set enableServiceLinks to false"


@rule("time-to-end")
def time_to_end(rendered: Rendered) -> Iterator[str]:
    """Every pod has time to end what it does."""
    for workload in rendered.workloads:
        if workload.spec.get("terminationGracePeriodSeconds", 30) < 1:
            yield f"the pods of {workload} are killed at once; raise terminationGracePeriodSeconds"
