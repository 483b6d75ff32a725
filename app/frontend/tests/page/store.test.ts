import { describe, expect, it } from "vitest";
import { TodoStore } from "@/todos/store";
import { TestServer } from "./server";

const titles = (store: TodoStore) => {
  const list = store.snapshot();
  return list.status === "ready" ? list.items.map((todo) => todo.title) : list.status;
};

describe("reading the list", () => {
  it("gives up the earlier read for a later one", async () => {
    const server = new TestServer("Stored");
    const release = server.hold();
    const store = new TodoStore();
    const earlier = store.reload();
    await store.reload();
    server.todos = [];
    release();
    await earlier;

    expect(titles(store)).toEqual(["Stored"]);
  });

  it("drops the page that was under way when the list is read anew", async () => {
    const server = new TestServer(...Array.from({ length: 25 }, (_, index) => `Todo ${index}`));
    const store = new TodoStore();
    await store.reload();
    const release = server.hold();
    const more = store.loadMore();
    await store.reload();
    release();
    await more;

    expect(titles(store)).toHaveLength(20);
  });

  it("tells nobody any more after it was stopped", async () => {
    const server = new TestServer();
    const release = server.hold();
    const store = new TodoStore();
    const reading = store.reload();
    store.stop();
    release();
    await reading;

    expect(titles(store)).toBe("loading");
  });
});

it("does not lose a todo that is added while the list is being read", async () => {
  const server = new TestServer("Older");
  const release = server.hold();
  const store = new TodoStore();
  const reading = store.reload();
  await store.add("Newer");
  release();
  await reading;

  expect(titles(store)).toEqual(["Newer", "Older"]);
});
