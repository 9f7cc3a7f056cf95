import {
  createGateway,
  memoryLedger,
  openai,
  type Gateway,
  type GatewayOptions,
  type MemoryLedger,
} from "../../src/index.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import { createFakeTransport, type FakeAnswer, type FakeTransport } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, chatUsage } from "../../src/testing/wire.ts";

export interface InProcess {
  readonly gateway: Gateway;
  readonly transport: FakeTransport;
  readonly ledger: MemoryLedger;
}

export const model = "openai/gpt-5-mini";

/** A gateway that lets nobody in through its doors, with a provider that exists only in the test. */
export const setUp = (respond: () => FakeAnswer | Promise<FakeAnswer>, options: GatewayOptions = {}): InProcess => {
  const transport = createFakeTransport(respond);
  const ledger = memoryLedger();
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-openai" })],
    authenticate: () => null,
    transport,
    // Waits between retries are a random part of their longest: none.
    random: () => 0,
    stores: { ledger },
    logger: silent,
    ...options,
  });
  return { gateway, transport, ledger };
};

export const hang = (): Promise<never> => new Promise(() => undefined);

const call = { index: 0, id: "call_1", type: "function" };

/** The model calls the tool `weather` for Rome. */
export const weatherCall: object = chatAnswer("", {
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: null,
        tool_calls: [{ ...call, function: { name: "weather", arguments: '{"city":"Rome"}' } }],
      },
      finish_reason: "tool_calls",
    },
  ],
});

/** The same as a stream. */
export const weatherCallStream: readonly string[] = [
  chatChunk({ role: "assistant", content: null }),
  chatChunk({ tool_calls: [{ ...call, function: { name: "weather", arguments: "" } }] }),
  chatChunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
  chatChunk({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
  chatChunk({}, "tool_calls"),
  chatUsage,
  "data: [DONE]\n\n",
];
