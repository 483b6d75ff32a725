import { broken, type Failure, failureOf, unanswered } from "./failure";

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly completed: boolean;
  /** The day it is due, as YYYY-MM-DD; a server of an older version does not say. */
  readonly due_on?: string | null;
}

export interface TodoPage {
  readonly items: readonly Todo[];
  readonly total: number;
}

export type TodoChange = Partial<Pick<Todo, "title" | "completed">>;

export const PAGE_SIZE = 20;
const PATH = "/api/todos";
/** Longer than this page's server waits for the backend, so that its own answer arrives first. */
const TIMEOUT_MS = 10_000;

/** The todos from `offset` on, newest first. */
export async function listTodos(offset: number, signal: AbortSignal): Promise<TodoPage> {
  const answer = await send("GET", `${PATH}?limit=${PAGE_SIZE}&offset=${offset}`, undefined, signal);
  return answer.json(isPage);
}

/** Stores a todo, due on a day or on none, and returns it as stored. */
export async function createTodo(title: string, dueOn?: string): Promise<Todo> {
  // servers of an older version refuse what they do not know
  return (await send("POST", PATH, dueOn ? { title, due_on: dueOn } : { title })).json(isTodo);
}

/** Changes a todo and returns it as stored. */
export async function changeTodo(id: string, change: TodoChange): Promise<Todo> {
  return (await send("PATCH", `${PATH}/${id}`, change)).json(isTodo);
}

/** Deletes a todo. */
export async function deleteTodo(id: string): Promise<void> {
  await send("DELETE", `${PATH}/${id}`);
}

interface Answer {
  json<T>(isExpected: (value: unknown) => value is T): T;
}

/** @throws Failure unless the server answered 2xx; the signal's reason when `signal` aborts */
async function send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw unanswered();
  }
  const requestId = response.headers.get("x-request-id");
  if (!response.ok) {
    throw refusal(response.status, text, requestId);
  }
  return {
    json(isExpected) {
      const value = parsed(text);
      if (!isExpected(value)) {
        throw broken(requestId);
      }
      return value;
    },
  };
}

function refusal(status: number, text: string, requestId: string | null): Failure {
  const body = parsed(text);
  const message = isRecord(body) && isRecord(body.error) ? body.error.message : undefined;
  return failureOf(status, typeof message === "string" ? message : undefined, requestId);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isTodo(value: unknown): value is Todo {
  return (
    isRecord(value) &&
    typeof value.id === "string" &&
    typeof value.title === "string" &&
    typeof value.completed === "boolean" &&
    (value.due_on == null || typeof value.due_on === "string")
  );
}

function isPage(value: unknown): value is TodoPage {
  return isRecord(value) && typeof value.total === "number" && Array.isArray(value.items) && value.items.every(isTodo);
}
