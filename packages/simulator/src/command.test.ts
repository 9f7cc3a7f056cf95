import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { chat } from "../test/client.ts";

const command = fileURLToPath(new URL("command.ts", import.meta.url));
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly code: Promise<number | null>;
}

const run = (...flags: readonly string[]): Run => {
  const child = spawn(process.execPath, [command, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output: () => output, code };
};

test("prints where it is and how to point a gateway at it, serves, and ends at once on Ctrl-C", async () => {
  const { child, output, code } = run("--port", "0", "--pace", "0");
  while (!output().includes("Ctrl-C")) await new Promise((resolve) => child.stdout?.once("data", resolve));
  const url = /http:\/\/127\.0\.0\.1:\d+/u.exec(output())?.[0] ?? "";
  expect(output()).toContain(`OPENAI_BASE_URL=${url}/openai/v1 OPENAI_API_KEY=simulator`);
  expect(output()).toContain(`ANTHROPIC_BASE_URL=${url}/anthropic ANTHROPIC_API_KEY=simulator`);
  expect(output()).toContain(`GEMINI_BASE_URL=${url}/gemini/v1beta GEMINI_API_KEY=simulator`);
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer k" },
    body: JSON.stringify(chat('Say "hello"')),
  });
  expect(await answer.text()).toContain('"content":"hello"');
  child.kill("SIGINT");
  expect(await code).toBe(0);
});

test("--help lists the flags and every fault", async () => {
  const { output, code } = run("--help");
  expect(await code).toBe(0);
  expect(output()).toMatch(/--pace.*\n(?:.*\n)*.*reset-mid-stream/u);
});

test.each([
  [["--port", "x"], '--port must be a whole number from 0 to 65535, got "x"'],
  [["--pace", "-5"], "--pace"],
  [["--bogus"], "--bogus"],
])("refuses %j with exit code 2", async (flags, message) => {
  const { output, code } = run(...flags);
  expect(await code).toBe(2);
  expect(output()).toContain(message);
});
