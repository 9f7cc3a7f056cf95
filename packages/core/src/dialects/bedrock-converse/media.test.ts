import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  claude,
  encode,
  messages,
  nova,
  refusal,
  result,
  text,
  user,
} from "../../../test/converse-request.ts";
import type { FilePart, Part } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";

describe("media", () => {
  const base64 = (mediaType: string): FilePart["source"] => ({ type: "base64", mediaType, data: "QUI=" });
  const contentOf = (...parts: readonly Part[]): unknown =>
    (messages([user(...parts, text("?"))]) as Json[])[0]?.["content"];

  it("sends images as bytes, or from where Bedrock can fetch them itself", () => {
    expect(
      contentOf(
        { type: "image", source: base64("image/png") },
        { type: "file", source: base64("image/jpeg") },
        { type: "image", source: { type: "url", url: "s3://bucket/cat.webp" } },
      ),
    ).toEqual([
      { image: { format: "png", source: { bytes: "QUI=" } } },
      { image: { format: "jpeg", source: { bytes: "QUI=" } } },
      { image: { format: "webp", source: { s3Location: { uri: "s3://bucket/cat.webp" } } } },
      { text: "?" },
    ]);
  });

  it("sends documents with clean names, each once, and a text beside them", () => {
    const pdf: FilePart = { type: "file", source: base64("application/pdf"), filename: "Q3: “report”__v2.pdf" };
    const sheet = { ...pdf, source: base64("application/octet-stream"), filename: "sheet.xlsx" };
    const note: FilePart = { type: "file", source: { type: "text", text: "AB" }, context: "c", citations: true };
    expect(messages([user(pdf, pdf, sheet, note)])).toEqual([
      {
        role: "user",
        content: [
          { document: { format: "pdf", name: "Q3 report v2", source: { bytes: "QUI=" } } },
          { document: { format: "pdf", name: "Q3 report v2 (2)", source: { bytes: "QUI=" } } },
          { document: { format: "xlsx", name: "sheet", source: { bytes: "QUI=" } } },
          {
            document: {
              format: "txt",
              name: "document",
              source: { bytes: "QUI=" },
              context: "c",
              citations: { enabled: true },
            },
          },
          { text: "(See the document.)" },
        ],
      },
    ]);
  });

  it("sends videos, and audio to models that are known to listen", () => {
    const audio: Part = { type: "audio", source: base64("audio/mpeg") };
    const info = { capabilities: ["audio-input"] };
    expect(contentOf({ type: "file", source: base64("video/mp4") })).toContainEqual({
      video: { format: "mp4", source: { bytes: "QUI=" } },
    });
    expect(encode({ messages: [user(audio)] }, nova, { info }).body["messages"]).toEqual([
      { role: "user", content: [{ audio: { format: "mp3", source: { bytes: "QUI=" } } }] },
    ]);
    expect(refusal({ messages: [user(audio)] }, nova).param).toBe("input_audio");
  });

  it("sends images and documents inside tool results", () => {
    const turns = messages([
      user(text("Hi")),
      assistant(call("a")),
      result("a", { type: "image", source: base64("image/gif") }),
    ]) as Json[];
    expect(turns[2]?.["content"]).toEqual([
      { toolResult: { toolUseId: "a", content: [{ image: { format: "gif", source: { bytes: "QUI=" } } }] } },
    ]);
  });

  it.each<[string, Part]>([
    ["a link", { type: "image", source: { type: "url", url: "https://a.example/cat.png" } }],
    ["an id", { type: "file", source: { type: "file-id", fileId: "f", mediaType: "application/pdf" } }],
    ["an unknown format", { type: "image", source: base64("image/tiff") }],
    ["an image that is a document", { type: "image", source: base64("application/pdf") }],
    ["an archive", { type: "file", source: base64("application/zip"), filename: "a.zip" }],
  ])("refuses %s, or drops it by name where the operator wants that", (_, part) => {
    const error = refusal({ messages: [user(part, text("Hi"))] });
    expect([error.code, error.fallback, error.param]).toEqual(["unsupported_parameter", true, part.type]);
    const { body, dropped } = encode({ messages: [user(part, text("Hi"))] }, claude, { unsupported: "drop" });
    expect(body["messages"]).toEqual([{ role: "user", content: [{ text: "Hi" }] }]);
    expect(dropped).toEqual([part.type]);
  });

  it("refuses images from the assistant and in system prompts", () => {
    const image: Part = { type: "image", source: base64("image/png") };
    expect(refusal({ messages: [user(text("Hi")), assistant(image)] }).param).toBe("image");
    expect(refusal({ messages: [{ role: "system", parts: [image] }, user(text("Hi"))] }).param).toBe("messages");
  });
});
