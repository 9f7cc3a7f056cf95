import { describe, expect, test } from "vitest";
import { createGateway, openai, type MediaOptions } from "../../src/index.ts";
import type { FakeAnswer } from "../../src/testing/index.ts";
import { chatAnswer } from "../../src/testing/wire.ts";
import { claudeMessage, cohereAnswer, converseAnswer, geminiAnswer, ollamaAnswer } from "./answers.ts";
import { createWorld, type Tree, type World } from "./world.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const pdf = Buffer.from("%PDF-1.7 one page");
const address = "https://images.example.com/cat";
const image = (url: string): object => ({ type: "image_url", image_url: { url } });
const saying = (...parts: readonly object[]): object => ({
  messages: [{ role: "user", content: [{ type: "text", text: "What is it?" }, ...parts] }],
});

/** Answers of each kind of provider, and of a host that has a file. */
const answer = (url: string, file: FakeAnswer): FakeAnswer => {
  if (url.includes("example.com") || url.includes("example.org")) return file;
  if (url.includes("bedrock")) return converseAnswer([{ text: "Hi" }]);
  if (url.includes("anthropic")) return claudeMessage([{ type: "text", text: "Hi" }]);
  if (url.includes("googleapis")) return geminiAnswer([{ text: "Hi" }]);
  if (url.includes("cohere")) return cohereAnswer({ content: [{ type: "text", text: "Hi" }] });
  return url.includes("/api/chat") ? ollamaAnswer({ content: "Hi" }) : { body: chatAnswer("Hi") };
};
const file = (bytes: Uint8Array | string, type = "application/octet-stream", more: object = {}): FakeAnswer => ({
  headers: { "content-type": type },
  body: [bytes],
  ...more,
});
const world = (fetched: FakeAnswer | ((url: string) => FakeAnswer), media?: MediaOptions): World =>
  createWorld(
    ({ url }) => answer(url, typeof fetched === "function" ? fetched(url) : fetched),
    media === undefined ? {} : { media },
  );
const allowed = { allowHosts: ["images.example.com", "*.cdn.example.org"] };

const nova = "bedrock/amazon.nova-pro-v1:0";

describe("an image that is given by its address", () => {
  test("Q29: goes as it is to whoever fetches it, and as data in the form each takes it", async () => {
    const { chat, sent } = world(file(png));
    const data = `data:image/png;base64,${png.toString("base64")}`;
    for (const model of ["anthropic/claude-sonnet-4-5", "openai/gpt-4.1", "cohere/command-a-vision-07-2025"])
      await chat({ model, ...saying(image(address), image(data)) });
    expect(sent(0).messages[0].content.slice(1)).toEqual([
      { type: "image", source: { type: "url", url: address } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: png.toString("base64") } },
    ]);
    for (const index of [1, 2])
      expect(sent(index).messages[0].content.slice(1)).toMatchObject([image(address), image(data)]);
  });

  test.each([nova, "ollama/llava", "gemini/gemini-2.5-flash"])(
    "Q49, Q86, T37: is refused where %s cannot be given it, in words that say how to mend that",
    async (model) => {
      const { chat, transport } = world(file(png));
      const { status, body } = await chat({ model, ...saying(image(address)) });
      expect([status, body.error.code]).toEqual([400, "unsupported_parameter"]);
      expect(body.error.message).toContain("`media`");
      expect(transport.requests).toHaveLength(0);
    },
  );

  test("Q49, Q86, T37: is fetched for those who take only data, where the operator allows its host", async () => {
    const { chat, sent, transport } = world(file(png), allowed);
    for (const model of [nova, "ollama/llava", "gemini/gemini-2.5-flash"]) {
      const { status } = await chat({ model, ...saying(image(address)) });
      expect([model, status]).toEqual([model, 200]);
    }
    const data = png.toString("base64");
    expect(transport.requests[0]).toMatchObject({ method: "GET", url: address });
    expect(sent(1).messages[0].content[1]).toEqual({ image: { format: "png", source: { bytes: data } } });
    expect(sent(3).messages[0].images).toEqual([data]);
    expect(sent(5).contents[0].parts[1]).toEqual({ inlineData: { mimeType: "image/png", data } });
  });

  test("in a tool's result is fetched as well", async () => {
    const { messages, sent } = world(file(png), allowed);
    const source = { type: "url", url: address };
    const result = { type: "tool_result", tool_use_id: "t1", content: [{ type: "image", source }] };
    await messages({
      model: nova,
      tools: [{ name: "look", input_schema: { type: "object" } }],
      messages: [
        { role: "user", content: "Look." },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "look", input: {} }] },
        { role: "user", content: [result] },
      ],
    });
    const [{ toolResult }] = sent(1).messages[2].content;
    expect(toolResult.content).toEqual([{ image: { format: "png", source: { bytes: png.toString("base64") } } }]);
  });

  test("is fetched once for all attempts and places", async () => {
    const { chat, transport } = createWorld(
      ({ url }) => (url.includes("bedrock") ? { status: 503, body: {} } : answer(url, file(png))),
      { media: allowed },
    );
    const { status } = await chat({ model: nova, models: ["ollama/llava"], ...saying(image(address), image(address)) });
    expect(status).toBe(200);
    expect(transport.requests.filter(({ url }) => url === address)).toHaveLength(1);
  });

  test("shows in an explanation where it would be, without being fetched", async () => {
    const { gateway, transport } = world(file(png), allowed);
    const { targets } = await gateway.explain({
      model: nova,
      messages: [{ role: "user", parts: [{ type: "image", source: { type: "url", url: address } }] }],
    });
    const { body }: Tree = targets[0]?.request ?? {};
    const { image: shown } = body.messages[0].content[0];
    expect(Buffer.from(shown.source.bytes, "base64").toString()).toBe(`[fetched from ${address}]`);
    expect(transport.requests).toHaveLength(0);
  });
});

