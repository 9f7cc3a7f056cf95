import { messagesFront } from "./fronts/messages.ts";
import { testRecordings } from "./suite.ts";

testRecordings(messagesFront);
