import { backendUrl, BackendUrlError } from "./backend-url";
import { log } from "./log";
import { REQUEST_ID_HEADER, requestId } from "./request-id";

const TIMEOUT_MS = 5_000;
/** A todo's title has at most 200 characters; its JSON stays far below this. */
const MAX_BODY_BYTES = 16_384;
const REQUEST_HEADERS = ["accept", "content-type"];
const RESPONSE_HEADERS = ["allow", "content-type", "retry-after"];

/** An answer that this server gives itself, in the backend's error format. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The cause, for the log alone. */
    readonly detail?: string,
  ) {
    super(message);
  }
}

/** Passes a request under `/api/` on to the backend and returns its answer, or a JSON error when there is none. */
export async function forward(request: Request): Promise<Response> {
  const started = performance.now();
  const id = requestId(request.headers);
  const { pathname, search } = new URL(request.url);

  let response: Response;
  let failure: Refusal | undefined;
  try {
    response = await ask(request, `${pathname}${search}`, id);
  } catch (error) {
    failure = refusalFor(error);
    response = Response.json(
      { error: { code: failure.code, message: failure.message, request_id: id } },
      { status: failure.status },
    );
  }
  response.headers.set(REQUEST_ID_HEADER, id);
  response.headers.set("cache-control", "no-store");

  log(response.status < 500 ? "info" : "error", `${request.method} ${pathname} ${response.status}`, {
    request_id: id,
    method: request.method,
    path: pathname,
    status: response.status,
    duration_ms: Math.round(performance.now() - started),
    ...(failure && { error: failure.code, detail: failure.detail }),
  });
  return response;
}

async function ask(request: Request, path: string, id: string): Promise<Response> {
  const base = backendUrl();
  const body = await bodyOf(request);
  const answer = await fetch(`${base}${path}`, {
    method: request.method,
    headers: { ...picked(request.headers, REQUEST_HEADERS), [REQUEST_ID_HEADER]: id },
    body,
    cache: "no-store",
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // Read to the end here, so that a backend that stops in the middle gives an error and not half an answer.
  const content = await answer.arrayBuffer();
  return new Response(content.byteLength > 0 ? content : null, {
    status: answer.status,
    headers: { ...picked(answer.headers, RESPONSE_HEADERS), ...servedBy(answer.headers) },
  });
}

async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer> | null> {
  if (request.body === null) {
    return null;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) {
      throw new Refusal(413, "body_too_large", `A request may hold at most ${MAX_BODY_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    body.set(chunk, end);
    end += chunk.byteLength;
  }
  return body;
}

function picked(headers: Headers, names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ""]] : [])));
}

/** Who answered there; here the header says who answered here. */
function servedBy(headers: Headers): Record<string, string> {
  const name = headers.get("x-served-by");
  return name === null ? {} : { "x-backend-served-by": name };
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) {
    return error;
  }
  if (error instanceof BackendUrlError) {
    return new Refusal(503, "backend_not_configured", "The server does not know its backend.", error.message);
  }
  if (error instanceof DOMException && error.name === "TimeoutError") {
    const message = `The backend did not answer within ${TIMEOUT_MS / 1000} seconds.`;
    return new Refusal(504, "backend_timeout", message, error.message);
  }
  return new Refusal(503, "backend_unavailable", "The backend cannot be reached.", reason(error));
}

/** `fetch failed` says nothing; its cause names the socket's error. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
