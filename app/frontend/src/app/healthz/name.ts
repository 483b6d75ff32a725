import { hostname } from "node:os";

/** The name that this process goes by. */
export function ownName(): string {
  return process.env.POD_NAME || hostname();
}
