import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const PRELOADED = fileURLToPath(new URL("../../structured-output.mjs", import.meta.url));

function run(script: string): { status: number | null; out: unknown[]; err: unknown[] } {
  const done = spawnSync(process.execPath, ["--import", PRELOADED, "--eval", script], { encoding: "utf8" });
  const parsed = (text: string): unknown[] => (text === "" ? [] : text.trimEnd().split("\n").map((line) => JSON.parse(line)));
  return { status: done.status, out: parsed(done.stdout), err: parsed(done.stderr) };
}

describe("output", () => {
  it("of text becomes one JSON object for all that is written at once", () => {
    const { out, err } = run('console.log("\\u001b[1m▲ Next.js\\u001b[0m\\n- Local: here"); console.log(""); console.warn(" ⚠ old");');

    expect(out).toMatchObject([{ level: "info", logger: "node", message: "▲ Next.js\n- Local: here" }]);
    expect(err).toMatchObject([{ level: "warning", message: "⚠ old" }]);
  });

  it("that is a JSON object already stays as it is", () => {
    expect(run('console.log(JSON.stringify({ level: "info", message: "a" })); console.log("{no");').out).toEqual([
      { level: "info", message: "a" },
      expect.objectContaining({ message: "{no" }),
    ]);
  });

  it("of an error that nobody catches is one line, and ends the process", () => {
    const { status, err } = run('setTimeout(() => { throw new Error("lost") }, 1);');

    expect(status).toBe(1);
    expect(err).toMatchObject([{ level: "error", message: expect.stringMatching(/^Error: lost\n +at /) as string }]);
  });

  it("of an error that others see to does not end the process", () => {
    const { status, err } = run('process.on("uncaughtException", () => {}); setTimeout(() => { throw new Error("lost") }, 1);');

    expect([status, err]).toEqual([0, []]);
  });
});
