from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.security.requests import WHOAMI, Said, identity, judge, request
from kube_acceptance.security.resources import Resource, Resources
from kube_acceptance.security.rights import NOBODY, RBAC, Right, dangerous, parse, wildcards

USER = "system:serviceaccount:shop:till"


def discovered() -> Resources:
    """What an API server with a few resources says of itself, in the form of aggregated discovery."""

    def one(plural: str, kind: str, verbs: str, scope: str = "Namespaced", **subs: str) -> dict[str, Any]:
        return {
            "resource": plural,
            "responseKind": {"kind": kind},
            "scope": scope,
            "verbs": verbs.split(),
            "subresources": [{"subresource": name, "verbs": its.split()} for name, its in subs.items()],
        }

    everything = "create delete deletecollection get list patch update watch"
    core = [
        one("secrets", "Secret", everything),
        one("pods", "Pod", everything, exec="create get"),
        one("nodes", "Node", everything, "Cluster"),
        one("namespaces", "Namespace", "create delete get list patch update watch", "Cluster"),
        one("serviceaccounts", "ServiceAccount", everything, token="create"),
    ]
    roles = [one("roles", "Role", everything), one("clusterroles", "ClusterRole", everything, "Cluster")]
    apps = {
        "metadata": {"name": "apps"},
        "versions": [
            {"version": "v1", "resources": [one("deployments", "Deployment", everything)]},
            {"version": "v1beta1", "resources": [one("deployments", "Deployment", everything)]},
        ],
    }
    answers = {
        "/api": [{"versions": [{"version": "v1", "resources": core}]}],
        "/apis": [apps, {"metadata": {"name": RBAC}, "versions": [{"version": "v1", "resources": roles}]}],
    }
    api = SimpleNamespace(
        param_serialize=lambda method, path, **_: (method, path),
        call_api=lambda _, path: SimpleNamespace(read=lambda: json.dumps({"items": answers[path]})),
    )
    return Resources.of(api)


def tried(verb: str, resource: str) -> dict[str, Any]:
    (right,) = parse(verb, resource, namespace="shop")
    resolved, found = (right, None) if right.path else discovered().resolve(right)
    return request(resolved, found, namespace="shop")


def reply(code: int, message: str = "", **status: Any) -> dict[str, Any]:
    return {"status": code, "body": json.dumps({"message": message, **status})}


def test_cells_hold_several_verbs_and_resources() -> None:
    found = list(parse("get, list", "secrets, deployments.apps, pods/exec", namespace="shop"))
    assert [str(right) for right in found] == [
        "get secrets in shop",
        "list secrets in shop",
        "get deployments.apps in shop",
        "list deployments.apps in shop",
        "get pods/exec in shop",
        "list pods/exec in shop",
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("secrets named a-b in kube-system", Right("get", "secrets", name="a-b", namespace="kube-system")),
        ("secrets in every namespace", Right("get", "secrets")),
        ("/version", Right("get", path="/version")),
        (f"roles.{RBAC}", Right("get", "roles", RBAC, namespace="shop")),
    ],
)
def test_a_resource_is_told_with_its_name_and_place(cell: str, expected: Right) -> None:
    assert list(parse("get", cell, namespace="shop")) == [expected]


@pytest.mark.parametrize(("verb", "cell"), [("get", "Secrets"), ("get", ""), ("", "secrets"), ("get", "secrets/a/b")])
def test_what_is_no_right_is_refused(verb: str, cell: str) -> None:
    with pytest.raises(ConfigurationError, match="is no right\n"):
        list(parse(verb, cell, namespace="shop"))


