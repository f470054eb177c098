import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "web/**/*.test.ts",
      "conformance/**/*.test.ts",
      "examples/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    setupFiles: ["conformance/random-seed.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
