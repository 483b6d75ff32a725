import type { IncomingHttpHeaders } from "node:http";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { DELETE, GET, PATCH, POST } from "@/app/api/todos/[[...path]]/route";
import { bodyOf, nobody, sendJson, startBackend } from "./backend";
import { catchLog } from "./log-lines";

const PAGE = "http://todo.localhost";

let logged: ReturnType<typeof catchLog>;

beforeEach(() => {
  logged = catchLog();
});

async function useBackend(answer: Parameters<typeof startBackend>[0]): Promise<void> {
  vi.stubEnv("BACKEND_URL", await startBackend(answer));
}

describe("passing on", () => {
  it("sends method, path, query and body, and returns status, type and body", async () => {
    const seen: unknown[] = [];
    await useBackend(async (request, response) => {
      seen.push(request.method, request.url, request.headers["content-type"], await bodyOf(request));
      sendJson(response, 201, { id: "1" });
    });

    const response = await POST(
      new Request(`${PAGE}/api/todos?a=1&b=%20`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"title":"Größe"}',
      }),
    );

    expect(seen).toEqual(["POST", "/api/todos?a=1&b=%20", "application/json", '{"title":"Größe"}']);
    expect(response.status).toBe(201);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ id: "1" });
  });

  it("says which backend answered, under another name than its own", async () => {
    await useBackend((_, response) => {
      response.setHeader("x-served-by", "backend-1");
      sendJson(response, 200, {});
    });

    const { headers } = await GET(new Request(`${PAGE}/api/todos`));

    expect(headers.get("x-backend-served-by")).toBe("backend-1");
    expect(headers.has("x-served-by")).toBe(false);
  });

  it("keeps a path below the todos as it is", async () => {
    let url: string | undefined;
    await useBackend((request, response) => {
      url = request.url;
      sendJson(response, 200, {});
    });

    await PATCH(new Request(`${PAGE}/api/todos/a%2Fb%3F`, { method: "PATCH", body: "{}" }));

    expect(url).toBe("/api/todos/a%2Fb%3F");
  });

  it("returns an answer without content", async () => {
    await useBackend((_, response) => response.writeHead(204).end());

    const response = await DELETE(new Request(`${PAGE}/api/todos/1`, { method: "DELETE" }));

    expect(response.status).toBe(204);
    expect(response.body).toBeNull();
  });

  it("returns the backend's own errors unchanged", async () => {
    const error = { error: { code: "not_found", message: "No such todo.", request_id: "r" } };
    await useBackend((_, response) => sendJson(response, 404, error));

    const response = await GET(new Request(`${PAGE}/api/todos/1`));

    expect(response.status).toBe(404);
    expect(await response.json()).toEqual(error);
  });

  it("passes on no header that is not meant for the other side", async () => {
    let headers: IncomingHttpHeaders = {};
    await useBackend((request, response) => {
      headers = request.headers;
      response.writeHead(307, { location: "http://backend.internal/", "set-cookie": "a=b", server: "uvicorn" }).end();
    });

    const response = await GET(new Request(`${PAGE}/api/todos`, { headers: { cookie: "a=b", authorization: "x" } }));

    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("authorization");
    expect(response.status).toBe(307);
    expect([...response.headers.keys()]).toEqual(["cache-control", "x-request-id"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("reads BACKEND_URL at each request", async () => {
    await useBackend((_, response) => sendJson(response, 200, { from: "first" }));
    const first = await GET(new Request(`${PAGE}/api/todos`));
    vi.stubEnv("BACKEND_URL", `${await startBackend((_, response) => sendJson(response, 200, { from: "second" }))}/`);
    const second = await GET(new Request(`${PAGE}/api/todos`));

    expect([await first.json(), await second.json()]).toEqual([{ from: "first" }, { from: "second" }]);
  });
});

describe("the request id", () => {
  it.each([
    ["is taken over", { "x-request-id": "proxy-1" }, /^proxy-1$/],
    ["is made when there is none", {}, /^[0-9a-f-]{36}$/],
    ["is made anew when the given one is not safe to log", { "x-request-id": "a b" }, /^[0-9a-f-]{36}$/],
  ])("%s, passed on, returned and logged", async (_, headers, expected) => {
    let passed: unknown;
    await useBackend((request, response) => {
      passed = request.headers["x-request-id"];
      sendJson(response, 200, {});
    });

    const response = await GET(new Request(`${PAGE}/api/todos`, { headers }));

    const id = response.headers.get("x-request-id");
    expect(id).toMatch(expected);
    expect(passed).toBe(id);
    expect(logged()).toMatchObject([{ request_id: id }]);
  });
});

describe("without an answer from the backend", () => {
  async function refusal(body?: string) {
    const request = new Request(`${PAGE}/api/todos`, {
      method: "POST",
      headers: { "x-request-id": "r-1" },
      body: body ?? "{}",
    });
    const response = await POST(request);
    expect(response.headers.get("x-request-id")).toBe("r-1");
    expect(response.headers.get("content-type")).toBe("application/json");
    return [response.status, await response.json()];
  }

  it("answers 503 when nobody listens there", async () => {
    vi.stubEnv("BACKEND_URL", await nobody());

    expect(await refusal()).toEqual([
      503,
      { error: { code: "backend_unavailable", message: "The backend cannot be reached.", request_id: "r-1" } },
    ]);
    expect(logged()).toMatchObject([
      { level: "error", error: "backend_unavailable", detail: expect.stringContaining("ECONNREFUSED") },
    ]);
  });

  it("answers 503 when the backend hangs up", async () => {
    await useBackend((request) => request.socket.destroy());

    expect(await refusal()).toMatchObject([503, { error: { code: "backend_unavailable" } }]);
  });

  it.each([
    ["does not answer", false],
    ["stops in the middle of its answer", true],
  ])("answers 504 after five seconds when the backend %s", async (_, begins) => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const asked = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout(50));
    await useBackend((_request, response) => {
      if (begins) {
        response.writeHead(200, { "content-length": "100" }).write("{");
      }
    });

    expect(await refusal()).toEqual([
      504,
      { error: { code: "backend_timeout", message: "The backend did not answer within 5 seconds.", request_id: "r-1" } },
    ]);
    expect(asked).toHaveBeenCalledExactlyOnceWith(5_000);
  });

  it.each([
    ["is missing", "", "BACKEND_URL is not set; set it to the backend's address, for example http://localhost:8000."],
    [
      "is no address",
      "backend:8000",
      'BACKEND_URL is "backend:8000", which is no http(s) address; ' +
        "set it to the backend's address, for example http://localhost:8000.",
    ],
  ])("answers 503 when BACKEND_URL %s, and says why in the log alone", async (_, value, detail) => {
    vi.stubEnv("BACKEND_URL", value);

    expect(await refusal()).toEqual([
      503,
      {
        error: {
          code: "backend_not_configured",
          message: "The server does not know its backend.",
          request_id: "r-1",
        },
      },
    ]);
    expect(logged()).toMatchObject([{ error: "backend_not_configured", detail }]);
  });

  it("answers 413 to a body that is too large, and does not ask the backend", async () => {
    const asked = vi.fn();
    await useBackend(asked);

    expect(await refusal("x".repeat(16_385))).toEqual([
      413,
      { error: { code: "body_too_large", message: "A request may hold at most 16384 bytes.", request_id: "r-1" } },
    ]);
    expect(asked).not.toHaveBeenCalled();
  });
});

it("logs one JSON line a request", async () => {
  await useBackend((_, response) => sendJson(response, 200, {}));

  await GET(new Request(`${PAGE}/api/todos?limit=1`, { headers: { "x-request-id": "r-1" } }));

  expect(logged()).toEqual([
    {
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: "info",
      logger: "todo_frontend",
      message: "GET /api/todos 200",
      request_id: "r-1",
      method: "GET",
      path: "/api/todos",
      status: 200,
      duration_ms: expect.any(Number),
    },
  ]);
});
