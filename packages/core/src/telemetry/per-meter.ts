import { createNoopMeter, metrics, type Meter, type MeterProvider } from "@opentelemetry/api";
import { packageName, version } from "../version.ts";
import { safely } from "./safely.ts";

/** What is made once for every meter provider, such as instruments. */
export interface PerMeter<T> {
  /** What belongs to the provider that is registered now; `undefined` while nobody records. */
  readonly current: () => T | undefined;
  /** Releases what there is, and makes nothing more. */
  readonly close: () => void;
}

/**
 * Makes something with the meter of the registered provider, when it is first asked for, and again whenever another
 * provider has been registered since: a meter taken before the host registers its SDK records nothing for ever.
 */
export const createPerMeter = <T>(make: (meter: Meter) => T, release: (made: T) => void): PerMeter<T> => {
  let provider: MeterProvider | undefined;
  let made: T | undefined;
  let closed = false;

  const letGo = (): void => {
    if (made === undefined) return;
    const last = made;
    safely(() => release(last));
  };

  const change = (registered: MeterProvider): void => {
    letGo();
    provider = registered;
    made = undefined;
    safely(() => {
      const meter = registered.getMeter(packageName, version);
      // What the API answers with while no SDK is registered.
      if (meter !== createNoopMeter()) made = make(meter);
    });
  };

  return {
    current: () => {
      const registered = metrics.getMeterProvider();
      if (registered !== provider && !closed) change(registered);
      return made;
    },
    close: () => {
      if (closed) return;
      closed = true;
      letGo();
    },
  };
};
