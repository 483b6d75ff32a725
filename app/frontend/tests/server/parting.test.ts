import { Agent, createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { partWell } from "@/server/parting";
import { catchLog } from "./log-lines";

let server: Server;
let agent: Agent;
let port: number;

beforeEach(async () => {
  vi.stubEnv("POD_NAME", "frontend-1");
  vi.stubEnv("DRAIN_SECONDS", "0.2");
  agent = new Agent({ keepAlive: true });
  server = createServer((request, response) => {
    setTimeout(() => response.end("ok"), request.url === "/slow" ? 150 : 0);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  agent.destroy();
  server.close();
});

function ask(path = "/"): Promise<IncomingMessage> {
  return new Promise((answered, failed) => {
    get({ port, host: "127.0.0.1", path, agent }, (response) => {
      response.resume().on("end", () => answered(response));
    }).on("error", failed);
  });
}

/** What ends the process, and when it did. */
function ending() {
  const exit = vi.fn<(status: number) => void>();
  return { exit, ended: () => vi.waitFor(() => expect(exit).toHaveBeenCalledWith(0), { timeout: 5_000 }) };
}

describe("a server that is told to end", () => {
  it("says who answers, and keeps connections until then", async () => {
    partWell(vi.fn());

    const { headers } = await ask();

    expect(headers["x-served-by"]).toBe("frontend-1");
    expect(headers.connection).toBe("keep-alive");
  });

  it("serves on for a while, each connection once more, and then ends", async () => {
    const logged = catchLog();
    const { exit, ended } = ending();
    const part = partWell(exit);
    await ask();

    part();

    expect((await ask()).headers.connection).toBe("close");
    expect((await ask()).headers.connection).toBe("close");
    expect(exit).not.toHaveBeenCalled();
    await ended();
    await expect(ask()).rejects.toThrow("ECONNREFUSED");
    expect(logged()).toMatchObject([{ level: "info", message: "Told to end: serving on for 0.2 s" }]);
  });

  it("finishes what is under way, and says that it was the connection's last", async () => {
    vi.stubEnv("DRAIN_SECONDS", "0");
    catchLog();
    const { exit, ended } = ending();
    const part = partWell(exit);
    const begun = new Promise((resolve) => server.once("request", resolve));
    const answer = ask("/slow");
    await begun;

    part();

    expect((await answer).headers.connection).toBe("close");
    await ended();
    expect(exit).toHaveBeenCalledOnce();
  });

  it("ends at once when it is told again", async () => {
    catchLog();
    const { exit } = ending();
    const part = partWell(exit);
    await ask();

    part();
    part();

    expect(exit).toHaveBeenCalledExactlyOnceWith(0);
  });
});
