import { chatFront } from "./fronts/chat.ts";
import { testRecordings } from "./suite.ts";

testRecordings(chatFront);
