import { hostname } from "node:os";
import { NextRequest } from "next/server";
import { describe, expect, it, vi } from "vitest";
import { GET as healthz } from "@/app/healthz/route";
import { register } from "@/instrumentation";
import { config, proxy } from "@/proxy";
import { catchLog } from "./log-lines";

describe("the health endpoint", () => {
  it("says who it is, without a backend", async () => {
    vi.stubEnv("BACKEND_URL", undefined);
    vi.stubEnv("POD_NAME", "frontend-1");

    const response = healthz();

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ service: "todo-frontend", status: "ok", pod: "frontend-1" });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("falls back to the host's name", async () => {
    vi.stubEnv("POD_NAME", undefined);

    expect(await healthz().json()).toMatchObject({ pod: hostname() });
  });
});

describe("start", () => {
  it("goes on with a backend", async () => {
    const logged = catchLog();
    vi.stubEnv("NEXT_RUNTIME", "nodejs");
    vi.stubEnv("BACKEND_URL", "http://backend:8000/");

    await register();

    expect(logged()).toMatchObject([
      { level: "info", message: "Backend configured", backend_url: "http://backend:8000" },
    ]);
  });

  it("ends with status 1 and one clear line without a backend", async () => {
    const logged = catchLog();
    const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
    vi.stubEnv("NEXT_RUNTIME", "nodejs");
    vi.stubEnv("BACKEND_URL", undefined);

    await register();

    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
    expect(logged()).toMatchObject([
      {
        level: "error",
        message: "BACKEND_URL is not set; set it to the backend's address, for example http://localhost:8000.",
      },
    ]);
  });
});

describe("a page's headers", () => {
  const page = (headers?: HeadersInit) => proxy(new NextRequest("http://todo.localhost/", headers && { headers }));
  const policyOf = (response: Response) => response.headers.get("content-security-policy") ?? "";

  it("allow scripts with this request's nonce and nothing from elsewhere", () => {
    const policy = policyOf(page());

    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'nonce-[0-9a-f-]{36}' 'strict-dynamic'; /);
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(policyOf(page())).not.toBe(policy);
  });

  it("hand the policy to Next.js, which reads the nonce from it", () => {
    const response = page();

    expect(response.headers.get("x-middleware-request-content-security-policy")).toBe(policyOf(response));
  });

  it("return the request id", () => {
    expect(page({ "x-request-id": "proxy-1" }).headers.get("x-request-id")).toBe("proxy-1");
  });

  it.each([
    ["/", true],
    ["/nothing-here", true],
    ["/api/other", true],
    ["/api/todos", false],
    ["/api/todos/1", false],
    ["/healthz", false],
    ["/_next/static/chunk.js", false],
  ])("are set for %s: %s", (path, expected) => {
    expect(new RegExp(`^${config.matcher}$`).test(path)).toBe(expected);
  });
});
