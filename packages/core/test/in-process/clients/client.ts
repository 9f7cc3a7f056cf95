/** A call of the tool `weather`, with its arguments as the client hands them out: parsed. */
export interface WeatherCall {
  readonly id: string;
  readonly arguments: unknown;
}

/** How a test talks through a client SDK, whatever that calls it. */
export interface Client {
  /** The text of a whole answer. */
  readonly ask: (signal?: AbortSignal) => Promise<string>;
  /** The text of a streamed answer, piece by piece. */
  readonly stream: (signal?: AbortSignal) => AsyncIterable<string>;
  /** Offers the tool `weather` and gives the call the model makes of it. */
  readonly call: () => Promise<WeatherCall>;
  /** The same with a stream. */
  readonly streamCall: () => Promise<WeatherCall>;
}

export interface ClientSetting {
  readonly fetch: typeof globalThis.fetch;
  readonly model: string;
  /** The address below which the gateway is mounted. */
  readonly mount: string;
  readonly maxRetries: number;
}

/** One client SDK. */
export interface ClientKind {
  readonly name: string;
  readonly create: (setting: ClientSetting) => Client;
  /** The HTTP status that an error tells, where it is of the client's own class for failed requests. */
  readonly statusOf: (error: unknown) => number | undefined;
  /** Whether an error is the one by which the client tells that it was aborted. */
  readonly isAbort: (error: unknown) => boolean;
  /** An aborted stream ends without an error: whoever aborted it knows. */
  readonly endsQuietly?: true;
}

export const apiKey = "sk-of-the-client";
export const prompt = "How is the weather in Rome?";
export const weatherSchema = {
  type: "object" as const,
  properties: { city: { type: "string" as const } },
  required: ["city"],
};
export const description = "Tells the weather of a city.";

/** The one element of a list that must have one. */
export const only = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`There should be one item, there are ${items.length}.`);
  return item;
};
