/**
 * Loaded before everything else: what anybody writes to standard output or standard error as text, such as Next.js its
 * greeting and its traces, becomes a line of the form that src/server/log.ts writes. What is a JSON object already stays.
 */
import { stripVTControlCharacters } from "node:util";

structure(process.stdout, "info");
structure(process.stderr, "error");

// Node.js would write these past the streams, and end. Once Next.js serves, it listens too, and goes on.
process.on("uncaughtException", (error) => {
  if (process.listenerCount("uncaughtException") === 1) {
    console.error(error);
    process.exit(1);
  }
});

/** What is written at once is one record, however many lines it has. */
function structure(stream, level) {
  const write = stream.write.bind(stream);
  stream.write = (chunk, encoding, callback) => {
    const done = typeof encoding === "function" ? encoding : callback;
    const line = structured(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString(), level);
    if (line === "") {
      done?.();
      return true;
    }
    return write(`${line}\n`, done);
  };
}

function structured(text, level) {
  const message = stripVTControlCharacters(text).trim();
  if (message === "" || isObject(message)) {
    return message;
  }
  const found = message.startsWith("⚠") ? "warning" : level;
  return JSON.stringify({ timestamp: new Date().toISOString(), level: found, logger: "node", message });
}

function isObject(text) {
  if (!text.startsWith("{") || text.includes("\n")) {
    return false;
  }
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
