"""Create, list, read, change, delete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from tests.conftest import Settle
from tests.postgres import PostgreSQL
from todo_backend.app import create_app

NOBODY = "00000000-0000-4000-8000-000000000000"


def create(client: TestClient, title: str) -> str:
    answer = client.post("/api/todos", json={"title": title})
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["id"]
    return identifier


def titles(client: TestClient, query: str = "") -> list[str]:
    return [item["title"] for item in client.get(f"/api/todos{query}").json()["items"]]


def test_a_new_todo_is_stored_as_it_is_answered(client: TestClient) -> None:
    answer = client.post("/api/todos", json={"title": "  buy milk \n"})
    assert answer.status_code == 201
    todo = answer.json()
    assert list(todo) == ["id", "title", "completed", "due_on", "created_at", "updated_at"]
    assert UUID(todo["id"]).version == 4
    assert (todo["title"], todo["completed"], todo["due_on"]) == ("buy milk", False, None)
    assert todo["created_at"] == todo["updated_at"]
    assert todo["created_at"].endswith("Z")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(todo["created_at"])) < timedelta(minutes=1)
    assert client.get(f"/api/todos/{todo['id']}").json() == todo


@pytest.mark.parametrize("title", ["x", "ü" * 200, "買い物 🛒", "'; DROP TABLE todos; --", "<b>two\nlines</b>"])
def test_titles_come_back_unchanged(client: TestClient, title: str) -> None:
    create(client, title)
    assert titles(client) == [title]


def test_a_todo_is_renamed(client: TestClient) -> None:
    identifier = create(client, "by milk")
    before = client.get(f"/api/todos/{identifier}").json()
    answer = client.patch(f"/api/todos/{identifier}", json={"title": " buy milk "})
    assert answer.status_code == 200
    after = answer.json()
    assert after == {**before, "title": "buy milk", "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]
    assert client.get(f"/api/todos/{identifier}").json() == after


def test_a_todo_is_completed_and_reopened(client: TestClient) -> None:
    identifier = create(client, "buy milk")
    for completed in (True, True, False):
        answer = client.patch(f"/api/todos/{identifier}", json={"completed": completed})
        assert (answer.status_code, answer.json()["completed"]) == (200, completed)
        assert answer.json()["title"] == "buy milk"


def test_a_todo_is_due_on_a_day(client: TestClient) -> None:
    todo = client.post("/api/todos", json={"title": "buy milk", "due_on": "2028-02-29"}).json()
    assert todo["due_on"] == "2028-02-29"
    assert client.get("/api/todos").json()["items"] == [todo]
    for due_on in ("0001-01-01", "9999-12-31", None, "2028-03-01"):
        answer = client.patch(f"/api/todos/{todo['id']}", json={"due_on": due_on})
        assert (answer.status_code, answer.json()["due_on"]) == (200, due_on)
        assert client.get(f"/api/todos/{todo['id']}").json() == answer.json()


def test_a_change_of_something_else_leaves_the_day(client: TestClient) -> None:
    todo = client.post("/api/todos", json={"title": "buy milk", "due_on": "2028-02-29"}).json()
    assert client.patch(f"/api/todos/{todo['id']}", json={"completed": True}).json()["due_on"] == "2028-02-29"


def test_a_change_touches_its_todo_alone(client: TestClient) -> None:
    create(client, "first")
    second = create(client, "second")
    client.patch(f"/api/todos/{second}", json={"title": "changed", "completed": True})
    assert titles(client, "?completed=false") == ["first"]


def test_a_deleted_todo_is_gone(client: TestClient) -> None:
    identifier, other = create(client, "one"), create(client, "other")
    answer = client.delete(f"/api/todos/{identifier}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"/api/todos/{identifier}").status_code == 404
    assert client.delete(f"/api/todos/{identifier}").status_code == 404
    assert client.get(f"/api/todos/{other}").status_code == 200


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"completed": True}), ("DELETE", None)])
def test_an_unknown_todo_is_not_found(client: TestClient, method: str, body: object) -> None:
    answer = client.request(method, f"/api/todos/{NOBODY}", json=body, headers={"X-Request-ID": "r-1"})
    assert answer.status_code == 404
    assert answer.json() == {
        "error": {"code": "not_found", "message": f"There is no todo {NOBODY}.", "request_id": "r-1"}
    }


def test_no_todos_make_an_empty_page(client: TestClient) -> None:
    assert client.get("/api/todos").json() == {"items": [], "total": 0, "limit": 20, "offset": 0}


def test_pages_are_newest_first_and_complete(client: TestClient) -> None:
    for number in range(25):
        create(client, f"todo {number}")
    first, second, beyond = (client.get(f"/api/todos?offset={offset}").json() for offset in (0, 20, 40))
    assert [item["title"] for item in first["items"] + second["items"]] == [f"todo {n}" for n in range(24, -1, -1)]
    assert {key: second[key] for key in ("total", "limit", "offset")} == {"total": 25, "limit": 20, "offset": 20}
    assert beyond == {"items": [], "total": 25, "limit": 20, "offset": 40}
    assert titles(client, "?limit=2&offset=3") == ["todo 21", "todo 20"]
    assert len(titles(client, "?limit=100")) == 25


def test_todos_of_one_instant_have_a_steady_order(
    client: TestClient, postgres: PostgreSQL, shared_database: str
) -> None:
    postgres.execute(
        "INSERT INTO todos (id, title) SELECT gen_random_uuid(), 'todo ' || n FROM generate_series(1, 30) n",
        shared_database,
    )
    whole = titles(client, "?limit=100")
    assert len(set(whole)) == 30
    assert [title for offset in range(0, 30, 7) for title in titles(client, f"?limit=7&offset={offset}")] == whole


def test_pages_can_be_of_open_or_completed_todos_only(client: TestClient) -> None:
    create(client, "open")
    client.patch(f"/api/todos/{create(client, 'done')}", json={"completed": True})
    for query, expected in (("true", ["done"]), ("false", ["open"])):
        page = client.get(f"/api/todos?completed={query}").json()
        assert ([item["title"] for item in page["items"]], page["total"]) == (expected, 1)


def test_a_todo_is_not_acknowledged_unless_its_commit_succeeds(
    own_database: str, postgres: PostgreSQL, settle: Settle
) -> None:
    postgres.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$",
        own_database,
    )
    postgres.execute(
        "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON todos DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION fail()",
        own_database,
    )
    with TestClient(create_app(settle(own_database))) as client:
        answer = client.post("/api/todos", json={"title": "buy milk"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
        assert titles(client) == []
