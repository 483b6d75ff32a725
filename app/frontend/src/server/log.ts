type Level = "info" | "warning" | "error";

/** Writes one JSON object as one line on standard output, with the fields that the backend's log has too. */
export function log(level: Level, message: string, fields: Record<string, unknown>): void {
  const line = { timestamp: new Date().toISOString(), level, logger: "todo_frontend", message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
