import { recordingsOf } from "./recordings/recording.ts";
import { testRecordings } from "./recordings/suite.ts";

testRecordings("openai", recordingsOf("openai", "openai-chat"));
