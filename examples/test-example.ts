import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

/** An example that runs, as `npm run example` started it. */
export interface RunningExample {
  /** Where it said its gateway is, `/v1` included. */
  readonly url: string;
  readonly output: string;
  /** Presses Ctrl-C and waits for the end: brings the exit code, or the signal where that ended it. */
  readonly interrupt: () => Promise<number | string>;
}

/** What runs: the packages' sources as they are, or what was built of them. */
export type Packages = "sources" | "built";

/** Starts an example on a free port. What is left of it stops with the test. */
export const startExample = async (name: string, packages: Packages = "sources"): Promise<RunningExample> => {
  const { example, kill } = await spawnExample(name, packages);
  onTestFinished(kill);
  return example;
};

/** One example for all tests of a file, or of a group of tests. */
export const useExample = (name: string, packages: Packages = "sources"): (() => RunningExample) => {
  let spawned: Spawned | undefined;
  beforeAll(async () => {
    spawned = await spawnExample(name, packages);
  }, patienceMs);
  afterAll(() => spawned?.kill());
  return () => {
    if (spawned === undefined) throw new Error("The example has not been started.");
    return spawned.example;
  };
};

interface Spawned {
  readonly example: RunningExample;
  readonly kill: () => void;
}

// An example compiles all that it is made of.
const patienceMs = 60_000;

const spawnExample = async (name: string, packages: Packages): Promise<Spawned> => {
  const conditions = packages === "sources" ? ["--conditions=@llm-gateway/source"] : [];
  const command = fileURLToPath(new URL("start.ts", import.meta.url));
  const child = spawn(process.execPath, [...conditions, command, name], {
    env: { ...process.env, PORT: "0", NODE_ENV: "development" },
  });
  const exit = once(child, "exit");
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const [, said] = / at (http:\S+\/v1)[\s\S]*Ctrl-C/.exec(output) ?? [];
      if (said !== undefined) resolve(said);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exit.then(() => reject(new Error(`The example ended early:\n${output}`)));
  });
  const interrupt = async (): Promise<number | string> => {
    child.kill("SIGINT");
    const [code, signal] = await exit;
    return code ?? signal;
  };
  return { example: { url, output, interrupt }, kill: () => void child.kill("SIGKILL") };
};

interface Question {
  readonly key?: string;
  readonly model: string;
  readonly content?: string;
  readonly stream?: boolean;
}

/** Asks an example as an OpenAI client does. */
export const ask = (
  { url }: RunningExample,
  { key = "ada-key", content = "What is 17 * 3?", ...body }: Question,
): Promise<Response> =>
  fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ ...body, messages: [{ role: "user", content }] }),
  });

/** What every example does. When that is told, it has ended. */
export const testExample = (name: string, example: () => RunningExample, model: string): void => {
  describe(`the example ${name}`, () => {
    test("answers its own users, and nobody else", async () => {
      const answer = await ask(example(), { model });
      expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "17 * 3 = 51." } }] });
      expect((await ask(example(), { model, key: "stranger" })).status).toBe(401);
    });

    test("ends a stream that is under way before it ends itself", async () => {
      const answer = await ask(example(), { model, content: "count to 20", stream: true });
      const ended = example().interrupt();
      const text = await answer.text();
      expect(text).toContain("20");
      expect(text.trimEnd()).toMatch(/data: \[DONE\]$/);
      // Nest hands the signal on when everything is shut down.
      expect(await ended).toBe(name === "nest" ? "SIGINT" : 0);
    });
  });
};
