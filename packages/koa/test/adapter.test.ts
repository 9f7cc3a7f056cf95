import { testAdapter } from "@llm-gateway/core/testing";
import { describe, it } from "vitest";
import { koa2, koa3 } from "./host.ts";

for (const host of [koa2, koa3]) testAdapter(host, { describe, it });
