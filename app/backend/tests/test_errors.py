"""Every refusal, word for word."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from todo_backend.limit import MAX_BODY_BYTES

TODO = "/api/todos/00000000-0000-4000-8000-000000000000"
DAY = "Input should be a day, written as YYYY-MM-DD"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (b"{}", "body.title", "Field required"),
        (b'{"title": ""}', "body.title", "String should have at least 1 character"),
        (b'{"title": " \\t\\n "}', "body.title", "String should have at least 1 character"),
        (b'{"title": "%s"}' % (b"x" * 201), "body.title", "String should have at most 200 characters"),
        (b'{"title": 7}', "body.title", "Input should be a valid string"),
        (b'{"title": null}', "body.title", "Input should be a valid string"),
        (b'{"title": "a\\u0000b"}', "body.title", "String should not contain the character NUL"),
        (
            b'{"title": "\\ud800"}',
            "body.title",
            "Input should be a valid string, unable to parse raw data as a unicode string",
        ),
        (b'{"title": "x", "due_on": 20000}', "body.due_on", DAY),
        (b'{"title": "x", "due_on": "2028-02-29T00:00:00Z"}', "body.due_on", DAY),
        (b'{"title": "x", "due_on": "2028-02-29\\n"}', "body.due_on", DAY),
        (
            b'{"title": "x", "due_on": "2027-02-29"}',
            "body.due_on",
            "Input should be a valid date or datetime, day value is outside expected range",
        ),
        (b'{"title": "x", "completed": true}', "body.completed", "Extra inputs are not permitted"),
        (b"", "body", "Field required"),
        (b"[]", "body", "Input should be a valid dictionary or object to extract fields from"),
        (b'{"title": ', "body", "Body is not JSON: Expecting value, character 10"),
    ],
)
def test_a_bad_new_todo(client: TestClient, body: bytes, field: str, message: str) -> None:
    assert_invalid(client, "POST", "/api/todos", body, field, message)


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (b"{}", "body", "At least one of title, completed and due_on should be given"),
        (b'{"title": "  "}', "body.title", "String should have at least 1 character"),
        (b'{"title": null}', "body.title", "Input should be a valid string"),
        (b'{"completed": null}', "body.completed", "Input should be a valid boolean"),
        (b'{"completed": "yes"}', "body.completed", "Input should be a valid boolean"),
        (b'{"completed": 1}', "body.completed", "Input should be a valid boolean"),
        (b'{"due_on": "tomorrow"}', "body.due_on", DAY),
        (b'{"id": 1, "title": "x"}', "body.id", "Extra inputs are not permitted"),
    ],
)
def test_a_bad_change(client: TestClient, body: bytes, field: str, message: str) -> None:
    assert_invalid(client, "PATCH", TODO, body, field, message)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=0", "query.limit", "Input should be greater than or equal to 1"),
        ("limit=101", "query.limit", "Input should be less than or equal to 100"),
        ("limit=ten", "query.limit", "Input should be a valid integer, unable to parse string as an integer"),
        ("offset=-1", "query.offset", "Input should be greater than or equal to 0"),
        ("offset=99999999999999999999", "query.offset", "Input should be less than or equal to 2147483647"),
        ("completed=maybe", "query.completed", "Input should be a valid boolean, unable to interpret input"),
    ],
)
def test_a_bad_page(client: TestClient, query: str, field: str, message: str) -> None:
    assert_invalid(client, "GET", f"/api/todos?{query}", b"", field, message)


def test_a_bad_id(client: TestClient) -> None:
    message = "Input should be a valid UUID, invalid character: found `n` at 0"
    assert_invalid(client, "GET", "/api/todos/nonsense", b"", "path.todo_id", message)


def test_everything_wrong_is_told_at_once(client: TestClient) -> None:
    answer = client.get("/api/todos?limit=0&offset=-1")
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == ["query.limit", "query.offset"]


def test_a_body_that_is_not_declared_as_json(client: TestClient) -> None:
    answer = client.post("/api/todos", content=b'{"title": "x"}', headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_error")


def test_a_body_that_is_not_text(client: TestClient) -> None:
    answer = client.post("/api/todos", content=b'{"title": "\xff"}', headers={**JSON, "X-Request-ID": "r-1"})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {"code": "bad_request", "message": "There was an error parsing the body", "request_id": "r-1"}
    }


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(client: TestClient, chunked: bool) -> None:
    body = b'{"title": "%s"}' % (b" " * MAX_BODY_BYTES)
    answer = client.post(
        "/api/todos", content=iter([body]) if chunked else body, headers={**JSON, "X-Request-ID": "r-1"}
    )
    assert answer.status_code == 413
    assert answer.json() == {
        "error": {"code": "content_too_large", "message": "The body is larger than 16384 bytes.", "request_id": "r-1"}
    }


def test_a_path_that_is_not_served(client: TestClient) -> None:
    answer = client.get("/api/todos/", headers={"X-Request-ID": "r-1"})
    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "not_found", "message": "Not Found", "request_id": "r-1"}}


def test_a_method_that_is_not_served(client: TestClient) -> None:
    answer = client.put(TODO, headers={"X-Request-ID": "r-1"})
    assert answer.status_code == 405
    assert answer.json() == {
        "error": {"code": "method_not_allowed", "message": "Method Not Allowed", "request_id": "r-1"}
    }
    assert answer.headers["Allow"]


def assert_invalid(client: TestClient, method: str, path: str, body: bytes, field: str, message: str) -> None:
    answer = client.request(method, path, content=body, headers={**JSON, "X-Request-ID": "r-1"})
    assert answer.status_code == 422
    assert answer.json() == {
        "error": {
            "code": "validation_error",
            "message": "The request is not valid.",
            "details": [{"field": field, "message": message}],
            "request_id": "r-1",
        }
    }
