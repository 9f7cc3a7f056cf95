import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

interface PrintedSpan {
  readonly name: string;
  readonly kind: string;
  readonly id: string;
  readonly parent?: string;
}

/** The span and everything it stands in, from the outermost on. */
const pathOf = (span: PrintedSpan | undefined, spans: readonly PrintedSpan[]): readonly string[] =>
  span === undefined
    ? []
    : [
        ...pathOf(
          spans.find(({ id }) => id === span.parent),
          spans,
        ),
        `${span.kind} ${span.name}`,
      ];

test("under OpenTelemetry's own instrumentation of HTTP and Express, the gateway's spans stand inside theirs", async () => {
  const app = fileURLToPath(new URL("open-telemetry/app.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--conditions=@llm-gateway/source", app]);
  expect(stderr).toBe("");
  const spans = JSON.parse(stdout) as readonly PrintedSpan[];
  const gateways = spans.filter(({ name }) => name === "llm_gateway chat");
  const expected = ["SERVER POST", "INTERNAL middleware - llmGatewayMiddleware", "INTERNAL llm_gateway chat"];
  expect(gateways.map((span) => pathOf(span, spans))).toEqual([expected, expected]);
});
