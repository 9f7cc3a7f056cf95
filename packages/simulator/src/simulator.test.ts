import { Agent, request as httpRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { chat, chatPath, messages, messagesPath, post } from "../test/client.ts";
import { startSimulator, type Simulator, type SimulatorOptions } from "./simulator.ts";

const started: Simulator[] = [];
const start = async (options?: SimulatorOptions): Promise<Simulator> => {
  const simulator = await startSimulator(options);
  started.push(simulator);
  return simulator;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.close()));
});

const untilTrue = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe("requests", () => {
  test("are written down as they arrived", async () => {
    const simulator = await start();
    await post(simulator, `${chatPath}?a=1`, chat("x"), { "X-Custom": "Yes" });
    await post(simulator, messagesPath, "{not json");
    expect(simulator.requests).toMatchObject([
      {
        provider: "openai",
        model: "gpt-4o",
        method: "POST",
        path: `${chatPath}?a=1`,
        headers: { "x-custom": "Yes" },
        body: chat("x"),
      },
      { provider: "anthropic", model: "", body: "{not json" },
    ]);
    expect(Math.abs((simulator.requests[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test("to unknown paths are written down too, and get 404", async () => {
    const simulator = await start();
    expect((await fetch(`${simulator.url}/nobody/chat`, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${simulator.url}/openai/v1/%zz`)).status).toBe(404);
    expect(simulator.requests[0]).toMatchObject({ provider: undefined, path: "/nobody/chat", body: undefined });
  });

  test("are kept up to a thousand", async () => {
    const simulator = await start();
    for (let batch = 0; batch < 21; batch++) {
      await Promise.all(
        Array.from({ length: 50 }, () => fetch(`${simulator.url}/x${batch}`).then((response) => response.text())),
      );
    }
    expect(simulator.requests).toHaveLength(1_000);
    expect(simulator.requests[0]?.path).toBe("/x1");
  });

  test("settle when they are answered, without a hang-up", async () => {
    const simulator = await start();
    await (await post(simulator, chatPath, chat("x"))).text();
    await simulator.requests[0]?.closed;
    expect(simulator.requests[0]?.hungUp).toBe(false);
  });

  test("note a client that hangs up in the middle of a paced stream, and the socket is gone", async () => {
    const simulator = await start({ paceMs: 50 });
    const response = await post(simulator, chatPath, chat("Explain rain", { stream: true }));
    const reader = response.body?.getReader();
    await reader?.read();
    expect(simulator.connections.open).toBe(1);
    await reader?.cancel();
    await simulator.requests[0]?.closed;
    expect(simulator.requests[0]?.hungUp).toBe(true);
    await untilTrue(() => simulator.connections.open === 0);
  });

  test("larger than 32 MiB are refused in the provider's words", async () => {
    const simulator = await start();
    const body = JSON.stringify(messages("x".repeat(32 * 1024 * 1024)));
    const { hostname, port } = new URL(simulator.url);
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const request = httpRequest(
        { hostname, port, path: messagesPath, method: "POST", headers: { "x-api-key": "k" } },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => resolve({ status: response.statusCode, text }));
        },
      );
      request.on("error", reject);
      request.write(body.slice(0, 33 * 1024 * 1024));
      request.write("more than enough");
      // The rest is never sent: the answer comes without it.
    });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain("request_too_large");
  });
});

test("connections are counted and numbered, so that reuse can be told from a fresh socket", async () => {
  const simulator = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(simulator.url);
  const get = (): Promise<void> =>
    new Promise((resolve, reject) => {
      httpRequest({ hostname, port, path: "/", agent }, (response) => response.resume().on("end", resolve))
        .on("error", reject)
        .end();
    });
  await get();
  await get();
  expect(simulator.requests.map((request) => request.connection)).toEqual([1, 1]);
  expect(simulator.connections).toMatchObject({ open: 1, total: 1 });
  agent.destroy();
  await untilTrue(() => simulator.connections.open === 0);
  await fetch(simulator.url);
  expect(simulator.requests[2]?.connection).toBe(2);
});

test("two simulators with one seed answer alike, with another seed differently", async () => {
  const simulators = await Promise.all([start(), start(), start({ seed: "other" })]);
  const [first, second, other] = await Promise.all(
    simulators.map(async (simulator) => (await post(simulator, chatPath, chat("Explain rain"))).text()),
  );
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});

test("a reset forgets requests", async () => {
  const simulator = await start();
  await fetch(simulator.url);
  simulator.reset();
  expect(simulator.requests).toEqual([]);
});

test("close ends open streams at once and may be called twice", async () => {
  const simulator = await start({ paceMs: 10_000 });
  const response = await post(simulator, chatPath, chat("x", { stream: true }));
  await Promise.all([simulator.close(), simulator.close()]);
  await expect(response.text()).rejects.toThrow("terminated");
  await expect(fetch(simulator.url)).rejects.toThrow("fetch failed");
});

test("one model is described by its name", async () => {
  const simulator = await start();
  const get = async (path: string): Promise<unknown> =>
    (await fetch(simulator.url + path, { headers: { authorization: "Bearer k" } })).json();
  expect(await get("/v1/models/any-model")).toMatchObject({ id: "any-model", object: "model" });
  expect(await get("/anthropic/v1/models/any-model")).toMatchObject({ id: "any-model", type: "model" });
  expect(await get("/gemini/v1beta/models/any-model")).toMatchObject({ name: "models/any-model" });
  expect(await get("/gemini/v1beta/models")).toHaveProperty("models");
});

test.each([
  [{ port: 70_000 }, /`port` must be a whole number from 0 to 65535, got 70000/u],
  [{ paceMs: -1 }, /`paceMs`/u],
])("refuses %j", async (options, message) => {
  await expect(startSimulator(options)).rejects.toThrow(message);
});

test("listens on loopback only", async () => {
  // @ts-expect-error other hosts are not in the type either
  await expect(startSimulator({ host: "0.0.0.0" })).rejects.toThrow(/`host` must be one of 127.0.0.1/u);
  expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
});

test("a port that is taken is an error", async () => {
  const port = Number(new URL((await start()).url).port);
  await expect(startSimulator({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
