import { describe } from "vitest";
import { testAccess } from "./access.ts";
import { testBodies } from "./bodies.ts";
import { testConnections } from "./connections.ts";
import { testHostile } from "./hostile.ts";
import { testLeaving } from "./leaving.ts";
import type { Mount } from "./set-up.ts";
import { testShutdown } from "./shutdown.ts";
import { testStreams } from "./streams.ts";

/** What every way of putting a gateway into a Node host must do, in bytes and sockets. */
export const testAdapter = (name: string, mount: Mount): void => {
  describe(`${name} is an adapter`, () => {
    testStreams(mount);
    testLeaving(mount);
    testBodies(mount);
    testConnections(mount);
    testAccess(mount);
    testShutdown(mount);
    testHostile(mount);
  });
};
