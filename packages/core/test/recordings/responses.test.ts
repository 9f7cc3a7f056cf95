import { responsesFront } from "./fronts/responses.ts";
import { testRecordings } from "./suite.ts";

testRecordings(responsesFront);
