import { ownName } from "./name";

export const dynamic = "force-dynamic";

/** Says that this server answers, and which one it is; it does not ask the backend. */
export function GET(): Response {
  const identity = { service: "todo-frontend", status: "ok", pod: ownName() };
  return Response.json(identity, { headers: { "cache-control": "no-store" } });
}
