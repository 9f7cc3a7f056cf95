import { testExample } from "../test-example.ts";

testExample("next", "anthropic/claude-haiku-4-5");
