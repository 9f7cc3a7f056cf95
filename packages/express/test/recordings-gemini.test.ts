import { recordingsOf } from "./recordings/recording.ts";
import { testRecordings } from "./recordings/suite.ts";

testRecordings("gemini", recordingsOf("gemini", "gemini"));
