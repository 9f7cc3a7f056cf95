import { testRecordings } from "./recordings/suite.ts";

testRecordings("gemini", ["gemini"]);
