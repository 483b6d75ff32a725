"""Pod security: which pods the API server refuses, and what is true inside the containers that run."""

from __future__ import annotations

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.security import admission, runtime, templates
from kube_acceptance.security.runtime import Inside
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import workloads
from kube_acceptance.vocabulary import assertion, must, rows, when


@assertion('the namespace enforces the "{standard}" Pod Security Standard')
def namespace_enforces(release: Release, standard: str) -> None:
    """The namespace of the release's pods has the label by which the API server refuses, and does not only warn."""
    found, version = admission.standard(release.cluster.core, release.namespace)
    if found != standard:
        raise AcceptanceError(f"namespace {release.namespace} enforces {found or 'no standard'}, not {standard}")
    note(f"{found}, in the version {version}")


@assertion("every workload of the release runs there")
def all_run_there(release: Release) -> None:
    """All of the release's objects are in its namespace, and the newest pods of every workload are there and ready."""
    where = {item["metadata"].get("namespace", release.namespace) for item in release.live_objects()}
    must((f"the release has objects in namespace {each}" for each in sorted(where - {release.namespace})), of="objects")
    note(f"{workloads.must_all_be_rolled_out(release)} workloads are rolled out in {release.namespace}")


@assertion("the pods that its workloads describe are admitted there, but with none of these changes")
def refused_when_changed(release: Release, unenforced_namespace: str, datatable: list[list[str]]) -> None:
    """Each change of a table `| change | refused because of |` takes one protection from the pod of each workload.

    The API server refuses the pod for the protection that is missing and for no other reason, while it admits the pod
    as it is, and the changed one in a namespace that enforces nothing. Nothing is created.
    """
    changes = {row["change"]: row["refused because of"] for row in rows(datatable)}
    found = templates.of_release(release)
    count = admission.must_refuse(release.cluster.core, release.namespace, unenforced_namespace, found, changes)
    note(f"{count} pods refused: {len(changes)} changes of the pods of {', '.join(found)}")


@assertion(
    'these changed pods can be created in another namespace, not while it enforces "{standard}", and then again',
    timed=False,
)
def refused_while_enforced(
    release: Release, unenforced_namespace: str, standard: str, datatable: list[list[str]]
) -> None:
    """The pods that the release's workloads describe, with each change of a table `| change |`, are really created.

    They never run. That they are refused is the standard's doing alone: nothing but the namespace's label differs.
    """
    found = templates.of_release(release)
    changes = [row["change"] for row in rows(datatable)]
    count = admission.must_be_the_standard(
        release.cluster.core, unenforced_namespace, found, changes, enforcing=standard
    )
    note(f"{count} pods created, refused and created again")


@when("every container of the release is looked into", target_fixture="looked_into")
def look_into(release: Release, session: Session) -> list[Inside]:
    """Reads what the kernel says of every container, and tries to write there; the harness's agent joins it for that.

    For Jobs, CronJobs and initialising containers stand-ins run: the same specification and image, with `sleep` in the
    place of the program. They are deleted afterwards.
    """
    found = runtime.inside(release, session.images[PROBE].reference, session.labels)
    for seen in found:
        note(f"{seen.where}: {len(seen.threads)} threads of the users {', '.join(sorted(runtime.users(seen)))}")
    return found


@assertion("no process in them belongs to root or root's group", timed=False)
def nobody_is_root(looked_into: list[Inside]) -> None:
    """Real, effective, saved and file system IDs of every thread, and its groups, are not 0."""
    must((problem for seen in looked_into for problem in runtime.rooted(seen)), of="threads")


@assertion("no process in them has a capability, or may gain one", timed=False)
def nobody_is_capable(looked_into: list[Inside]) -> None:
    """All five sets of capabilities of every thread are empty, the bounding set too."""
    must((problem for seen in looked_into for problem in runtime.capable(seen)), of="threads")


@assertion("no process in them may gain privileges", timed=False)
def nobody_gains(looked_into: list[Inside]) -> None:
    """The kernel's no_new_privs is set for every thread: a setuid program gives it nothing."""
    must((problem for seen in looked_into for problem in runtime.gaining(seen)), of="threads")


@assertion("every process in them has a seccomp filter", timed=False)
def everybody_is_filtered(looked_into: list[Inside]) -> None:
    """The kernel filters the system calls of every thread."""
    must((problem for seen in looked_into for problem in runtime.unfiltered(seen)), of="threads")


@assertion("their root file systems refuse to be written to", timed=False)
def roots_are_read_only(looked_into: list[Inside]) -> None:
    """Writing to the root file system is refused because it is read-only, where the folder's rights would allow it too.

    The control is that the same attempt succeeds where the container is meant to write.
    """
    must((problem for seen in looked_into for problem in runtime.writable(seen)), of="file systems")
    for seen in looked_into:
        note(f"{seen.where}: refused in {', '.join(seen.root)}; written to {', '.join(seen.control)}")
