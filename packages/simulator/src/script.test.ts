import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chat, chatPath, contents, geminiPath, messages, messagesPath, post, readJsonEvents } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
let folder: string;
const stream = 'data: {"choices":[{"index":0,"delta":{"content":"é"}}]}\n\ndata: [DONE]\n\n';

beforeAll(async () => {
  simulator = await startSimulator();
  folder = mkdtempSync(join(tmpdir(), "simulator-"));
  const headers = {
    "Content-Type": "text/event-stream",
    "x-request-id": "req_1",
    "content-length": "9",
    "retry-after": "3",
  };
  writeFileSync(join(folder, "meta.json"), JSON.stringify({ status: 201, headers }));
  writeFileSync(join(folder, "stream.sse"), stream);
});
afterEach(() => simulator.reset());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await simulator.close();
});

const ask = (fields = {}): Promise<Response> => post(simulator, chatPath, chat("x", fields));

/** The body as it came, one string for each network read. */
const reads = async (response: Response): Promise<readonly string[]> => {
  const parts: string[] = [];
  for await (const chunk of response.body ?? []) parts.push(Buffer.from(chunk).toString("latin1"));
  return parts;
};

describe("replies", () => {
  test("are written in each provider's format", async () => {
    const reply = {
      text: "scripted",
      reasoning: "because",
      finishReason: "odd",
      usage: { inputTokens: 100, outputTokens: 7 },
    };
    simulator.script({ reply });
    expect(await (await ask()).json()).toMatchObject({
      choices: [{ message: { content: "scripted", reasoning_content: "because" }, finish_reason: "odd" }],
      usage: { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107 },
    });
    expect(await (await post(simulator, messagesPath, messages("x"))).json()).toMatchObject({
      content: [{ type: "thinking", thinking: "because" }, { text: "scripted" }],
      stop_reason: "odd",
      usage: { input_tokens: 100, output_tokens: 7 },
    });
    expect(await (await post(simulator, geminiPath("g"), contents("x"))).json()).toMatchObject({
      candidates: [
        { content: { parts: [{ text: "because", thought: true }, { text: "scripted" }] }, finishReason: "odd" },
      ],
    });
  });

  test("are streamed when a stream was asked for, with calls whose arguments may be any text", async () => {
    simulator.script({
      reply: {
        toolCalls: [
          { name: "a", arguments: { x: 1 } },
          { name: "b", arguments: '{"cut' },
        ],
      },
    });
    const events = readJsonEvents(await (await ask({ stream: true })).text());
    const calls = events.flatMap((event) => event.choices[0].delta.tool_calls ?? []);
    const joined = [0, 1].map((index) =>
      calls
        .filter((call) => call.index === index)
        .map((call) => call.function.arguments)
        .join(""),
    );
    expect(joined).toEqual(['{"x":1}', '{"cut']);
    expect(events.at(-1).choices[0].finish_reason).toBe("tool_calls");
  });

  test("are given to requests with fields the provider does not know", async () => {
    simulator.script({ reply: { text: "as if it had shipped" } });
    expect((await ask({ field_of_tomorrow: 1 })).status).toBe(200);
  });
});

describe("scope", () => {
  test("scripts answer in order, each as many times as it says", async () => {
    simulator.script({ fault: "503", times: 2 });
    simulator.script({ reply: { text: "then this" }, times: 1 });
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn++) statuses.push((await ask()).status);
    expect(statuses).toEqual([503, 503, 200]);
    expect(await (await ask()).text()).not.toContain("then this");
  });

  test("a fault may carry its number of times in its name", async () => {
    simulator.script({ fault: "503*1" });
    expect([(await ask()).status, (await ask()).status]).toEqual([503, 200]);
  });

  test("a script for one provider or model leaves the others alone", async () => {
    simulator.script({ provider: "anthropic", fault: "529" });
    simulator.script({ model: "gpt-4o-mini", fault: "fault:500" });
    expect((await ask()).status).toBe(200);
    expect((await ask({ model: "gpt-4o-mini" })).status).toBe(500);
    expect((await post(simulator, messagesPath, messages("x"))).status).toBe(529);
  });

  test("a scripted fault has its options and comes before the key", async () => {
    simulator.script({ fault: "429?retry-after=2" });
    const response = await post(simulator, chatPath, chat("x"), { authorization: "" });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "2"]);
  });

  test("a reset takes scripts away", async () => {
    simulator.script({ fault: "500" });
    simulator.reset();
    expect((await ask()).status).toBe(200);
  });
});

describe("bytes", () => {
  test("a recording is served byte for byte, with its status and its own headers", async () => {
    simulator.script({ recording: folder });
    const response = await ask();
    expect(response.status).toBe(201);
    expect(response.headers.get("retry-after")).toBe("3");
    expect(response.headers.get("content-length")).toBeNull();
    expect(await response.text()).toBe(stream);
  });

  test("a recording can be cut at every byte", async () => {
    const bytes = Buffer.from(stream);
    for (let cutAt = 0; cutAt <= bytes.length; cutAt += 7) {
      simulator.script({ recording: folder, cutAt, times: 1 });
      expect(Buffer.from(await (await ask()).arrayBuffer())).toEqual(bytes.subarray(0, cutAt));
    }
  });

  test("writes of the given sizes arrive one by one", async () => {
    simulator.script({ body: { bytes: "abcdefgh", chunkSizes: [1, 3] } });
    expect(await reads(await ask())).toEqual(["a", "bcd", "e", "fgh"]);
  });

  test("a body has the status, headers and bytes it was given", async () => {
    simulator.script({ body: { status: 418, headers: { "x-tea": "yes" }, bytes: new Uint8Array([0, 255]) } });
    const response = await ask();
    expect([response.status, response.headers.get("x-tea")]).toEqual([418, "yes"]);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255]);
  });

  test("a destroyed body breaks after its last byte", async () => {
    simulator.script({ body: { bytes: stream, cutAt: 30, how: "destroy" } });
    const response = await ask();
    const parts: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body ?? []) parts.push(Buffer.from(chunk).toString());
    })();
    await expect(reading).rejects.toThrow("terminated");
    expect(parts.join("")).toBe(stream.slice(0, 30));
    expect(simulator.requests.at(-1)?.hungUp).toBe(false);
  });
});

describe("scripts that are wrong are refused at once", () => {
  test.each([
    [{ fault: "no-such" }, /there is no fault named "no-such"/u],
    [{ fault: "503", times: 0 }, /`script.times` must be a positive integer, got 0/u],
    [{ fault: "503", reply: {} }, /one of reply, fault, recording and body, got reply and fault/u],
    [{ body: { bytes: "x", chunkSizes: [0] } }, /`script.chunkSizes`/u],
    [{ body: { bytes: "x", cutAt: -1 } }, /`script.cutAt`/u],
    [{ recording: "/no/such/folder" }, /ENOENT/u],
  ])("%j", (script, message) => {
    expect(() => simulator.script(script)).toThrow(message);
  });

  test("one that says nothing", () => {
    // @ts-expect-error a script has to say what is to happen
    expect(() => simulator.script({ times: 1 })).toThrow(/got none/u);
  });
});
