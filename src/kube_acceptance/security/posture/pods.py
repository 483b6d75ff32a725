"""What a pod and its containers may do on their node: the `restricted` Pod Security Standard."""

from __future__ import annotations

from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered
from kube_acceptance.security.posture.rule import rule

VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
CONFINED = ("RuntimeDefault", "Localhost")
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"  # the annotations from before the field


@rule("privileged")
def privileged(rendered: Rendered) -> Iterator[str]:
    """No container is privileged: it would be the node's root."""
    for each in rendered.containers:
        if each.context.get("privileged"):
            yield f"{each} is privileged; remove securityContext.privileged"


@rule("host-namespaces")
def host_namespaces(rendered: Rendered) -> Iterator[str]:
    """No pod shares the node's network, processes or IPC."""
    for workload in rendered.workloads:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if workload.spec.get(field):
                yield f"the pods of {workload} have {field}; remove it"


@rule("host-process")
def host_process(rendered: Rendered) -> Iterator[str]:
    """No container is a process of a Windows node itself."""
    for each in rendered.containers:
        if (each.effective("windowsOptions") or {}).get("hostProcess"):
            yield f"{each} is a hostProcess; remove windowsOptions.hostProcess"


@rule("volume-types")
def volume_types(rendered: Rendered) -> Iterator[str]:
    """Volumes are of the kinds that keep a pod apart from its node: no hostPath."""
    for where, volume in rendered.volumes:
        for kind in volume.keys() - {"name"} - VOLUMES:
            yield f"{where} is a {kind}; use one of {', '.join(sorted(VOLUMES))}"


@rule("host-port")
def host_port(rendered: Rendered) -> Iterator[str]:
    """No container takes a port of the node."""
    for each in rendered.containers:
        for port in each.spec.get("ports") or []:
            if port.get("hostPort"):
                yield f"{each} takes the node's port {port['hostPort']}; remove hostPort, and use a Service"


@rule("probe-host")
def probe_host(rendered: Rendered) -> Iterator[str]:
    """No probe and no lifecycle hook asks another host than the pod."""
    for each in rendered.containers:
        actions = each.probes | {f"lifecycle.{name}": hook for name, hook in (each.spec.get("lifecycle") or {}).items()}
        for name, action in actions.items():
            for way in ("httpGet", "tcpSocket"):
                if host := ((action or {}).get(way) or {}).get("host"):
                    yield f"{each} asks the host {host} in its {name}; remove {way}.host"


@rule("added-capabilities")
def added_capabilities(rendered: Rendered) -> Iterator[str]:
    """No container is given a capability."""
    for each in rendered.containers:
        if added := (each.context.get("capabilities") or {}).get("add"):
            yield f"{each} is given the capabilities {', '.join(added)}; remove securityContext.capabilities.add"


@rule("dropped-capabilities")
def dropped_capabilities(rendered: Rendered) -> Iterator[str]:
    """Every container drops all capabilities."""
    for each in rendered.containers:
        if "ALL" not in ((each.context.get("capabilities") or {}).get("drop") or []):
            yield f"{each} keeps the runtime's capabilities; set securityContext.capabilities.drop to [ALL]"


@rule("privilege-escalation")
def privilege_escalation(rendered: Rendered) -> Iterator[str]:
    """No container's processes can gain rights that it was not started with."""
    for each in rendered.containers:
        if each.context.get("allowPrivilegeEscalation") is not False:
            yield f"{each} may gain rights; set securityContext.allowPrivilegeEscalation to false"


@rule("non-root")
def non_root(rendered: Rendered) -> Iterator[str]:
    """The kubelet refuses to start a container as root."""
    for each in rendered.containers:
        if each.effective("runAsNonRoot") is not True:
            yield f"{each} may run as root; set securityContext.runAsNonRoot to true"


@rule("root-user")
def root_user(rendered: Rendered) -> Iterator[str]:
    """No pod and no container asks for the user 0."""
    for where, context in rendered.contexts:
        if context.get("runAsUser") == 0:
            yield f"the user of {where} is 0; set another in securityContext.runAsUser"


@rule("seccomp")
def seccomp(rendered: Rendered) -> Iterator[str]:
    """Every container's system calls are filtered."""
    for each in rendered.containers:
        kind = (each.effective("seccompProfile") or {}).get("type")
        if kind not in CONFINED:
            yield f"{each} has the seccomp profile {kind}; set securityContext.seccompProfile.type to RuntimeDefault"


@rule("apparmor")
def apparmor(rendered: Rendered) -> Iterator[str]:
    """No AppArmor profile is taken away."""
    for where, context in rendered.contexts:
        kind = (context.get("appArmorProfile") or {"type": CONFINED[0]}).get("type")
        if kind not in CONFINED:
            yield f"the AppArmor profile of {where} is {kind}; remove securityContext.appArmorProfile"
    for workload in rendered.workloads:
        for name, value in (workload.metadata.get("annotations") or {}).items():
            if name.startswith(APPARMOR) and not value.startswith(("runtime/default", "localhost/")):
                yield f"the AppArmor profile of the pods of {workload} is {value}; remove the annotation {name}"


@rule("selinux")
def selinux(rendered: Rendered) -> Iterator[str]:
    """No SELinux user or role is chosen, and no type but a container's."""
    for where, context in rendered.contexts:
        options = context.get("seLinuxOptions") or {}
        if options.get("user") or options.get("role") or options.get("type", "") not in SELINUX_TYPES:
            yield f"the SELinux context of {where} is chosen; remove securityContext.seLinuxOptions"


@rule("proc-mount")
def proc_mount(rendered: Rendered) -> Iterator[str]:
    """/proc is masked as the runtime does by default."""
    for each in rendered.containers:
        if each.context.get("procMount", "Default") != "Default":
            yield f"{each} has its /proc unmasked; remove securityContext.procMount"


@rule("sysctls")
def sysctls(rendered: Rendered) -> Iterator[str]:
    """No pod sets parameters of the kernel."""
    for workload in rendered.workloads:
        for each in (workload.spec.get("securityContext") or {}).get("sysctls") or []:
            yield f"the pods of {workload} set the kernel's {each['name']}; remove it from securityContext.sysctls"
