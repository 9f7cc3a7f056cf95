import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { ContractTools } from "../contract-tools.ts";
import { watchCrashes } from "./crashes.ts";
import type { AdapterHost, HostFeature } from "./host.ts";
import { inScope, type Scope } from "./scope.ts";
import { startHost, type StartedHost, type StartSetting } from "./start-host.ts";

/** What one test of the contract works with. */
export interface TestTools extends Scope {
  /** Starts the host under test. It stops with the test. */
  readonly start: (setting?: StartSetting) => Promise<StartedHost>;
}

/** What the parts of the contract are written with. */
export interface Contract {
  readonly has: (feature: HostFeature) => boolean;
  readonly describe: (name: string, define: () => void) => void;
  readonly test: (name: string, run: (tools: TestTools) => Promise<void>) => void;
}

/**
 * The contract with one host. Whatever a test is about: nothing in it may reach the host's own error handler, crash the
 * process or make it warn.
 */
export const createContract = (host: AdapterHost, { describe, it }: ContractTools): Contract => ({
  has: (feature) => host.features.has(feature),
  describe: (name, define) => void describe(name, define),
  test: (name, run) =>
    void it(name, () =>
      inScope(async (scope) => {
        const crashes = watchCrashes(scope);
        const started: StartedHost[] = [];
        const start: TestTools["start"] = async (setting) => {
          const running = await startHost(scope, host, setting);
          started.push(running);
          return running;
        };
        await run({ ...scope, start });
        // A rejection counts as unhandled when the turn is over in which it happened.
        await setImmediate();
        assert.deepEqual([...crashes, ...started.flatMap(({ errors }) => errors)], []);
      }),
    ),
});
