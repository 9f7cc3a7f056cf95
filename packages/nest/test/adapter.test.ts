import { testAdapter } from "@llm-gateway/core/testing";
import { describe, it } from "vitest";
import { hosts } from "./host.ts";

for (const host of hosts) testAdapter(host, { describe, it });
