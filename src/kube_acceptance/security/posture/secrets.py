"""Where secrets stand in what is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered, called
from kube_acceptance.security.posture.rule import rule

_NAME = re.compile(r"(password|passwd|passphrase|secret|token|credentials?|(api|access|private)[_-]?key)s?$", re.I)
_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@$]+@")  # https://user:password@host


@rule("no-plain-secret")
def no_plain_secret(rendered: Rendered) -> Iterator[str]:
    """No password stands in a variable or a ConfigMap, where everybody who sees the pod can read it."""
    for each in rendered.containers:
        for variable in each.environment:
            if _secret(variable["name"], str(variable.get("value") or "")):
                yield f"{each} has a secret in its variable {variable['name']}; put it into a Secret, and mount that"
    for item in rendered.of("ConfigMap"):
        for key, value in (item.get("data") or {}).items():
            if _secret(key, str(value)):
                yield f"{called(item)} has a secret in its key {key}; put it into a Secret"


@rule("secrets-are-files")
def secrets_are_files(rendered: Rendered) -> Iterator[str]:
    """Secrets are mounted: the environment is handed down to every child process, and printed in crash reports."""
    for each in rendered.containers:
        names = [one["name"] for one in each.environment if "secretKeyRef" in (one.get("valueFrom") or {})]
        names += [f"{one['secretRef']['name']}.*" for one in each.spec.get("envFrom") or [] if "secretRef" in one]
        for name in names:
            yield f"{each} has a Secret in its variable {name}; mount it as a file"


@rule("secret-mode")
def secret_mode(rendered: Rendered) -> Iterator[str]:
    """A Secret's files are read by their owner and group alone; the API's own mode is 0644."""
    for where, volume in rendered.volumes:
        projected = volume.get("projected") or {}
        found = [(volume["secret"], volume["secret"])] if "secret" in volume else []
        found += [(projected, each["secret"]) for each in projected.get("sources") or [] if "secret" in each]
        for files, secret in found:
            modes = [files.get("defaultMode", 0o644), *(item.get("mode", 0) for item in secret.get("items") or [])]
            for mode in modes:
                if mode & 0o007:
                    yield f"{where} shows a Secret to everybody, by its mode {mode:04o}; set defaultMode to 0440"


def _secret(name: str, value: str) -> bool:
    return bool(value and _NAME.search(name)) or bool(_IN_URL.search(value))
