import { createClient } from "./streams/client.ts";
import { handwritten, inChunks, dice } from "./streams/stream.ts";
import { UpstreamError } from "@llm-gateway/core";
Error.stackTraceLimit = 0;
const ask = createClient();
const s = handwritten[0]!;
const reset = new UpstreamError("upstream_reset", "x");
const random = dice(1);
for (let round = 0; round < 8; round++) {
  const start = performance.now();
  let n = 0;
  for (let cut = 0; cut < s.bytes.length; cut++) { await ask("chat", "openai", inChunks(s.bytes.subarray(0, cut), 3, random)); n++; }
  console.log(((performance.now() - start) / n).toFixed(4), n);
}
