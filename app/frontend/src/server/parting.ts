import { subscribe } from "node:diagnostics_channel";
import type { Server, ServerResponse } from "node:http";
import { ownName } from "../app/healthz/name";
import { log } from "./log";

/** How long requests under way may take once nothing new is served. */
const LAST_REQUESTS_MS = 10_000;

interface Begun {
  response: ServerResponse;
  server: Server;
}

/**
 * Says in each answer who gave it, and lets the process end without losing a request: told to, it serves on for
 * DRAIN_SECONDS, because proxies learn a little later of it, and tells each of them that this connection was its last.
 *
 * Next.js does the listening, so the requests are seen on Node.js' own channel; its own handling of signals, which closes
 * at once, must be off (NEXT_MANUAL_SIG_HANDLE).
 *
 * @param exit ends the process
 * @returns begins the end; a second call ends at once
 */
export function partWell(exit: (status: number) => void = process.exit): () => void {
  const name = ownName();
  const drainMs = Number(process.env.DRAIN_SECONDS || 0) * 1000;
  const servers = new Set<Server>();
  const underWay = new Set<ServerResponse>();
  let parting = false;

  subscribe("http.server.request.start", (message) => {
    const { response, server } = message as Begun;
    servers.add(server);
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
    response.setHeader("X-Served-By", name);
    if (parting) {
      response.setHeader("Connection", "close");
    }
  });

  const close = () => {
    let open = servers.size;
    for (const server of servers) {
      server.close(() => --open === 0 && exit(0));
    }
    setTimeout(() => exit(0), open > 0 ? LAST_REQUESTS_MS : 0);
  };

  return () => {
    if (parting) {
      exit(0);
      return;
    }
    parting = true;
    log("info", `Told to end: serving on for ${drainMs / 1000} s`, {});
    for (const response of underWay) {
      if (!response.headersSent) {
        response.setHeader("Connection", "close");
      }
    }
    setTimeout(close, drainMs);
  };
}

/** Ends as `partWell` does when a signal comes. */
export function partAtSignals(): void {
  const part = partWell();
  process.on("SIGTERM", part);
  process.on("SIGINT", () => {
    part();
    part();
  });
}
