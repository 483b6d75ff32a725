"""What is derived from Secrets and the pods that use them."""

from __future__ import annotations

from typing import Any

from deployed import changed, one, shop

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import secrets


def all_of() -> list[Derived]:
    return [each for operator in secrets.OPERATORS for each in operator(shop())]


def pod_of(mutant: Derived) -> dict[str, Any]:
    spec: dict[str, Any] = changed(mutant)["spec"]["template"]["spec"]
    return spec


def test_a_value_that_is_mounted_stands_in_the_environment_besides() -> None:
    mutant = one(all_of(), "secret-in-environment.deployment-shop.container-web-key-door")
    reference = {"secretKeyRef": {"name": "key", "key": "door"}}
    assert pod_of(mutant)["containers"][0]["env"] == [{"name": "KEY_DOOR", "valueFrom": reference}]
    assert mutant.unnoticed == "the environment of container web of Deployment shop holds door of Secret key"
    assert mutant.signs == ("shop", "container web", "KEY_DOOR", "value of door")


def test_the_secret_that_the_values_name_is_meant() -> None:
    mutant = one(all_of(), "secret-in-environment.deployment-shop.container-web-key-door")
    item = shop()[8]
    item["spec"]["template"]["spec"]["volumes"][0]["secret"]["secretName"] = "of-my-own"
    (found,) = mutant.change([item])
    (variable,) = found["spec"]["template"]["spec"]["containers"][0]["env"]
    assert variable["valueFrom"]["secretKeyRef"]["name"] == "of-my-own"


def test_a_variable_stands_before_those_that_there_are() -> None:
    item = shop()[8]
    there = {"name": "CITY", "value": "Berlin"}
    item["spec"]["template"]["spec"]["containers"][0]["env"] = [there]
    mutant = one(secrets.environment([item]), "secret-in-environment.deployment-shop.container-web-key-door")
    (found,) = mutant.change([item])
    variables = found["spec"]["template"]["spec"]["containers"][0]["env"]
    assert [each["name"] for each in variables] == ["KEY_DOOR", "CITY"]
    assert variables[0]["valueFrom"]["secretKeyRef"]["name"] == "key"


def test_what_is_written_down_plainly_is_made_up() -> None:
    mutant = one(all_of(), "secret-inlined.deployment-shop.container-web-key-door")
    assert pod_of(mutant)["containers"][0]["env"] == [{"name": "KEY_DOOR", "value": "kube-acceptance-made-up"}]
    assert "b3BlbnM=" not in "".join(each.model_dump_json() for each in all_of())


def test_without_a_choice_every_key_is_mounted() -> None:
    mutant = one(all_of(), "secret-wholly-mounted.deployment-shop.volume-key")
    assert pod_of(mutant)["volumes"][0] == {"name": "key", "secret": {"secretName": "key", "defaultMode": 0o440}}
    assert mutant.unnoticed == (
        "volume key of the pods of Deployment shop holds every key of Secret key, not door alone"
    )


def test_a_file_of_another_name_would_be_missed_so_the_choice_stays() -> None:
    item = shop()[8]
    item["spec"]["template"]["spec"]["volumes"][0]["secret"]["items"] = [{"key": "door", "path": "front"}]
    assert "secret-wholly-mounted" not in {each.operator for each in secrets.spread([item])}


def test_the_other_containers_of_the_pod_mount_it_too() -> None:
    mutant = one(all_of(), "secret-in-other-container.deployment-shop.container-clock-key")
    mounts = [{"name": "key", "mountPath": "/key", "readOnly": True}]
    assert pod_of(mutant)["containers"][1]["volumeMounts"] == mounts
    found = [each.part for each in all_of() if each.operator == "secret-in-other-container"]
    assert found == ["container opens, key", "container clock, key"]


def test_workloads_that_do_not_use_it_mount_it_if_it_is_there() -> None:
    mutant = one(all_of(), "secret-in-other-workload.cronjob-till.container-counts-key")
    pod = changed(mutant)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "kube-acceptance-secret", "secret": {"secretName": "key", "optional": True}}]
    assert pod["containers"][0]["volumeMounts"][0]["mountPath"] == "/run/kube-acceptance/key"
    found = {each.object for each in all_of() if each.operator == "secret-in-other-workload"}
    assert found == {"CronJob till", "Pod guard"}


def test_its_files_can_be_read_by_all() -> None:
    mutant = one(all_of(), "secret-readable-by-all.deployment-shop.volume-key")
    assert pod_of(mutant)["volumes"][0]["secret"]["defaultMode"] == 0o444
    assert mutant.unnoticed == (
        "every user may read the files of volume key of the pods of Deployment shop, whose mode is not 440"
    )


def test_files_that_all_may_read_are_left_alone() -> None:
    item = shop()[8]
    del item["spec"]["template"]["spec"]["volumes"][0]["secret"]["defaultMode"]
    assert "secret-readable-by-all" not in {each.operator for each in secrets.protection([item])}


def test_a_config_map_has_its_keys() -> None:
    mutant = one(all_of(), "secret-in-config-map.secret-key")
    assert mutant.add[0]["data"] == dict.fromkeys(("door", "safe"), "kube-acceptance-made-up")
    assert mutant.unnoticed == "ConfigMap key-plain holds what Secret key is there for: door, safe"


def test_it_can_be_changed() -> None:
    assert "immutable" not in changed(one(all_of(), "secret-mutable.secret-key"))
