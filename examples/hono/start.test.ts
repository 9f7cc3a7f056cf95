import { testExample, useExample } from "../test-example.ts";

testExample("hono", useExample("hono"), "anthropic/claude-haiku-4-5");
