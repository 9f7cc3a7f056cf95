import { askWithCanaries } from "./canary-requests.ts";

// The gateway's own timers keep no process alive.
const alive = setInterval(() => undefined, 1_000);
await askWithCanaries({});
clearInterval(alive);
