import { testExample } from "../test-example.ts";

testExample("hono", "anthropic/claude-haiku-4-5");