describe("what is fetched", () => {
  const fetched = async (
    url: string,
    host: FakeAnswer | ((url: string) => FakeAnswer),
    media: Partial<MediaOptions> = {},
  ) => {
    const { chat, transport } = world(host, { ...allowed, ...media });
    const { status, body } = await chat({ model: nova, ...saying(image(url)) });
    return { status, message: String(body.error?.message), asked: transport.requests.map((request) => request.url) };
  };

  test.each([
    ["another host", "https://evil.example.com/cat"],
    ["a host that only begins the same", "https://images.example.com.evil.example.org/cat"],
    ["the parent of what is allowed", "https://cdn.example.org/cat"],
    ["a host without encryption", "http://images.example.com/cat"],
    ["another port", "https://images.example.com:8443/cat"],
    ["a name and a password", "https://user:pass@images.example.com/cat"],
    ["an address of this machine", "https://127.0.0.1/cat"],
    ["a cloud's own service", "https://169.254.169.254/latest/meta-data"],
  ])("is not from %s", async (_, url) => {
    const { status, message, asked } = await fetched(url, file(png));
    expect(status).toBe(400);
    expect(message).toContain("media.allowHosts");
    expect(asked).toEqual([]);
  });

  test("may be from below a host that is allowed with all below it", async () => {
    expect((await fetched("https://a.cdn.example.org/cat", file(png))).status).toBe(200);
  });

  test("is where a redirect leads, but not beyond what is allowed, nor in circles", async () => {
    const to = (location: string): FakeAnswer => ({ status: 302, headers: { location }, body: "" });
    const good = await fetched(address, (url) => (url === address ? to("/real") : file(png)));
    expect(good).toMatchObject({ status: 200, asked: expect.arrayContaining(["https://images.example.com/real"]) });
    const away = await fetched(address, to("https://evil.example.com/cat"));
    expect(away).toMatchObject({ status: 400, asked: [address] });
    const round = await fetched(address, to(address));
    expect(round.status).toBe(400);
    expect(round.asked).toHaveLength(4);
  });

  test.each([
    ["no file at all", { status: 404, body: "" }, "status 404"],
    ["a page instead of an image", file("<html>", "text/html"), "text/html"],
    ["nothing a model reads", file(Buffer.of(0, 1, 2, 3), "image/png"), "neither text"],
    ["a document instead of an image", file(pdf, "image/png"), "application/pdf"],
    ["a connection that breaks", file(png, "image/png", { breaksWith: new Error("reset") }), "broke off"],
    ["too many bytes", file(Buffer.concat([png, Buffer.alloc(100)])), "100 bytes together"],
  ])("must be an image: %s is refused", async (_, host, why) => {
    const { status, message } = await fetched(address, host, { maxBytes: 100 });
    expect(status).toBe(400);
    expect(message).toContain(why);
  });

  test("is limited in number", async () => {
    const { chat, transport } = world(file(png), { ...allowed, maxFiles: 1 });
    const { status, body } = await chat({ model: nova, ...saying(image(`${address}1`), image(`${address}2`)) });
    expect([status, body.error.message]).toEqual([400, expect.stringContaining("at most 1 files")]);
    expect(transport.requests).toHaveLength(0);
  });

  test.each<[unknown, string]>([
    [{}, "media.allowHosts"],
    [{ allowHosts: [] }, "media.allowHosts"],
    [{ allowHosts: ["https://a.example.com"] }, "media.allowHosts"],
    [{ allowHosts: ["a.*.com"] }, "media.allowHosts"],
    [{ allowHosts: ["*"], maxBytes: 0 }, "media.maxBytes"],
    [{ allowHosts: ["*"], hosts: [] }, "hosts"],
  ])("is decided by options that are checked: %j", (media, option) => {
    // Wrong on purpose.
    const options = { providers: [openai({ apiKey: "k" })], media: media as MediaOptions };
    expect(() => createGateway(options)).toThrow(option);
  });
});

