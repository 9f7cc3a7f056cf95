import fc from "fast-check";
import type { Message, Part, ToolCallPart } from "../../src/chat/message.ts";
import type { ChatRequest, FunctionTool, OutputFormat, ToolChoice } from "../../src/chat/request.ts";
import { callId, name, objectText, text } from "./arbitrary-text.ts";

const textPart: fc.Arbitrary<Part> = text.map((value) => ({ type: "text", text: value }));

const image: fc.Arbitrary<Part> = fc.oneof(
  fc
    .base64String({ minLength: 4, maxLength: 16 })
    .map((data): Part => ({ type: "image", source: { type: "base64", mediaType: "image/png", data } })),
  name.map((path): Part => ({ type: "image", source: { type: "url", url: `https://pictures.example/${path}.png` } })),
);

/** What a user says: a text, perhaps with pictures before it. */
const withPictures: fc.Arbitrary<readonly Part[]> = fc
  .tuple(fc.array(image, { maxLength: 2 }), textPart)
  .map(([pictures, said]) => [...pictures, said]);

interface Step {
  readonly said: readonly Part[];
  readonly calls: readonly (ToolCallPart & { readonly result: string })[];
}

const callOf = (tools: readonly FunctionTool[]): fc.Arbitrary<Step["calls"][number]> =>
  fc.record({
    type: fc.constant("tool-call" as const),
    kind: fc.constant("function" as const),
    id: callId,
    name: fc.constantFrom(...tools.map((tool) => tool.name)),
    arguments: objectText,
    result: text,
  });

/** What a model says and calls, and what its calls gave. */
const step = (tools: readonly FunctionTool[]): fc.Arbitrary<Step> =>
  fc
    .record({
      said: fc.array(textPart, { maxLength: 1 }),
      calls: tools.length === 0 ? fc.constant([]) : fc.array(callOf(tools), { maxLength: 3 }),
    })
    .filter(({ said, calls }) => said.length + calls.length > 0);

const messagesOfStep = ({ said, calls }: Step): readonly Message[] => [
  { role: "assistant", parts: [...said, ...calls.map(({ result: _result, ...made }) => made)] },
  ...calls.map(({ id, name: called, result }): Message => {
    const content = [{ type: "text" as const, text: result }];
    return { role: "tool", parts: [{ type: "tool-result", toolCallId: id, name: called, content }] };
  }),
];

/** A conversation in turns: each begins with what the user says, and ends with the user or with results. */
const conversation = (
  tools: readonly FunctionTool[],
  userParts: fc.Arbitrary<readonly Part[]> = withPictures,
): fc.Arbitrary<readonly Message[]> =>
  fc
    .record({
      system: fc.option(text, { nil: undefined }),
      turns: fc.array(fc.tuple(userParts, fc.array(step(tools), { maxLength: 2 })), { minLength: 1, maxLength: 3 }),
      last: userParts,
    })
    .map(({ system, turns, last }) => {
      const seen = new Set<string>();
      const isNew = ({ id }: ToolCallPart): boolean => seen.size < seen.add(id).size;
      const said = turns.flatMap(([parts, steps]): Message[] => {
        const own = steps
          .map((one) => ({ ...one, calls: one.calls.filter(isNew) }))
          .filter((one) => one.said.length + one.calls.length > 0);
        // A model that has called nothing waits for the user.
        const end = own.findIndex(({ calls }) => calls.length === 0);
        const taken = end === -1 ? own : own.slice(0, end + 1);
        return taken.length === 0 ? [] : [{ role: "user", parts }, ...taken.flatMap(messagesOfStep)];
      });
      return [
        ...(system === undefined
          ? []
          : [{ role: "system" as const, parts: [{ type: "text" as const, text: system }] }]),
        ...said,
        { role: "user" as const, parts: last },
      ];
    });

const tool: fc.Arbitrary<FunctionTool> = fc.record({
  type: fc.constant("function" as const),
  name,
  description: text,
  parameters: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map((names) => ({
    type: "object",
    properties: Object.fromEntries(names.map((each) => [each, { type: "string" }])),
    required: names,
    additionalProperties: false,
  })),
});

const outputFormat: fc.Arbitrary<OutputFormat> = name.map((field) => ({
  type: "json-schema",
  schema: {
    type: "object",
    properties: { [field]: { type: "string" } },
    required: [field],
    additionalProperties: false,
  },
}));

const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
// None at all is what goes without saying, as it is that calls may come side by side.
const penalty = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);

const settings = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 16, max: 4_000 }),
    temperature: share,
    topP: share,
    topK: fc.integer({ min: 1, max: 40 }),
    frequencyPenalty: penalty,
    presencePenalty: penalty,
    seed: fc.nat(1_000_000),
    stop: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    choiceCount: fc.integer({ min: 2, max: 8 }),
    logitBias: fc.constant({ "50256": -100 }),
    verbosity: fc.constantFrom("low", "high"),
    serviceTier: fc.constantFrom("auto", "flex", "priority"),
    cacheKey: name,
    user: name,
    metadata: name.map((value) => ({ run: value })),
    parallelToolCalls: fc.constant(false),
    reasoning: fc.constantFrom("low", "high").map((effort) => ({ effort })),
    outputFormat,
  },
  { requiredKeys: [] },
);

const offered = fc.uniqueArray(tool, { maxLength: 3, selector: (each) => each.name });

/** A conversation and its tools, and nothing else: what every provider takes. */
export const arbitraryConversation: fc.Arbitrary<ChatRequest> = offered
  .chain((tools) =>
    fc.record({
      tools: fc.constant(tools),
      messages: conversation(
        tools,
        textPart.map((part) => [part]),
      ),
    }),
  )
  .map(({ tools, messages }) => ({
    dialect: "any",
    model: "some-model",
    stream: false,
    messages,
    ...(tools.length === 0 ? {} : { tools }),
  }));

type Settings = Partial<ChatRequest>;

/** What a request asks for beside its conversation and tools. */
export type Setting = keyof Settings;

/** A request in the vocabulary, as far as all dialects have a place for it; less what `without` names. */
export const arbitraryRequest = (without: ReadonlySet<string>): fc.Arbitrary<ChatRequest> =>
  offered
    .chain((tools) =>
      fc.record({
        stream: fc.boolean(),
        messages: conversation(tools),
        tools: fc.constant(tools),
        choice: fc.constantFrom("auto", "none", "required", "tool", undefined),
        settings,
      }),
    )
    .map(({ stream, messages, tools, choice, settings: all }) => {
      const [first] = tools;
      const mayCall = first !== undefined && choice !== "none";
      const kept = Object.entries(all).filter(
        ([key, value]) => value !== undefined && !without.has(key) && (key !== "parallelToolCalls" || mayCall),
      );
      return {
        dialect: "any",
        model: "some-model",
        stream,
        messages,
        ...(first === undefined ? {} : { tools }),
        ...(first === undefined || choice === undefined ? {} : { toolChoice: toolChoiceOf(choice, first) }),
        ...(Object.fromEntries(kept) as Settings),
      };
    });

const toolChoiceOf = (choice: "auto" | "none" | "required" | "tool", { name: first }: FunctionTool): ToolChoice =>
  choice === "tool" ? { type: "tool", name: first } : { type: choice };
