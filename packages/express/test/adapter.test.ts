import { testAdapter } from "@llm-gateway/core/testing";
import { describe, it } from "vitest";
import { expressHost } from "./host.ts";
import { frameworks } from "./set-up.ts";

for (const [name, framework] of frameworks) testAdapter(expressHost(name, framework), { describe, it });
