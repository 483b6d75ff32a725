"""Volumes: which claim a tier uses, what it was given, that it is still the same, and the files on it."""

from __future__ import annotations

from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import objects, paths, volumes
from kube_acceptance.state.files import Files, differences, read, write
from kube_acceptance.vocabulary import assertion, given, must, some, when


@given(
    'the claim and volume of the "{component}"',
    target_fixture="claim",
    example='the claim and volume of the "database"',
)
def remembered_claim(release: Release, component: str) -> volumes.Claim:
    """Remembers the claim and the volume of a tier, by the claim's UID."""
    claim = volumes.claim_of(release, component)
    note(f"claim {claim.name} {claim.uid}, volume {claim.volume}")
    return claim


@assertion(
    'the claim and volume of the "{component}" are the same',
    example='the claim and volume of the "database" are the same',
)
def same_claim(release: Release, component: str, claim: volumes.Claim) -> None:
    """The claim and the volume are those that were remembered."""
    now = volumes.claim_of(release, component)
    if now != claim:
        raise AcceptanceError(f"the {component} now uses {now}, before {claim}")
    note(f"claim {now.name} {now.uid}, volume {now.volume}")


@assertion('the claim "{name}" is bound', example='the claim "${RELEASE}-backup" is bound')
def claim_is_bound(release: Release, name: str) -> None:
    """A claim of the release's namespace, mounted or not, has its volume."""
    note(f"claim {name}: volume {volumes.must_be_bound(release, name)}")


@assertion('the claim of the "{component}" is bound', example='the claim of the "database" is bound')
def tier_claim_is_bound(release: Release, component: str) -> None:
    """The claim that a tier's pod mounts has its volume."""
    name = volumes.claim_of(release, component).name
    note(f"claim {name}: volume {volumes.must_be_bound(release, name)}")


@assertion(
    'the claim of the "{component}" was given at least "{size}"',
    example='the claim of the "database" was given at least "1Gi"',
)
def claim_has_size(release: Release, component: str, size: str) -> None:
    """The volume behind a tier's claim has that capacity or more."""
    note(volumes.must_hold(release, volumes.claim_of(release, component).name, size))


@assertion(
    'the claim of the "{component}" has the storage class "{name}"',
    example='the claim of the "database" has the storage class "standard"',
)
def claim_has_class(release: Release, component: str, name: str) -> None:
    """A tier's claim is served by that storage class."""
    _claim_has(release, component, "spec.storageClassName", name)


@assertion(
    'the claim of the "{component}" has the access mode "{mode}"',
    example='the claim of the "database" has the access mode "ReadWriteOnce"',
)
def claim_has_mode(release: Release, component: str, mode: str) -> None:
    """A tier's claim has just that access mode."""
    _claim_has(release, component, "spec.accessModes", [mode])


@when(
    'the files of the claim "{name}" are copied off the cluster, as the user {user:d}',
    target_fixture="files",
    example='the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70',
)
def files_copied(release: Release, session: Session, name: str, user: int) -> Files:
    """Reads all files of a claim by a pod of the harness's own that runs as their user; there must be some."""
    found = read(release, session.images[PROBE].reference, name, user)
    for each in some(found.found, what=f"files on the claim {name}"):
        note(each)
    return found


@when('these files are copied into the claim "{name}"', example='these files are copied into the claim "archives"')
def files_copied_in(release: Release, session: Session, files: Files, name: str) -> None:
    """Writes the files that were copied off a claim into another one, for the same user alone."""
    contents = {path: each.content for path, each in files.found.items()}
    write(release, session.images[PROBE].reference, name, files.user, contents)


@assertion('the files of the claim "{name}" are the same as before')
def same_files(release: Release, session: Session, files: Files, name: str) -> None:
    """The claim holds just the files that were copied off it, with the same content, permissions and user."""
    now = read(release, session.images[PROBE].reference, name, files.user)
    must(differences(files, now), of="files")
    note(f"{len(now.found)} files")


@assertion(
    '"{path}" in the "{component}" pod lies on its claim',
    example='"/var/lib/postgresql/data" in the "database" pod lies on its claim',
)
def path_on_claim(release: Release, component: str, path: str) -> None:
    """The pod's own mount table says that a path is on the volume of its claim, and not in the container."""
    note(volumes.must_lie_on_claim(release, component, path))


@assertion(
    '"{path}" in the "{component}" pod does not lie on its claim',
    example='"/tmp" in the "database" pod does not lie on its claim',
)
def path_not_on_claim(release: Release, component: str, path: str) -> None:
    """The pod's own mount table says that a path is elsewhere; the control is that the claim is mounted."""
    try:
        volumes.must_lie_on_claim(release, component, path)
    except volumes.ElsewhereError as error:
        note(error.summary)
        return
    raise AcceptanceError(f"{path} in the {component} pod lies on its claim")


def _claim_has(release: Release, component: str, path: str, value: Any) -> None:
    claim = volumes.claim_of(release, component)
    item = objects.read(release, volumes.CLAIM, claim.name)
    paths.must_equal(item, path, value, what=f"claim {claim.name}")
