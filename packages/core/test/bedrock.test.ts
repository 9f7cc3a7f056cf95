import { describe, expect, test } from "vitest";
import {
  bedrock,
  collect,
  createGateway,
  retry,
  type AwsCredentials,
  type BedrockOptions,
  type Gateway,
  type Stage,
  type TransportRequest,
} from "../src/index.ts";
import { signRequest } from "../src/providers/auth/sigv4.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer, type FakeTransport } from "../src/testing/index.ts";
import { awsEvent, awsException } from "./aws-message.ts";

const claude = "bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0";
const keys = { accessKeyId: "AKIACANARY", secretAccessKey: "canary-secret" };
const answer = {
  output: { message: { role: "assistant", content: [{ text: "Hello" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
};
const stream = [
  awsEvent("messageStart", { role: "assistant" }),
  awsEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } }),
  awsEvent("contentBlockStop", { contentBlockIndex: 0 }),
  awsEvent("messageStop", { stopReason: "end_turn" }),
  awsEvent("metadata", { usage: answer.usage }),
];
const binary = { "content-type": "application/vnd.amazon.eventstream" };

const setUp = (
  respond: (request: TransportRequest) => FakeAnswer,
  options: BedrockOptions = {},
): {
  readonly gateway: Gateway;
  readonly transport: FakeTransport;
  readonly clock: ReturnType<typeof createFakeClock>;
} => {
  const transport = createFakeTransport(respond);
  const clock = createFakeClock();
  const credentials = (): AwsCredentials => keys;
  const signed = options.apiKey === undefined ? { credentials } : {};
  const provider = bedrock({ region: "us-east-1", ...signed, ...options });
  // The clock stands still, so that nobody must wait before asking again.
  const stages = (defaults: Stage[]): Stage[] =>
    defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage));
  return { gateway: createGateway({ providers: [provider], transport, clock, stages }), transport, clock };
};

const ask = (gateway: Gateway, isStream = false): ReturnType<Gateway["chat"]> =>
  gateway.chat({ model: claude, stream: isStream, messages: [{ role: "user", content: "Hi" }] });

describe("a call to Bedrock", () => {
  test("is signed over the bytes, the address and the time that were sent", async () => {
    const { gateway, transport, clock } = setUp(() => ({ body: answer }));
    const reply = await collect(await ask(gateway));
    expect(reply.choices[0]?.parts).toMatchObject([{ type: "text", text: "Hello" }]);
    const { url, headers, body = "" } = transport.requests[0] ?? {};
    expect(url).toBe(
      "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse",
    );
    const { authorization } = signRequest(
      { method: "POST", url: String(url), headers: { "content-type": "application/json" }, body },
      keys,
      { region: "us-east-1", service: "bedrock" },
      clock.wall(),
    );
    expect(headers).toMatchObject({ authorization, "content-type": "application/json", accept: "application/json" });
  });

  test("goes to a profile by its ARN", async () => {
    const arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    const { gateway, transport } = setUp(() => ({ body: answer }));
    await collect(await gateway.chat({ model: `bedrock/${arn}`, messages: [{ role: "user", content: "Hi" }] }));
    expect(transport.requests[0]?.url).toMatch(
      /\/model\/arn%3Aaws%3A.*%3Aapplication-inference-profile%2Fabc\/converse$/,
    );
  });

  test("shows an API key where there is one", async () => {
    const { gateway, transport } = setUp(() => ({ body: answer }), { apiKey: "canary-key" });
    await collect(await ask(gateway));
    expect(transport.requests[0]?.headers["authorization"]).toBe("Bearer canary-key");
    expect(transport.requests[0]?.headers["x-amz-date"]).toBeUndefined();
  });

  test("streams, however the bytes are cut", async () => {
    const bytes = Buffer.concat(stream);
    for (const size of [1, 7, 100, bytes.length]) {
      const body = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const { gateway, transport } = setUp(() => ({ headers: binary, body }));
      const reply = await collect(await ask(gateway, true));
      expect(reply).toMatchObject({
        choices: [{ parts: [{ type: "text", text: "Hello" }], finishReason: "stop" }],
        usage: { inputTokens: 3, outputTokens: 1 },
      });
      expect(transport.requests[0]?.headers["accept"]).toBe("application/vnd.amazon.eventstream");
      expect(transport.requests[0]?.url).toMatch(/\/converse-stream$/);
    }
  });

  test("is no success where the stream is cut or fails", async () => {
    const collectStream = async (body: readonly Uint8Array[]): Promise<unknown> =>
      collect(await ask(setUp(() => ({ headers: binary, body })).gateway, true));
    await expect(collectStream(stream.slice(0, 4))).rejects.toMatchObject({ code: "upstream_stream_truncated" });
    const failed = awsException("throttlingException", { message: "slow" });
    await expect(collectStream([...stream.slice(0, 2), failed])).rejects.toMatchObject({
      code: "upstream_rate_limited",
    });
    await expect(collectStream([failed])).rejects.toMatchObject({ code: "upstream_rate_limited" });
  });

  test("tells a refusal by the type in its header", async () => {
    const refused = (type: string): Promise<unknown> => {
      const headers = { "content-type": "application/json", "x-amzn-errortype": `${type}:http://internal.amazon.com/` };
      return ask(setUp(() => ({ status: 400, headers, body: { message: "no" } })).gateway);
    };
    await expect(refused("ValidationException")).rejects.toMatchObject({
      code: "upstream_invalid_request",
      upstreamType: "ValidationException",
    });
    await expect(refused("ServiceQuotaExceededException")).rejects.toMatchObject({ code: "upstream_quota_exhausted" });
  });

  test("says that there are no credentials, not what they are", async () => {
    const credentials: BedrockOptions["credentials"] = () => Promise.reject(new Error("no network"));
    const { gateway, transport } = setUp(() => ({ body: answer }), { credentials });
    await expect(ask(gateway)).rejects.toMatchObject({
      code: "upstream_auth_failed",
      message: "The credentials of bedrock failed.",
    });
    const broken = setUp(() => ({ body: answer }), { credentials: () => ({ ...keys, secretAccessKey: "canary\n" }) });
    const error: unknown = await ask(broken.gateway).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "upstream_auth_failed" });
    expect(String((error as Error).cause)).not.toContain("canary");
    expect(transport.requests).toEqual([]);
  });
});
