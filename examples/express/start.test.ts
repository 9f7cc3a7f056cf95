import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

test("the tour shows every kind of request, then the server stays up until it is interrupted", async () => {
  const child = spawn(
    process.execPath,
    ["--conditions=@llm-gateway/source", fileURLToPath(new URL("start.ts", import.meta.url))],
    { env: { ...process.env, PORT: "0", NODE_ENV: "development" } },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const match = /stays up at (\S+)\/v1[\s\S]*Ctrl-C/.exec(output);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    child.once("exit", () => reject(new Error(`The tour ended early:\n${output}`)));
  });

  expect(output).toContain("17 * 3 = 51.");
  expect(output).toContain("target anthropic/claude-haiku-4-5 · attempts 3");
  expect(output).toContain("cache hit");
  expect(output).toContain("my card is [CARD]");
  expect(output).toContain("400 content_filter");
  expect(output).toMatch(/translate-stream \(stream\) .*█/);

  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "What is 2 * 3?" }] }),
  });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: "2 * 3 = 6." } }] });

  const interrupted = performance.now();
  child.kill("SIGINT");
  await once(child, "exit");
  expect(performance.now() - interrupted).toBeLessThan(1_000);
}, 30_000);
