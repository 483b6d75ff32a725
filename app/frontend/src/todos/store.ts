import { changeTodo, createTodo, deleteTodo, listTodos, type TodoChange, type TodoPage } from "./api";
import { Failure } from "./failure";

export type TodoList =
  | { readonly status: "loading" }
  | { readonly status: "failed"; readonly failure: Failure }
  | ({ readonly status: "ready" } & TodoPage);

/** The list as the server last acknowledged it: each change shows only after the server's answer. */
export class TodoStore {
  #list: TodoList = { status: "loading" };
  #reading = new AbortController();
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` after each change, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The current list; the same object until it changes. */
  readonly snapshot = (): TodoList => this.#list;

  /** Reads the list anew from its beginning; how that ends is told by the list's status. */
  async reload(): Promise<void> {
    this.stop();
    const { signal } = (this.#reading = new AbortController());
    this.#set({ status: "loading" });
    try {
      this.#set({ status: "ready", ...(await listTodos(0, signal)) });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (!(error instanceof Failure)) {
        throw error;
      }
      this.#set({ status: "failed", failure: error });
    }
  }

  /** Gives up a read that is under way. */
  stop(): void {
    this.#reading.abort();
  }

  /** Adds the next page to the list. */
  async loadMore(): Promise<void> {
    if (this.#list.status !== "ready") {
      return;
    }
    const { signal } = this.#reading;
    let page: TodoPage;
    try {
      page = await listTodos(this.#list.items.length, signal);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      throw error;
    }
    this.#update(({ items }) => {
      // Todos that others added meanwhile have moved known ones onto this page.
      const known = new Set(items.map((todo) => todo.id));
      return { items: [...items, ...page.items.filter((todo) => !known.has(todo.id))], total: page.total };
    });
  }

  /** Stores a new todo and shows it first. */
  async add(title: string, dueOn?: string): Promise<void> {
    const todo = await createTodo(title, dueOn);
    if (this.#list.status === "ready") {
      this.#update(({ items, total }) => ({ items: [todo, ...items], total: total + 1 }));
    } else {
      await this.reload();
    }
  }

  /** Stores a change and shows the todo as stored. */
  async change(id: string, change: TodoChange): Promise<void> {
    const changed = await changeTodo(id, change);
    this.#update(({ items, total }) => ({ items: items.map((todo) => (todo.id === id ? changed : todo)), total }));
  }

  /** Deletes a todo; one that was deleted elsewhere counts as deleted. */
  async remove(id: string): Promise<void> {
    try {
      await deleteTodo(id);
    } catch (error) {
      if (!(error instanceof Failure && error.kind === "gone")) {
        throw error;
      }
    }
    this.#update(({ items, total }) => ({ items: items.filter((todo) => todo.id !== id), total: total - 1 }));
  }

  #update(change: (page: TodoPage) => TodoPage): void {
    if (this.#list.status === "ready") {
      this.#set({ status: "ready", ...change(this.#list) });
    }
  }

  #set(list: TodoList): void {
    this.#list = list;
    this.#listeners.forEach((listener) => listener());
  }
}
