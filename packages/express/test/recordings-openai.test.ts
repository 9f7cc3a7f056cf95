import { testRecordings } from "./recordings/suite.ts";

// Beside its own: one stream with all the ways in which events may be framed.
testRecordings("openai-chat", ["openai", "sse"]);
