import { startSimulator } from "@llm-gateway/simulator";
import { serveSimulated } from "../simulated.ts";

await serveSimulated(await startSimulator({ paceMs: 15 }), () => import("./server.ts"), {
  path: "/llm",
  model: "anthropic/claude-haiku-4-5",
});
