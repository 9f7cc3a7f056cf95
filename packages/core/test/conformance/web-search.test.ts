import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../src/testing/wire.ts";
import { claudeMessage, converseAnswer, geminiAnswer } from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

const claude = "anthropic/claude-sonnet-4-5";
const gemini = "gemini/gemini-2.5-flash";
const nova = "bedrock/us.amazon.nova-premier-v1:0";
const openrouter = "openrouter/a/b";
const place = { city: "Graz", country: "AT" };
const asked = { type: "approximate", ...place };
const location = { user_location: asked };
const options = { search_context_size: "low", user_location: { type: "approximate", approximate: place } };

const answers: Readonly<Record<string, Respond>> = {
  anthropic: claudeMessage([{ type: "text", text: "Hi" }]),
  gemini: geminiAnswer([{ text: "Hi" }]),
  bedrock: converseAnswer([{ text: "Hi" }]),
  responses: { body: { object: "response", status: "completed", output: [] } },
};
const worldOf = (model: string, more: Parameters<typeof createWorld>[1] = {}): ReturnType<typeof createWorld> =>
  createWorld(answers[model.split("/")[0] ?? ""] ?? { body: chatAnswer("Hi") }, more);

type Front = "chat" | "messages" | "responses" | "generate";
const fronts: Readonly<Record<Front, object>> = {
  chat: { web_search_options: {} },
  messages: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
  responses: { tools: [{ type: "web_search" }] },
  generate: { tools: [{ googleSearch: {} }] },
};
const ask = async (world: ReturnType<typeof createWorld>, front: Front, model: string, body: object) =>
  front === "generate" ? world.generate(model, body) : world[front]({ model, ...body });

const backs: readonly (readonly [string, Tree])[] = [
  [claude, { tools: [{ type: "web_search_20250305", name: "web_search" }] }],
  [gemini, { tools: [{ googleSearch: {} }] }],
  ["responses/gpt-5", { tools: [{ type: "web_search" }] }],
  [nova, { toolConfig: { tools: [{ systemTool: { name: "nova_grounding" } }] } }],
  ["openai/gpt-4o-search-preview", { web_search_options: {} }],
  ["perplexity/sonar", { web_search_options: {} }],
  [openrouter, { tools: [{ type: "openrouter:web_search" }] }],
];

describe("a search of the web", () => {
  test.each(
    (Object.keys(fronts) as Front[]).flatMap((front) =>
      backs.map(([model, written]) => [front, model, written] as const),
    ),
  )("Q63: asked for in the words of %s is one of %s", async (front, model, written) => {
    const world = worldOf(model);
    const { status, dropped } = await ask(world, front, model, fronts[front]);
    expect([status, dropped]).toEqual([200, []]);
    // OpenRouter knows what clients of its own dialect write.
    expect(world.sent()).toMatchObject(front === "chat" && model === openrouter ? fronts.chat : written);
  });

  test.each<[string, Front, object, string, Tree, readonly string[]]>([
    ["chat", "chat", { web_search_options: options }, claude, location, ["search_context_size"]],
    [
      "chat",
      "chat",
      { web_search_options: options },
      "responses/gpt-5",
      { ...location, search_context_size: "low" },
      [],
    ],
    ["chat", "chat", { web_search_options: options }, gemini, {}, ["user_location", "search_context_size"]],
    [
      "Claude's",
      "messages",
      { tools: [{ type: "web_search_20260209", name: "web_search", max_uses: 2, allowed_domains: ["a.example"] }] },
      "responses/gpt-5",
      { filters: { allowed_domains: ["a.example"] } },
      ["max_uses"],
    ],
    [
      "Claude's",
      "messages",
      {
        tools: [
          { type: "web_search_20250305", name: "web_search", max_uses: 2, blocked_domains: ["b.example"], ...location },
        ],
      },
      openrouter,
      { parameters: { max_uses: 2, excluded_domains: ["b.example"], ...location } },
      [],
    ],
    [
      "Responses",
      "responses",
      { tools: [{ type: "web_search_preview", filters: { allowed_domains: ["a.example"] }, ...location }] },
      claude,
      { allowed_domains: ["a.example"], ...location },
      [],
    ],
  ])("Q63: keeps the settings of %s that there are elsewhere, and names the others (%#)", async (...row) => {
    const [, front, body, model, written, named] = row;
    const world = worldOf(model);
    const { dropped } = await ask(world, front, model, body);
    const [tool] = world.sent().tools;
    expect(tool).toMatchObject(written);
    expect(Object.keys(tool.googleSearch ?? {})).toEqual([]);
    expect(dropped).toEqual(named);
  });

  test("Q63: keeps its place where only models search that do nothing else", async () => {
    const world = worldOf("openai/gpt-4o-search-preview");
    await world.responses({ model: "openai/gpt-4o-search-preview", tools: [{ type: "web_search", ...location }] });
    expect(world.sent().web_search_options).toEqual({ user_location: options.user_location });
    const other = worldOf("responses");
    await other.chat({ model: "openai/gpt-4o", web_search_options: options });
    expect(other.url()).toMatch(/\/responses$/);
    expect(other.sent().tools).toEqual([{ type: "web_search", search_context_size: "low", ...location }]);
  });

  test.each<[string, Front, object, string]>([
    [
      "is not held to domains",
      "responses",
      { tools: [{ type: "web_search", filters: { allowed_domains: ["a"] } }] },
      gemini,
    ],
    [
      "has a setting nobody else has",
      "responses",
      { tools: [{ type: "web_search", external_web_access: false }] },
      claude,
    ],
    ["is none of the provider's", "messages", fronts.messages, "house/m"],
    ["is none of the model's", "messages", fronts.messages, "bedrock/us.amazon.nova-lite-v1:0"],
    ["is another tool", "messages", { tools: [{ type: "web_fetch_20250910", name: "web_fetch" }] }, gemini],
  ])("Q63: that %s is refused rather than left out", async (_, front, body, model) => {
    const world = worldOf(model);
    const { status, body: told } = await ask(world, front, model, body);
    expect([status, world.transport.requests.length]).toEqual([400, 0]);
    expect(told.error.message).toContain("`tools`");
  });
});
