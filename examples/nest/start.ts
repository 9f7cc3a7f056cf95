import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { startSimulator } from "@llm-gateway/simulator";
import { serveSimulated } from "../simulated.ts";
import type * as main from "./main.ts";

// Decorators have to be compiled, as `nest build` does it.
const tsc = join(import.meta.dirname, "../../node_modules/.bin/tsc");
execFileSync(tsc, ["--project", import.meta.dirname], { stdio: "inherit" });
const compiled: string = "./dist/main.js";

await serveSimulated(await startSimulator({ paceMs: 15 }), (): Promise<typeof main> => import(compiled), {
  path: "",
  model: "anthropic/claude-haiku-4-5",
});
