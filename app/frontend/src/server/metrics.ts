import { subscribe } from "node:diagnostics_channel";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { log } from "./log";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const ROUTES: [RegExp, string][] = [
  [/^\/$/, "/"],
  [/^\/api\/todos\/?$/, "/api/todos"],
  [/^\/api\/todos\/[^/]+$/, "/api/todos/{todo_id}"],
  [/^\/healthz$/, "/healthz"],
  [/^\/_next\//, "/_next"],
];

/** The metrics of one process, under the names that the backend's have. Labels take values from short lists only, whatever clients send. */
export class Metrics {
  readonly registry = new Registry();
  readonly #inProgress = new Gauge({
    name: "http_requests_in_progress",
    help: "Requests being served",
    registers: [this.registry],
  });
  readonly #requests = new Counter({
    name: "http_requests_total",
    help: "Requests served",
    labelNames: ["method", "route", "status"],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time to serve a request",
    labelNames: ["method", "route"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  /** Follows one request until its answer is out, or its client is gone: the status is 0 then. */
  follow(request: IncomingMessage, response: ServerResponse): void {
    const started = performance.now();
    const method = METHODS.has(request.method ?? "") ? (request.method ?? "") : "other";
    const route = routeOf(request.url ?? "");
    this.#inProgress.inc();
    response.once("close", () => {
      this.#inProgress.dec();
      this.#requests.inc({ method, route, status: response.writableFinished ? response.statusCode : 0 });
      this.#seconds.observe({ method, route }, (performance.now() - started) / 1000);
    });
  }
}

function routeOf(url: string): string {
  const path = url.split("?", 1)[0] ?? "";
  return ROUTES.find(([pattern]) => pattern.test(path))?.[1] ?? "unmatched";
}

/**
 * Counts every request that this process serves, and shows the metrics at `/metrics` on a port of their own: what the
 * public port serves, everybody can read.
 */
export function showMetrics(port: number): Server {
  const metrics = new Metrics();
  collectDefaultMetrics({ register: metrics.registry });

  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    void metrics.registry.metrics().then((text) => {
      response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text);
    });
  });
  subscribe("http.server.request.start", (message) => {
    const { request, response, server: by } = message as {
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    if (by !== server) {
      metrics.follow(request, response);
    }
  });
  // Whoever cannot be measured can serve all the same.
  server.on("error", (error) => log("error", `The metrics cannot be shown: ${error.message}`, {}));
  server.listen(port, process.env.HOSTNAME);
  return server.unref();
}
