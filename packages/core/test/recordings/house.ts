import { createGateway, retry, type GatewayOptions } from "../../src/index.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import { createFakeTransport } from "../../src/testing/index.ts";
import { backIdOf, backsFor } from "./backs.ts";
import type { Recording } from "./fixtures.ts";
import type { Door } from "./fronts/front.ts";

/** A gateway in front of the providers of these recordings, at an address that stands for all of them. */
export const gatewayOptions = (recordings: readonly Recording[], baseURL: string): GatewayOptions => ({
  providers: [...backsFor(recordings, baseURL)],
  stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
  // Failures are wanted here, and none of them may rest a provider that the next test needs.
  health: { quarantineMs: 0, maxCoolingMs: 0, breaker: { minimumOutcomes: 1_000_000 } },
  logger: silent,
});

/** The name under which a recording is asked for. */
export const nameOf = (recording: Recording): string => `${backIdOf(recording)}/${recording.model}`;

/** A gateway whose providers play one recording at a time. */
export interface House {
  readonly door: Door;
  /** From here on every provider answers with this recording. Gives the name under which it is to be asked for. */
  readonly play: (recording: Recording) => string;
  readonly close: () => Promise<void>;
}

/** Opens one within this process, without a socket. */
export const openHouse = (recordings: readonly Recording[]): House => {
  let playing: Recording | undefined;
  const transport = createFakeTransport(() => {
    if (playing === undefined) throw new Error("Nothing is played.");
    const { status, headers, body } = playing;
    return { status, headers, body: [body] };
  });
  const gateway = createGateway({ ...gatewayOptions(recordings, "https://provider.test"), transport });
  return {
    door: { origin: "http://gateway.test", fetch: gateway.fetchAs({ id: "reader" }) },
    play: (recording) => {
      playing = recording;
      return nameOf(recording);
    },
    close: () => gateway.close(),
  };
};
