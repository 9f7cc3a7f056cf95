import { describe, expect, test } from "vitest";
import { chatMessage, chatDeltas, geminiAnswer, geminiStream } from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

const data = Buffer.from("89504e470d0a1a0a", "hex").toString("base64");
const url = `data:image/png;base64,${data}`;
const entry = { type: "image_url", image_url: { url } };
const inline = { inlineData: { mimeType: "image/png", data } };
const item = { type: "image_generation_call", id: "ig_1", status: "completed", output_format: "png", result: data };
const said = { type: "message", id: "m", role: "assistant", status: "completed" };
const frames = (...events: readonly object[]): readonly string[] =>
  events.map(
    (event, index) =>
      `event: ${(event as Tree).type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
  );
const response = { id: "r", object: "response", status: "completed", output: [item] };

const gemini = "gemini/gemini-2.5-flash-image";
const painters: readonly (readonly [string, Respond, Respond])[] = [
  [
    gemini,
    geminiAnswer([{ text: "Here:" }, { ...inline, thoughtSignature: "c2ln" }]),
    geminiStream([[{ text: "Here:" }], [inline]]),
  ],
  [
    "openrouter/a/b",
    chatMessage({ content: "Here:", images: [entry] }),
    chatDeltas([{ role: "assistant", content: "Here:" }, { images: [entry] }]),
  ],
  [
    "responses/gpt-5",
    {
      body: {
        ...response,
        output: [{ ...said, content: [{ type: "output_text", text: "Here:", annotations: [] }] }, item],
      },
    },
    {
      body: frames(
        { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
        { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", result: null } },
        { type: "response.output_item.done", output_index: 0, item },
        { type: "response.completed", response },
      ),
    },
  ],
];

describe("an image in an answer", () => {
  test.each(painters)("Q71: of %s has its own place for every client that has one, and is no text", async (...row) => {
    const [model, whole, streamed] = row;
    const chat = await createWorld(whole).chat({ model });
    const { images, content } = chat.body.choices[0].message;
    expect([content, images]).toMatchObject(["Here:", [entry]]);
    const generate = await createWorld(whole).generate(model, {});
    expect(generate.body.candidates[0].content.parts).toMatchObject([{ text: "Here:" }, inline]);
    const responses = await createWorld(whole).responses({ model });
    expect(responses.body.output).toMatchObject([
      { type: "message" },
      { type: item.type, status: "completed", result: data },
    ]);
    const messages = await createWorld(whole).messages({ model });
    expect(messages.body.content).toEqual([{ type: "text", text: "Here:" }]);

    const chatStream = await createWorld(streamed).chat({ model, stream: true });
    expect(chatStream.chunks.flatMap((chunk) => chunk.choices[0]?.delta.images ?? [])).toMatchObject([entry]);
    const generateStream = await createWorld(streamed).generate(model, {}, true);
    const parts = generateStream.chunks.flatMap((chunk) => chunk.candidates?.[0].content?.parts ?? []);
    expect(parts.filter((part: Tree) => !("text" in part))).toMatchObject([inline]);
    const responsesStream = await createWorld(streamed).responses({ model, stream: true });
    expect(
      responsesStream.chunks.find(
        ({ type, item: { result } = {} as Tree }) => type === "response.output_item.done" && result,
      ),
    ).toMatchObject({ item: { type: item.type, result: data } });
    expect(responsesStream.chunks.at(-1).response.output.at(-1)).toMatchObject({ result: data });
  });

  test("Q71: goes back with the turn it was in", async () => {
    const { chat, responses, sent } = createWorld(geminiAnswer([{ text: "Hi" }]));
    const messages = [
      { role: "user", content: "Paint." },
      { role: "assistant", content: "Here:", images: [entry] },
      { role: "user", content: "Now in red." },
    ];
    await chat({ model: gemini, messages });
    expect(sent().contents[1]).toEqual({ role: "model", parts: [{ text: "Here:" }, inline] });
    await responses({
      model: gemini,
      input: [{ role: "user", content: "Paint." }, item, { role: "user", content: "Now in red." }],
    });
    expect(sent(1).contents[1]).toEqual({ role: "model", parts: [inline] });
  });

  test("Q71: goes back to OpenRouter as it came, and is named where it can not go", async () => {
    const messages = [
      { role: "user", content: "Paint." },
      { role: "assistant", content: "Here:", images: [{ ...entry, index: 0 }] },
      { role: "user", content: "Now in red." },
    ];
    const router = createWorld(chatMessage({ content: "Hi" }));
    // Another limit than the client's, so that the body is written anew.
    await router.chat({ model: "openrouter/a/b", messages, models: ["openrouter/c/d"] });
    expect(router.sent().messages[1].images).toEqual([{ ...entry, index: 0 }]);
    const contents = [
      { role: "user", parts: [{ text: "Paint." }] },
      { role: "model", parts: [{ text: "Here:" }, inline] },
      { role: "user", parts: [{ text: "Now in red." }] },
    ];
    await router.generate("openrouter/a/b", { contents });
    expect(router.sent(1).messages[1]).toMatchObject({ content: "Here:", images: [entry] });
    const other = createWorld({
      body: { type: "message", role: "assistant", content: [], stop_reason: "end_turn", usage: {} },
    });
    expect((await other.chat({ model: "anthropic/claude-sonnet-4-5", messages })).dropped).toEqual([
      "messages[].images",
    ]);
  });

  test("Q71: is asked for as each has it", async () => {
    const { chat, sent } = createWorld(geminiAnswer([{ text: "Hi" }]));
    await chat({ model: gemini, modalities: ["image", "text"] });
    expect(sent().generationConfig.responseModalities).toEqual(["IMAGE", "TEXT"]);
    const { status } = await createWorld().chat({
      model: "anthropic/claude-sonnet-4-5",
      modalities: ["image", "text"],
    });
    expect(status).toBe(400);
  });
});
