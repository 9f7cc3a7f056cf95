import { testExample, useExample } from "../test-example.ts";

testExample("next", useExample("next"), "anthropic/claude-haiku-4-5");
