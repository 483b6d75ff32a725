"""What databases promise of what they have acknowledged, where nothing is said of it: their defaults are the safe ones.

PostgreSQL: https://www.postgresql.org/docs/current/runtime-config-wal.html. MySQL and MariaDB:
https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html. etcd: https://etcd.io/docs/latest/op-guide/configuration/.
Redis and Valkey: https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.images import split
from kube_acceptance.mutation.operators.place import Patch, Place, containers

_MYSQL: dict[str, tuple[str, ...]] = {
    "innodb_flush_log_at_trx_commit": ("--innodb-flush-log-at-trx-commit=0",),
    "innodb_doublewrite": ("--innodb-doublewrite=0",),
}
_REDIS: dict[str, tuple[str, ...]] = {"appendonly": ("--appendonly", "no"), "save": ("--save", "")}
UNSAFE: dict[str, dict[str, tuple[str, ...]]] = {
    "postgres": {
        "fsync": ("-c", "fsync=off"),
        "full_page_writes": ("-c", "full_page_writes=off"),
        "synchronous_commit": ("-c", "synchronous_commit=off"),
    },
    **{"mysqld": _MYSQL, "mariadbd": _MYSQL, "redis-server": _REDIS, "valkey-server": _REDIS},
    "etcd": {"fsync": ("--unsafe-no-fsync",)},
}
"""For each server, its promises, and the arguments that take them back."""
IMAGES = {
    "postgres": "postgres",
    "mysql": "mysqld",
    "mariadb": "mariadbd",
    "redis": "redis-server",
    "valkey": "valkey-server",
}
"""The server that an image starts when it is told nothing."""


def durability(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each promise of each database's taken back, unless the manifest itself says something of it."""
    for container in containers(objects):
        said = " ".join([*(container.value.get("command") or []), *(container.value.get("args") or [])])
        for server, promises in UNSAFE.items():
            for promise, arguments in promises.items():
                patch = _told(container, server, arguments)
                if patch and promise not in said:
                    yield container.derive(
                        "durability-off",
                        Concern.STORAGE,
                        part=promise,
                        takes_away=f"the {promise} of {server} in {container}",
                        unnoticed=f"{server} in {container} does not keep all that it acknowledges: "
                        f"it is told {' '.join(arguments).strip()}",
                        patch=patch,
                        signs=(promise, "acknowledged writes"),
                    )


def _told(container: Place, server: str, arguments: Sequence[str]) -> Patch:
    """What tells a server further arguments; nothing where it is not started by this container in a known way."""
    for field in ("args", "command"):
        words = container.value.get(field) or []
        if server in words:
            index = words.index(server) + 1
            added = enumerate(arguments, start=index)
            return [{"op": "add", "path": container.at(field, at), "value": each} for at, each in added]
        for index, word in enumerate(words):
            start = re.search(rf"(?<![\w./-]){server}(?=\s+-)", word)
            if start and all(arguments):
                text = f"{word[: start.end()]} {' '.join(arguments)}{word[start.end() :]}"
                return [{"op": "replace", "path": container.at(field, index), "value": text}]
    image = split(container.value["image"])[0].rpartition("/")[2]
    if IMAGES.get(image) == server and not (container.value.get("command") or container.value.get("args")):
        return [{"op": "add", "path": container.at("args"), "value": [server, *arguments]}]
    return []


OPERATORS = (durability,)
