import { vi } from "vitest";
import type { Todo } from "@/todos/api";

type Answer = () => Response | undefined | Promise<Response | undefined>;

/** The page's server as the page sees it: todos in memory, behind the browser's `fetch`. */
export class TestServer {
  readonly requests: string[] = [];
  todos: Todo[];
  readonly #next: Answer[] = [];

  constructor(...titles: string[]) {
    this.todos = titles.map((title) => ({ id: crypto.randomUUID(), title, completed: false }));
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => this.#fetch(path, init));
  }

  /** Answers the next request by `answer`, in place of what is stored. */
  once(answer: Answer): void {
    this.#next.push(answer);
  }

  /** Answers the next request with an error. */
  failOnce(status: number, message = "No."): void {
    const headers = { "x-request-id": "r-1" };
    this.once(() => Response.json({ error: { code: "code", message, request_id: "r-1" } }, { status, headers }));
  }

  /** Lets the next request wait until the returned function is called; then it is answered as usual. */
  hold(): () => void {
    let release: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.once(async () => {
      await released;
      return undefined;
    });
    return () => release();
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const method = init.method ?? "GET";
    this.requests.push(`${method} ${path}`);
    const special = await this.#next.shift()?.();
    init.signal?.throwIfAborted();
    return special ?? this.#answer(method, new URL(path, "http://page"), init.body);
  }

  #answer(method: string, url: URL, body: unknown): Response {
    const given = typeof body === "string" ? (JSON.parse(body) as Partial<Todo>) : {};
    const id = url.pathname.split("/")[3];
    if (method === "GET") {
      const [limit, offset] = ["limit", "offset"].map((name) => Number(url.searchParams.get(name))) as [number, number];
      return Response.json({ items: this.todos.slice(offset, offset + limit), total: this.todos.length });
    }
    if (method === "POST") {
      const todo: Todo = { id: crypto.randomUUID(), title: "", completed: false, ...given };
      this.todos = [todo, ...this.todos];
      return Response.json(todo, { status: 201 });
    }
    const old = this.todos.find((todo) => todo.id === id);
    if (!old) {
      return Response.json({ error: { code: "not_found", message: "No such todo." } }, { status: 404 });
    }
    if (method === "DELETE") {
      this.todos = this.todos.filter((todo) => todo !== old);
      return new Response(null, { status: 204 });
    }
    const changed = { ...old, ...given };
    this.todos = this.todos.map((todo) => (todo === old ? changed : todo));
    return Response.json(changed);
  }
}
