"""What is derived from settings, scripts and databases, and which other values there are."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from deployed import one
from stored import all_of, changed, ids

from kube_acceptance.mutation.operators import durability, scripts, settings
from kube_acceptance.mutation.operators.values import others

SETTINGS = all_of(*settings.OPERATORS)
SCRIPTS = all_of(*scripts.OPERATORS)
DURABILITY = all_of(*durability.OPERATORS)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("fsync", "on", {"opposite": "off"}),
        ("Verify", "True", {"opposite": "False"}),
        ("LOG_LEVEL", "INFO", {"opposite": "DEBUG"}),
        ("format", "json", {"opposite": "text"}),
        ("synchronous_commit", "remote_apply", {"opposite": "off"}),
        ("timeout", "5s", {"zero": "0s", "hundredfold": "500s"}),
        ("timeout", "2.5", {"zero": "0", "hundredfold": "250"}),
        ("size", "64MB", {"zero": "0MB", "hundredfold": "6400MB"}),
        ("enabled", "1", {"zero": "0"}),
        ("limit", "0", {"not-zero": "1"}),
        ("RETRY_PERCENT", "20", {"zero": "0", "all": "100"}),
        ("share", "20%", {"zero": "0%", "all": "100%"}),
        ("PGPORT", "5432", {"port-other": "5433"}),
        ("httpPort", "8080", {"port-other": "8081"}),
        ("support", "8", {"zero": "0", "hundredfold": "800"}),
        ("PGHOST", "shelves", {"host-nowhere": "kube-acceptance.invalid"}),
        ("listen", "0.0.0.0", {"inside-only": "127.0.0.1"}),
        (
            "url",
            "https://me@shelves:1/x",
            {"host-nowhere": "https://me@kube-acceptance.invalid:1/x", "unencrypted": "http://me@shelves:1/x"},
        ),
        ("url", "postgres://shelves/x", {"host-nowhere": "postgres://kube-acceptance.invalid/x"}),
        ("folder", "/var/lib", {}),
        ("greeting", "good morning", {}),
        ("name", "shelves", {}),
    ],
)
def test_a_value_has_others(name: str, value: str, expected: dict[str, str]) -> None:
    assert dict(others(name, value)) == expected


def test_an_entry_is_another_or_none() -> None:
    assert [each for each in ids(SETTINGS, "setting-") if each.endswith("timeout-seconds")] == [
        "zero.configmap-hall.timeout-seconds",
        "hundredfold.configmap-hall.timeout-seconds",
        "removed.configmap-hall.timeout-seconds",
    ]
    mutant = one(SETTINGS, "setting-hundredfold.configmap-hall.timeout-seconds")
    assert mutant.takes_away == "the value 5 of TIMEOUT_SECONDS of ConfigMap hall; it is 500"
    assert mutant.unnoticed == "TIMEOUT_SECONDS of ConfigMap hall is 500, not 5"
    assert mutant.signs == ("hall", "container door", "TIMEOUT_SECONDS")
    assert changed(mutant)["data"]["TIMEOUT_SECONDS"] == "500"


def test_a_file_of_settings_is_read_line_by_line() -> None:
    mutant = one(SETTINGS, "option-hundredfold.configmap-shelves.postgresql-conf-checkpoint-timeout")
    assert mutant.unnoticed == "checkpoint_timeout in postgresql.conf of ConfigMap shelves is 500min, not 5min"
    assert changed(mutant)["data"]["postgresql.conf"] == (
        "# how it is kept\nfsync = on\ncheckpoint_timeout = 500min  # longer is slower\nlisten_addresses = '0.0.0.0'\n"
    )
    quoted = one(SETTINGS, "option-inside-only.configmap-shelves.postgresql-conf-listen-addresses")
    assert changed(quoted)["data"]["postgresql.conf"].endswith("listen_addresses = '127.0.0.1'\n")


def container(found: Any) -> Any:
    return changed(found)["spec"]["template"]["spec"]["containers"][0]


def test_arguments_are_others() -> None:
    assert [each for each in ids(SETTINGS) if "container-door-arguments" in each or "log-format" in each] == [
        "option-zero.deployment-hall.container-door-arguments-retries",
        "option-hundredfold.deployment-hall.container-door-arguments-retries",
        "option-opposite.deployment-hall.container-door-arguments-cache",
        "option-opposite.deployment-hall.container-door-log-format",
    ]
    text = container(one(SETTINGS, "option-opposite.deployment-hall.container-door-log-format"))
    assert text["args"] == ["serve", "--log-format", "text", "--retries=3", "cache=on"]
    options = container(one(SETTINGS, "option-hundredfold.deployment-hall.container-door-java-opts-timeout"))
    assert options["env"][1] == {"name": "JAVA_OPTS", "value": "-Dtimeout=500s -Xmx1g"}


def test_assignments_of_scripts_are_left_alone() -> None:
    data = {"run.sh": "#!/bin/sh\nstatus=0\nexec serve --status=0\n"}
    (mutant,) = settings.options([{"kind": "ConfigMap", "metadata": {"name": "run"}, "data": data}])
    assert mutant.manifests[0].patch[0]["value"] == "#!/bin/sh\nstatus=0\nexec serve --status=1\n"


def test_of_two_options_with_one_name_the_second_has_a_number() -> None:
    data = {"run.sh": "#!/bin/sh\na -c fsync=on\nb -c fsync=on\n"}
    found = list(settings.options([{"kind": "ConfigMap", "metadata": {"name": "run"}, "data": data}]))
    assert [each.part for each in found] == ["run.sh, fsync", "run.sh, fsync 2"]
    assert found[1].manifests[0].patch[0]["value"] == "#!/bin/sh\na -c fsync=on\nb -c fsync=off\n"


def test_a_script_does_without_its_care() -> None:
    assert ids(SCRIPTS, "script-") == [
        "line-removed.configmap-shelves.backup-sh-set-eu",
        "line-removed.configmap-shelves.backup-sh-umask-077",
        "guard-removed.configmap-shelves.backup-sh-s-1-fail-it-is-empty",
        "line-removed.configmap-shelves.backup-sh-rm-f-2",
        "status-hidden.configmap-shelves.backup-sh-exit",
        "line-removed.statefulset-shelves.container-postgresql-arguments-trap-exit-0-term",
    ]
    line = one(SCRIPTS, "script-line-removed.configmap-shelves.backup-sh-rm-f-2")
    assert line.takes_away == 'what it removes: `rm -f "$2"`, in backup.sh of ConfigMap shelves'
    assert "\nif true; then\n  :\nfi\n" in changed(line)["data"]["backup.sh"]
    guard = one(SCRIPTS, "script-guard-removed.configmap-shelves.backup-sh-s-1-fail-it-is-empty")
    assert '\n[ -s "$1" ] || true\n' in changed(guard)["data"]["backup.sh"]


@pytest.mark.parametrize("mutant", SCRIPTS, ids=lambda mutant: mutant.id)
def test_a_script_can_still_be_read(mutant: Any) -> None:
    shell = shutil.which("sh")
    assert shell
    for change in mutant.manifests[0].patch:
        assert subprocess.run([shell, "-n"], input=change["value"], text=True).returncode == 0


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("set -e\n# trap x\n", ["set -e"]),
        ("awk '\nset { print }\n'\nsync\n", ["sync"]),
        ("a \\\n  rm -f x\nsync\n", ["sync"]),
        ("cat <<-'END'\nset -e\nEND\nsync\n", ["sync"]),
        ("echo it\\'s\nsync # don't\nsync\n", ["echo it\\'s", "sync # don't", "sync"]),
        ('echo "a\\"b"\n', ['echo "a\\"b"']),
        ("${#list}\nsync\n", ["${#list}", "sync"]),
    ],
)
def test_only_lines_that_stand_alone_are_commands(script: str, expected: list[str]) -> None:
    found = list(scripts.commands(script))
    assert [line.text for line in found] == expected
    assert all(script[line.start :].startswith(line.text) for line in found)


def test_a_database_is_told_to_keep_less() -> None:
    assert ids(DURABILITY, "durability-off.statefulset-shelves.container-postgresql-") == [
        "fsync",
        "full-page-writes",
        "synchronous-commit",
    ]
    mutant = one(DURABILITY, "durability-off.statefulset-shelves.container-postgresql-fsync")
    assert container(mutant)["args"][0] == (
        "trap 'exit 0' TERM\nexec postgres -c fsync=off -c log_destination=jsonlog\n"
    )


@pytest.mark.parametrize(
    ("spec", "field", "becomes"),
    [
        ({"image": "redis:8"}, "args", ["redis-server", "--appendonly", "no"]),
        ({"image": "own", "args": ["redis-server", "--port", "1"]}, "args", ["redis-server", "--appendonly", "no"]),
        ({"image": "own", "command": ["etcd"]}, "command", ["etcd", "--unsafe-no-fsync"]),
        ({"image": "docker.io/library/postgres:17-alpine"}, "args", ["postgres", "-c", "fsync=off"]),
    ],
)
def test_a_server_is_known_by_its_command_or_image(spec: Any, field: str, becomes: list[str]) -> None:
    given = {"kind": "Pod", "metadata": {"name": "db"}, "spec": {"containers": [{"name": "db", **spec}]}}
    mutant = next(iter(durability.durability([given])))
    (after,) = mutant.change([given])
    assert after["spec"]["containers"][0][field][: len(becomes)] == becomes


def test_what_the_manifest_says_itself_is_left_to_others() -> None:
    spec = {"containers": [{"name": "db", "image": "x", "args": ["postgres", "-c", "fsync=on"]}]}
    found = durability.durability([{"kind": "Pod", "metadata": {"name": "db"}, "spec": spec}])
    assert [each.part for each in found] == ["container db, full_page_writes", "container db, synchronous_commit"]
