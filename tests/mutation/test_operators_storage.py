"""What is derived from volumes, mounts and claims."""

from __future__ import annotations

from deployed import one
from stored import all_of, changed

from kube_acceptance.mutation.operators import storage

FOUND = all_of(*storage.OPERATORS)


def test_a_claim_becomes_a_volume_that_goes_with_the_pod() -> None:
    mutant = one(FOUND, "claim-to-scratch.deployment-hall.volume-stock")
    assert mutant.unnoticed == "what is written to volume stock of the pods of Deployment hall goes with the pod"
    volumes = changed(mutant)["spec"]["template"]["spec"]["volumes"]
    assert volumes[0] == {"name": "stock", "emptyDir": {}}
    assert [volume["name"] for volume in volumes] == ["stock", "tmp", "shared"]


def test_a_template_of_claims_goes_with_what_is_said_of_its_claims() -> None:
    spec = changed(one(FOUND, "claim-to-scratch.statefulset-shelves.volumeclaimtemplate-data"))["spec"]
    assert "volumeClaimTemplates" not in spec
    assert "persistentVolumeClaimRetentionPolicy" not in spec
    assert {"name": "data", "emptyDir": {}} in spec["template"]["spec"]["volumes"]


def test_a_claim_that_nobody_mounts_is_there_to_be_bound() -> None:
    pod = {"containers": [{"name": "web"}], "volumes": [{"name": "old", "persistentVolumeClaim": {"claimName": "old"}}]}
    (mutant,) = storage.volumes([{"kind": "Pod", "metadata": {"name": "web"}, "spec": pod}])
    assert mutant.unnoticed == (
        "the pods of Pod web do not bind PersistentVolumeClaim old, though volume old of the pods of Pod web "
        "has nothing else to do"
    )


def test_a_volume_is_mounted_beside_what_is_written() -> None:
    mutant = one(FOUND, "mount-moved.deployment-hall.container-door-mount-of-stock-at-stock")
    spec = changed(mutant)["spec"]["template"]["spec"]
    assert spec["containers"][0]["volumeMounts"][:2] == [
        {"name": "kube-acceptance-scratch", "mountPath": "/stock"},
        {"name": "stock", "mountPath": "/kube-acceptance-elsewhere", "subPath": "hall"},
    ]
    assert spec["volumes"][0] == {"name": "kube-acceptance-scratch", "emptyDir": {}}


def test_scratch_space_is_missed_only_where_the_root_is_read_only() -> None:
    assert [each.id for each in FOUND if each.operator == "scratch-unmounted"] == [
        "scratch-unmounted.deployment-hall.container-door-mount-of-tmp-at-tmp"
    ]


def test_what_is_read_only_anyway_is_no_mutant() -> None:
    assert [each.id for each in FOUND if each.operator == "mount-writable"] == [
        "mount-writable.deployment-hall.container-door-mount-of-shared-at-shared"
    ]


def test_data_are_not_kept() -> None:
    kept = one(FOUND, "not-kept.persistentvolumeclaim-stock")
    assert kept.unnoticed == "PersistentVolumeClaim stock goes when the release is uninstalled"
    assert changed(kept)["metadata"]["annotations"] == {}
    scaled = one(FOUND, "claims-deleted.statefulset-shelves.whenscaled")
    assert scaled.unnoticed == "the PersistentVolumeClaims of StatefulSet shelves go when it has fewer pods"
    policy = changed(scaled)["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert policy == {"whenDeleted": "Retain", "whenScaled": "Delete"}


def test_a_claim_has_the_access_mode_that_every_class_has() -> None:
    mutant = one(FOUND, "claim-mode-other.persistentvolumeclaim-stock")
    assert mutant.unnoticed == "PersistentVolumeClaim stock has the access mode ReadWriteOnce, not ReadWriteMany"
