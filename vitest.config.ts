import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const nest11 = fileURLToPath(new URL("packages/nest/test/nest11/node_modules/@nestjs/", import.meta.url));

export default defineConfig({
  ssr: { resolve: { conditions: ["@llm-gateway/source"] } },
  resolve: { conditions: ["@llm-gateway/source", "module", "node", "default"] },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    projects: [
      {
        extends: true,
        // What is tested beside its source leaves nothing behind: one process for all of it saves half the time.
        test: { name: "units", include: ["packages/*/src/**/*.test.ts"], isolate: false },
      },
      {
        extends: true,
        test: {
          name: "main",
          include: ["packages/*/test/**/*.test.ts", "examples/**/*.test.ts", "scripts/**/*.test.ts"],
        },
      },
      {
        extends: true,
        // The same tests once more, with the earlier version in its place.
        resolve: { alias: { "@nestjs/": nest11 } },
        test: { name: "nest-11", include: ["packages/nest/test/**/*.test.ts"] },
      },
    ],
    testTimeout: 10_000,
    coverage: {
      provider: "v8",
      include: ["packages/core/src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text-summary", "text"],
      thresholds: { lines: 90 },
    },
  },
});
