import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  test: {
    // Only a busy machine comes near it.
    testTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    projects: [
      { extends: true, test: { name: "server", environment: "node", include: ["tests/server/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "page",
          environment: "jsdom",
          include: ["tests/page/**/*.test.{ts,tsx}"],
          setupFiles: ["tests/page/setup.ts"],
        },
      },
    ],
  },
});
