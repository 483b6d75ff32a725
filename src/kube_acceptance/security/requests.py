"""The request by which a right is tried, such that nothing is ever changed, and what its answer means.

Whoever may not is refused before the API server looks at names and bodies; whoever may gets to a dry run, or is told
that the object does not exist.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.security.resources import Resource
from kube_acceptance.security.rights import NOBODY, RBAC, Right

DRY_RUN = "dryRun=All"
# https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
_EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
_ESCALATION = "attempting to grant RBAC permissions not currently held"
WHOAMI = {
    "method": "POST",
    "path": "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "headers": {},
    "body": {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
}
"""Asks who the caller is: everybody who is authenticated may."""


class Said(StrEnum):
    """What an answer means."""

    ALLOWED = "allowed"
    DENIED = "denied"
    BROKEN = "broken"


@dataclass(frozen=True)
class Call:
    """What became of a call: its meaning, and in words why."""

    said: Said
    why: str


def request(right: Right, resource: Resource | None, *, namespace: str) -> dict[str, Any]:
    """The request that tries a right.

    Args:
        right: With its true scope.
        resource: What it is about; None for a path.
        namespace: The caller's.

    Raises:
        ConfigurationError: No request has this verb.
    """
    if right.path or resource is None:
        return _request(METHODS.get(right.verb, ""), right.path, right)
    if right.verb == "impersonate":
        # everybody may ask for the version; as somebody else only who may impersonate
        account = f"system:serviceaccount:{right.namespace or namespace}:default"
        user = account if right.resource == "serviceaccounts" else NOBODY
        group = {"Impersonate-Group": NOBODY} if right.resource == "groups" else {}
        return {**_request("GET", "/version", right), "headers": {"Impersonate-User": user, **group}}
    if right.verb in ("escalate", "bind"):
        return _grant(right, namespace)
    within = resource.namespaced and right.namespace
    scope = f"{resource.prefix}/namespaces/{right.namespace}" if within else resource.prefix
    collection = f"{scope}/{right.resource}"
    one = f"{collection}/{right.name or NOBODY}" + (f"/{right.subresource}" if right.subresource else "")
    body: dict[str, Any] = {
        "apiVersion": resource.prefix.removeprefix("/apis/").removeprefix("/api/"),
        "kind": resource.kind,
        "metadata": {"name": right.name or NOBODY},
    }
    match right.verb:
        case "get":
            path = one
        case "list":
            path = f"{collection}?limit=1"
        case "watch":
            path = f"{collection}?watch=1&timeoutSeconds=1"
        case "create":
            path = f"{one if right.subresource else collection}?{DRY_RUN}"
        case "deletecollection":
            path = f"{collection}?{DRY_RUN}&fieldSelector=metadata.name%3D{NOBODY}"
        case _:
            path = f"{one}?{DRY_RUN}"
    return _request(METHODS.get(right.verb, ""), path, right, body if right.verb in ("create", "update") else None)


def _grant(right: Right, namespace: str) -> dict[str, Any]:
    """A role that gives more than its maker has (escalate), or a binding of such a role (bind)."""
    within = f"/apis/{RBAC}/v1/namespaces/{right.namespace or namespace}"
    kind = "ClusterRole" if right.resource == "clusterroles" else "Role"
    body: dict[str, Any] = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": NOBODY}}
    if right.verb == "bind":
        name = "cluster-admin" if kind == "ClusterRole" else NOBODY
        body |= {"kind": "RoleBinding", "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name}}
        return _request("POST", f"{within}/rolebindings?{DRY_RUN}", right, body)
    body |= {"kind": kind, "rules": _EVERYTHING}
    path = f"{within}/roles" if kind == "Role" else f"/apis/{RBAC}/v1/clusterroles"
    return _request("POST", f"{path}?{DRY_RUN}", right, body)


def _request(method: str, path: str, right: Right, body: dict[str, Any] | None = None) -> dict[str, Any]:
    if not method:
        raise ConfigurationError(f"no call has the verb {right.verb}, so {right} cannot be tried")
    if method == "PATCH":
        return {"method": method, "path": path, "body": {}, "headers": {"Content-Type": "application/merge-patch+json"}}
    return {"method": method, "path": path, "body": body, "headers": {}}


def identity(reply: dict[str, Any], user: str) -> str:
    """What is wrong with the answer to "who am I"; empty when it names the user."""
    if why := reply.get("failed"):
        return str(why)
    status = _status(reply)
    if reply["status"] not in (200, 201):
        return f"{reply['status']} {status.get('message', '')}".strip()
    named = status.get("status", {}).get("userInfo", {}).get("username")
    return "" if named == user else f"it is {named}"


def judge(reply: dict[str, Any], right: Right, user: str) -> Call:
    """What the answer to a right's request means.

    Denied is a 403 by which the authorizer says that this very user cannot do this very thing. Allowed is a success, or
    what only comes after the authorizer: an object of that name does not exist, or the object is invalid. All else is
    broken.
    """
    if why := reply.get("failed"):
        return Call(Said.BROKEN, str(why))
    code, status = int(reply["status"]), _status(reply)
    message = str(status.get("message", ""))
    grants = right.verb in ("escalate", "bind")
    if 200 <= code < 300:
        return Call(Said.ALLOWED, str(code))
    if code == 403:
        if _denied(message, right, user):
            return Call(Said.DENIED, "403")
        return Call(Said.BROKEN, f"403 for another reason: {message[:300]}")
    asked = right.name or NOBODY
    if code == 404 and status.get("details", {}).get("name") == asked and not grants:
        return Call(Said.ALLOWED, f"404, there is no object {asked}, which only who may is told")
    if code in (400, 409, 422) and status.get("reason") in ("BadRequest", "AlreadyExists", "Conflict", "Invalid"):
        return Call(Said.ALLOWED, f"{code}, the object was looked at, which only happens to who may")
    return Call(Said.BROKEN, f"{code} {message[:300]}".strip())


def _denied(message: str, right: Right, user: str) -> bool:
    if right.verb == "impersonate":  # the first header that may not be used is named
        return f'User "{user}" cannot impersonate' in message
    if right.verb in ("escalate", "bind"):  # whoever cannot make a role or a binding at all cannot make such a one
        return f'User "{user}" cannot create' in message or (user in message and _ESCALATION in message)
    return right.denial(user) in message


def _status(reply: dict[str, Any]) -> dict[str, Any]:
    try:
        read = json.loads(reply.get("body") or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
