import { geminiFront } from "./fronts/gemini.ts";
import { testRecordings } from "./suite.ts";

testRecordings(geminiFront);
