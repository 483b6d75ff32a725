import { vi } from "vitest";

/** Catches what is written to standard output from now on; the returned function parses its lines. */
export function catchLog(): () => Record<string, unknown>[] {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  return () => write.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
}
