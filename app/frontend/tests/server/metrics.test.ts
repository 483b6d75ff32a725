import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { showMetrics } from "@/server/metrics";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function listening(server: Server): Promise<string> {
  servers.push(server);
  if (!server.listening) {
    await new Promise((resolve) => server.once("listening", resolve));
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serving(status: number): Promise<string> {
  return listening(createServer((_, response) => response.writeHead(status).end()).listen(0));
}

const counted = async (metrics: string): Promise<string[]> =>
  (await (await fetch(`${metrics}/metrics`)).text()).split("\n").filter((line) => line.startsWith("http_requests_")).toSorted();

describe("metrics", () => {
  it("count every request by method, route and status, and not those for themselves", async () => {
    const metrics = await listening(showMetrics(0));
    const found = await serving(200);
    const broken = await serving(503);

    const paths = ["/", "/api/todos", "/api/todos?page=2", "/api/todos/1", "/_next/static/a.js", "/.env"];
    await Promise.all(paths.map((path) => fetch(`${found}${path}`)));
    await fetch(`${found}/healthz`, { method: "REPORT" });
    await fetch(`${broken}/api/todos`, { method: "POST" });
    await fetch(`${metrics}/metrics`);

    expect(await counted(metrics)).toEqual([
      "http_requests_in_progress 0",
      'http_requests_total{method="GET",route="/",status="200"} 1',
      'http_requests_total{method="GET",route="/_next",status="200"} 1',
      'http_requests_total{method="GET",route="/api/todos",status="200"} 2',
      'http_requests_total{method="GET",route="/api/todos/{todo_id}",status="200"} 1',
      'http_requests_total{method="GET",route="unmatched",status="200"} 1',
      'http_requests_total{method="POST",route="/api/todos",status="503"} 1',
      'http_requests_total{method="other",route="/healthz",status="200"} 1',
    ]);
  });

  it("count a client that leaves before the answer as status 0", async () => {
    const metrics = await listening(showMetrics(0));
    let arrived = (): void => {};
    const waiting = new Promise<void>((resolve) => (arrived = resolve));
    const slow = await listening(createServer(() => arrived()).listen(0));
    const leaving = new AbortController();

    const asked = fetch(`${slow}/`, { signal: leaving.signal }).catch(() => undefined);
    await waiting;
    expect(await counted(metrics)).toEqual(["http_requests_in_progress 1"]);
    leaving.abort();
    await asked;

    await expect
      .poll(() => counted(metrics))
      .toEqual(["http_requests_in_progress 0", 'http_requests_total{method="GET",route="/",status="0"} 1']);
  });

  it("are at /metrics alone", async () => {
    const metrics = await listening(showMetrics(0));

    expect((await fetch(`${metrics}/`)).status).toBe(404);
    expect(await (await fetch(`${metrics}/metrics`)).text()).toContain("process_resident_memory_bytes");
  });
});
