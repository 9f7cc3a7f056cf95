import type { Script } from "@llm-gateway/simulator";

/** One request of a round, and what befalls it. */
export interface Sample {
  readonly title: string;
  readonly key?: "ada-key" | "bob-key";
  /** Below `/v1`. */
  readonly path?: "/chat/completions" | "/messages";
  readonly body: Readonly<Record<string, unknown>>;
  /** What the simulated providers do; otherwise they just answer. */
  readonly script?: Script;
  /** The client goes away after the first piece of the answer. */
  readonly leaves?: boolean;
}

const ask = (model: string, content: string, more: object = {}): Sample["body"] => ({
  model,
  messages: [{ role: "user", content }],
  ...more,
});
const stream = { stream: true };

const gpt = { provider: "openai", model: "gpt-5-mini" } as const;

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

/** Twenty requests, each of another kind. They are sent one after the other: some build on those before them. */
export const samples: readonly Sample[] = [
  { title: "A whole answer", body: ask("fast", "What is 17 * 3?") },
  { title: "A stream", key: "bob-key", body: ask("fast", "Count to 20.", stream) },
  {
    title: "An OpenAI client, an Anthropic model",
    body: ask("anthropic/claude-sonnet-4-5", "Name three rivers.", stream),
  },
  {
    title: "An Anthropic client, a Gemini model",
    key: "bob-key",
    path: "/messages",
    body: ask("gemini/gemini-2.5-flash", "Name three mountains.", { ...stream, max_tokens: 100 }),
  },
  {
    title: "A tool call",
    body: ask("openai/gpt-5", "What is the weather in Paris and in Rome?", { ...stream, tools: [weather] }),
  },
  {
    title: "A model that thinks first",
    key: "bob-key",
    body: ask("gemini/gemini-2.5-pro", "Why is the sky blue?", { reasoning_effort: "high" }),
  },
  {
    title: "A parameter that the model lacks",
    body: ask("anthropic/claude-haiku-4-5", "Name three lakes.", { seed: 7 }),
  },
  { title: "Asked before: from the cache", body: ask("fast", "What is 17 * 3?") },
  { title: "From the cache, as a stream", body: ask("fast", "What is 17 * 3?", stream) },
  { title: "A card number in the prompt is redacted", body: ask("fast", 'Say "my card is 4111 1111 1111 1111".') },
  {
    title: "An e-mail address in the answer is redacted",
    key: "bob-key",
    body: ask("fast", "Who can help me?", stream),
    script: { ...gpt, reply: { text: "Write to grace@example.com, she knows all about it." }, times: 1 },
  },
  { title: "A competitor is named, which is noted", body: ask("fast", "Is Initech any good?") },
  { title: "A forbidden topic is blocked", key: "bob-key", body: ask("fast", "Tell me about Project Nightjar.") },
  {
    title: "Too many requests: asked again",
    body: ask("fast", "Name three seas.", stream),
    script: { ...gpt, fault: "429?retry-after-ms=150", times: 1 },
  },
  {
    title: "A provider is down: the next one answers",
    key: "bob-key",
    body: ask("fast", "Name three deserts.", stream),
    script: { ...gpt, fault: "503", times: 2 },
  },
  { title: "A model of one's own does not run: the next one answers", body: ask("house", "Name three islands.") },
  { title: "Known not to run: not asked at all", body: ask("house", "Name three forests.") },
  {
    title: "A client that leaves",
    key: "bob-key",
    body: ask("anthropic/claude-sonnet-4-5", "Count to 200.", stream),
    leaves: true,
  },
  {
    title: "An answer that breaks half way",
    body: ask("openai/gpt-5-mini", "Count to 30.", stream),
    script: { ...gpt, fault: "reset-mid-stream", times: 1 },
  },
  {
    title: "A slow provider",
    body: ask("fast", "Name three valleys.", stream),
    script: { ...gpt, fault: "slow-headers?ms=400", times: 1 },
  },
];

/** What a client saw. */
export interface Outcome {
  readonly status: number;
  /** Absent where the answer does not name its trace. */
  readonly traceId: string | undefined;
}

/** Sends a request and reads its answer as far as it comes. `url` is the gateway's, `/v1` included. */
export const send = async (
  url: string,
  { key = "ada-key", path = "/chat/completions", ...sample }: Sample,
): Promise<Outcome> => {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    // Each on a connection of its own: one that is kept idle would hold up the end of the server.
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", connection: "close" },
    body: JSON.stringify(sample.body),
  });
  const reader = response.body?.getReader();
  try {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      if (sample.leaves === true) await reader?.cancel();
    }
  } catch {
    // A broken answer is one of the things to be seen.
  }
  return { status: response.status, traceId: response.headers.get("x-llm-gateway-trace-id") ?? undefined };
};
