import { describe, expect, test } from "vitest";
import { allowAnyone, createGateway, openai, type GatewayOptions } from "../src/index.ts";
import { createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer } from "../src/testing/wire.ts";

const ask = async (answer: FakeAnswer, debug: GatewayOptions["debug"]): Promise<Response> => {
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-canary" })],
    authenticate: allowAnyone(),
    transport: createFakeTransport(() => answer),
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ...(debug === undefined ? {} : { debug }),
  });
  const messages = [{ role: "user", content: "canary prompt" }];
  const response = await gateway.fetchAs({ id: "ada" })("http://gateway.test/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "openai/gpt-5-mini", messages }),
  });
  await response.text();
  return response;
};

/** The drawn spans with their depths, without the bars. */
const labelsOf = (drawing: string): string[] => drawing.split("\n").map((line) => line.slice(0, 38).trimEnd());

describe("debug", () => {
  test("draws the stages and calls of each request, with no SDK", async () => {
    const drawings: string[] = [];
    await ask({ body: chatAnswer("canary answer") }, (drawing) => void drawings.push(drawing));
    expect(drawings).toHaveLength(1);
    const [drawing = ""] = drawings;
    const labels = labelsOf(drawing);
    expect(labels[0]).toBe("llm_gateway chat (200, ok)");
    expect(labels).toEqual(expect.arrayContaining(["  normalize", "  route", "  retry", "    chat gpt-5-mini"]));
    expect(labels).toContain("      POST (200)");
    expect(drawing.split("\n").every((line) => / █.* \d+\.\d ms$/.test(line))).toBe(true);
    expect(drawing).not.toContain("canary");
  });

  test("draws what failed", async () => {
    const drawings: string[] = [];
    await ask({ status: 401, body: { error: { message: "canary" } } }, (drawing) => void drawings.push(drawing));
    expect(labelsOf(drawings.join("\n"))).toEqual(
      expect.arrayContaining(["llm_gateway chat (502, error, 401)", "    chat gpt-5-mini (401)"]),
    );
  });

  test("a drawing that can not be shown breaks nothing", async () => {
    const response = await ask({ body: chatAnswer("Hi") }, () => {
      throw new Error("no terminal");
    });
    expect(response.status).toBe(200);
    // Nobody is told of a trace that exists only in the drawing.
    expect(response.headers.get("x-llm-gateway-trace-id")).toBeNull();
  });

  test("is off unless it is asked for, and takes nothing but true, false or a function", async () => {
    expect((await ask({ body: chatAnswer("Hi") }, undefined)).status).toBe(200);
    expect(() => createGateway({ authenticate: allowAnyone(), debug: "yes" as unknown as boolean })).toThrow(
      "`debug` must be true",
    );
  });
});