@pytest.mark.parametrize(
    ("verb", "resource", "method", "path"),
    [
        ("get", "secrets", "GET", f"/api/v1/namespaces/shop/secrets/{NOBODY}"),
        ("get", "secrets named a", "GET", "/api/v1/namespaces/shop/secrets/a"),
        ("list", "secrets in every namespace", "GET", "/api/v1/secrets?limit=1"),
        ("watch", "deployments.apps", "GET", "/apis/apps/v1/namespaces/shop/deployments?watch=1&timeoutSeconds=1"),
        ("create", "pods", "POST", "/api/v1/namespaces/shop/pods?dryRun=All"),
        ("create", "pods/exec", "POST", f"/api/v1/namespaces/shop/pods/{NOBODY}/exec?dryRun=All"),
        ("patch", "secrets", "PATCH", f"/api/v1/namespaces/shop/secrets/{NOBODY}?dryRun=All"),
        ("update", "secrets", "PUT", f"/api/v1/namespaces/shop/secrets/{NOBODY}?dryRun=All"),
        ("delete", "nodes", "DELETE", f"/api/v1/nodes/{NOBODY}?dryRun=All"),
        ("delete", "namespaces named shop", "DELETE", "/api/v1/namespaces/shop?dryRun=All"),
        (
            "deletecollection",
            "pods",
            "DELETE",
            f"/api/v1/namespaces/shop/pods?dryRun=All&fieldSelector=metadata.name%3D{NOBODY}",
        ),
        ("escalate", f"clusterroles.{RBAC}", "POST", f"/apis/{RBAC}/v1/clusterroles?dryRun=All"),
        ("bind", f"clusterroles.{RBAC}", "POST", f"/apis/{RBAC}/v1/namespaces/shop/rolebindings?dryRun=All"),
        ("impersonate", "users", "GET", "/version"),
        ("get", "/metrics", "GET", "/metrics"),
    ],
)
def test_a_right_is_tried_by_a_request_that_changes_nothing(verb: str, resource: str, method: str, path: str) -> None:
    found = tried(verb, resource)
    assert (found["method"], found["path"]) == (method, path)


def test_every_dangerous_right_that_changes_something_is_a_dry_run_or_about_nothing() -> None:
    for verb in ("create", "update", "patch", "delete", "deletecollection", "escalate", "bind"):
        resource = f"roles.{RBAC}" if verb in ("escalate", "bind") else "secrets"
        assert "dryRun=All" in tried(verb, resource)["path"]


def test_impersonation_is_tried_by_headers() -> None:
    assert tried("impersonate", "users")["headers"] == {"Impersonate-User": NOBODY}
    assert tried("impersonate", "groups")["headers"] == {"Impersonate-User": NOBODY, "Impersonate-Group": NOBODY}
    account = {"Impersonate-User": "system:serviceaccount:shop:default"}
    assert tried("impersonate", "serviceaccounts")["headers"] == account


@pytest.mark.parametrize(
    ("verb", "resource", "said"),
    [
        ("get", "secretz", "the API server knows no get of secretz"),
        ("create", "nodes/proxy", "the API server knows no create of nodes/proxy"),
        ("deletecollection", "namespaces", "the API server knows no deletecollection of namespaces"),
        ("escalate", "secrets", "the API server knows no escalate of secrets"),
        ("use", "deployments.apps", "the API server knows no use of deployments of apps"),
        ("use", "/version", "no call has the verb use, so use /version cannot be tried"),
    ],
)
def test_what_the_api_server_does_not_know_is_no_denial(verb: str, resource: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        tried(verb, resource)
    assert caught.value.summary == said


def test_the_authorizer_takes_a_namespace_to_be_in_itself() -> None:
    right, _ = discovered().resolve(Right("patch", "namespaces", name="shop", namespace="elsewhere"))
    assert right.namespace == "shop"
    assert discovered().resolve(Right("list", "nodes", namespace="shop"))[0].namespace == ""


def test_a_review_asks_what_the_call_tries() -> None:
    right = Right("create", "pods", subresource="exec", namespace="shop")
    assert right.review(USER, ["g"]) == {
        "spec": {
            "user": USER,
            "groups": ["g"],
            "resourceAttributes": {"namespace": "shop", "verb": "create", "resource": "pods", "subresource": "exec"},
        }
    }
    assert Right("get", path="/x").review(USER, [])["spec"]["nonResourceAttributes"] == {"verb": "get", "path": "/x"}


SECRETS = Right("get", "secrets", namespace="shop")
DENIAL = f'User "{USER}" cannot get resource "secrets" in API group "" in the namespace "shop"'


def test_only_a_403_that_names_the_user_and_the_right_is_denied() -> None:
    assert judge(reply(403, f'secrets "x" is forbidden: {DENIAL}'), SECRETS, USER).said is Said.DENIED
    for other in (
        DENIAL.replace("till", "other"),
        DENIAL.replace('"secrets"', '"secretz"'),
        DENIAL.replace('"shop"', '"elsewhere"'),
        'pods "x" is forbidden: violates PodSecurity',
    ):
        call = judge(reply(403, other), SECRETS, USER)
        assert (call.said, call.why) == (Said.BROKEN, f"403 for another reason: {other}")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"failed": "the call timed out"}, "the call timed out"),
        ({"failed": "the call failed: [Errno -2] Name or service not known"}, None),
        (reply(401, "Unauthorized"), "401 Unauthorized"),
        ({"status": 404, "body": "404 page not found"}, "404"),
        (reply(404, "the server could not find the requested resource", details={}), None),
        (reply(405, "not allowed"), None),
        (reply(429, "too many"), "429 too many"),
        (reply(400, "who knows"), None),
        (reply(500), "500"),
        ({"status": 302, "body": ""}, "302"),
    ],
)
def test_what_is_no_answer_of_the_authorizer_is_broken(answer: dict[str, Any], why: str | None) -> None:
    call = judge(answer, SECRETS, USER)
    assert call.said is Said.BROKEN
    assert why is None or call.why == why


