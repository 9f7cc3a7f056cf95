import { testRecordings } from "./recordings/suite.ts";

testRecordings("anthropic-messages", ["anthropic"]);
