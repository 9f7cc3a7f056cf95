import { recordingsOf } from "./recordings/recording.ts";
import { testRecordings } from "./recordings/suite.ts";

testRecordings("anthropic", recordingsOf("anthropic", "anthropic-messages"));
