import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const nest11 = fileURLToPath(new URL("packages/nest/test/nest11/node_modules/@nestjs/", import.meta.url));

export default defineConfig(({ mode }) => ({
  ssr: { resolve: { conditions: ["@llm-gateway/source"] } },
  resolve: { conditions: ["@llm-gateway/source", "module", "node", "default"] },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    // Each core has its tests, one process for all of them: the same modules need not be loaded for each file.
    maxWorkers: "100%",
    isolate: false,
    setupFiles: ["scripts/tests/keep-compiled.ts", "scripts/tests/leave-nothing.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "main",
          include: ["packages/*/{src,test}/**/*.test.ts", "examples/**/*.test.ts", "scripts/**/*.test.ts"],
        },
      },
      {
        extends: true,
        // The same tests once more, with the earlier version in its place. First by its name: small files come last.
        resolve: { alias: { "@nestjs/": nest11 } },
        test: { name: "earlier-nest", include: ["packages/nest/test/**/*.test.ts"] },
      },
    ],
    // Long, as the machine may have much else to do.
    testTimeout: mode === "everywhere" ? 300_000 : 30_000,
    coverage: {
      provider: "v8",
      include: ["packages/core/src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text-summary", "text"],
      thresholds: { lines: 90 },
    },
  },
}));
