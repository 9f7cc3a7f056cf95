/**
 * What Node compiles in processes that tests start is kept for the next one: half of what such a process costs is the
 * compiling. The variables count for processes started from here, not for this one, whose coverage may be measured.
 */
import { fileURLToPath } from "node:url";

process.env["NODE_COMPILE_CACHE"] = fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url));
delete process.env["NODE_DISABLE_COMPILE_CACHE"];