def test_a_success_and_what_only_comes_after_the_authorizer_are_allowed() -> None:
    assert judge(reply(200), SECRETS, USER).said is Said.ALLOWED
    assert judge(reply(201), SECRETS, USER).said is Said.ALLOWED
    missing = judge(reply(404, "not found", details={"name": NOBODY}), SECRETS, USER)
    assert missing.said is Said.ALLOWED
    assert missing.why == f"404, there is no object {NOBODY}, which only who may is told"
    assert judge(reply(404, "not found", details={"name": "other"}), SECRETS, USER).said is Said.BROKEN
    create = Right("create", "pods", namespace="shop")
    assert judge(reply(422, "spec.containers: Required value", reason="Invalid"), create, USER).said is Said.ALLOWED


def test_a_role_beyond_its_maker_is_denied_by_the_check_of_escalation() -> None:
    escalate = Right("escalate", "roles", RBAC, namespace="shop")
    said = f'roles "x" is forbidden: user "{USER}" is attempting to grant RBAC permissions not currently held: *'
    assert judge(reply(403, said), escalate, USER).said is Said.DENIED
    assert judge(reply(403, said), Right("create", "roles", RBAC, namespace="shop"), USER).said is Said.BROKEN
    assert judge(reply(404, "no such role", details={"name": NOBODY}), escalate, USER).said is Said.BROKEN


def test_who_calls_is_told_by_the_api_server() -> None:
    assert identity(reply(201, status={"userInfo": {"username": USER}}), USER) == ""
    assert identity(reply(201, status={"userInfo": {"username": "other"}}), USER) == "it is other"
    assert identity(reply(401, "Unauthorized"), USER) == "401 Unauthorized"
    assert identity({"failed": "the call timed out"}, USER) == "the call timed out"
    assert WHOAMI["method"] == "POST"


def test_dangerous_rights_ask_for_each_secret_by_its_name_and_for_everything() -> None:
    found = {str(right) for right in dangerous("shop", ["shop-password"])}
    assert {
        "get secrets in shop",
        "list secrets",
        "get secrets named shop-password in shop",
        "create pods/exec in shop",
        f"escalate roles.{RBAC} in shop",
        "impersonate users in shop",
        "get nodes/proxy in shop",
        "patch namespaces named shop",
    } <= found
    assert [right.verb for right in wildcards("shop")] == ["*", "*", "*"]


def test_kinds_come_from_discovery() -> None:
    assert discovered().resolve(Right("get", "deployments", "apps"))[1] == Resource(
        "/apis/apps/v1",
        "Deployment",
        True,
        frozenset(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]),
    )