describe("files", () => {
  const data = `data:application/pdf;base64,${pdf.toString("base64")}`;
  const given = saying({ type: "file", file: { filename: "a.pdf", file_data: data } });
  const base64 = pdf.toString("base64");

  test.each<[string, Tree]>([
    [
      "anthropic/claude-sonnet-4-5",
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: base64 } },
    ],
    ["gemini/gemini-2.5-flash", { inlineData: { mimeType: "application/pdf", data: base64 } }],
    [nova, { document: { format: "pdf", source: { bytes: base64 } } }],
    ["openai/gpt-4.1", { type: "file", file: { filename: "a.pdf", file_data: data } }],
    ["responses/gpt-4.1", { type: "input_file", filename: "a.pdf", file_data: data }],
  ])("Q29, Q86: go to %s in its own form", async (model, written) => {
    const { chat, sent } = model.startsWith("responses")
      ? createWorld({ body: { object: "response", status: "completed", output: [] } })
      : world(file(pdf));
    const { status } = await chat({ model, ...given });
    const { messages, contents, input } = sent();
    const turn = messages?.[0].content ?? contents?.[0].parts ?? input[0].content;
    expect(status).toBe(200);
    expect(turn[1]).toMatchObject(written);
  });

  test("by address are fetched for a chat server, which takes them as data only", async () => {
    const { messages, sent } = world(file(pdf), allowed);
    const document = { type: "document", source: { type: "url", url: "https://images.example.com/a.pdf" } };
    await messages({
      model: "openai/gpt-4.1",
      messages: [{ role: "user", content: [document, { type: "text", text: "Hi" }] }],
    });
    expect(sent(1).messages[0].content[0]).toMatchObject({ type: "file", file: { file_data: data } });
  });

  test("of text are read out to those who take documents as text", async () => {
    const { messages, sent } = world(file("Hello, world", "text/markdown; charset=utf-8"), allowed);
    const document = {
      type: "document",
      title: "Notes",
      source: { type: "url", url: "https://images.example.com/notes" },
    };
    await messages({ model: "ollama/llama3.2", messages: [{ role: "user", content: [document] }] });
    expect(sent(1).messages[0].content).toBe("Notes\nHello, world");
  });
});

describe("sound", () => {
  const audio = { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } };

  test.each(["anthropic/claude-sonnet-4-5", "cohere/command-a-03-2025", "ollama/llama3.2", "responses/gpt-4.1", nova])(
    "Q30: is never left out in silence: %s refuses it",
    async (model) => {
      const { status, body } = await world(file(png)).chat({ model, ...saying(audio) });
      expect([status, body.error.code]).toEqual([400, "unsupported_parameter"]);
      expect(body.error.param).toContain("input_audio");
    },
  );

  test("goes inline to those who hear", async () => {
    const { chat, sent } = world(file(png));
    await chat({ model: "gemini/gemini-2.5-flash", ...saying(audio) });
    expect(sent().contents[0].parts[1]).toEqual({ inlineData: { mimeType: "audio/wav", data: "UklGRg==" } });
  });
});
