import { hostname } from "node:os";

export const dynamic = "force-dynamic";

/** Says that this server answers, and which one it is; it does not ask the backend. */
export function GET(): Response {
  const identity = { service: "todo-frontend", status: "ok", pod: process.env.POD_NAME || hostname() };
  return Response.json(identity, { headers: { "cache-control": "no-store" } });
}
