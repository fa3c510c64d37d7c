import { defineConfig } from "vitest/config";

/** `unit`: pure code, seconds in all. `live`: processes, pseudo-terminals, the real MLflow and the Python packages. */
export default defineConfig({
  test: {
    globalSetup: ["test/setup.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{,packages/*/}test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/test/live/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "live",
          include: ["{,packages/*/}test/live/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
