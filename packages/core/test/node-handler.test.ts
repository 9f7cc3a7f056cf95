import { toNodeHandler } from "../src/http/node.ts";
import { testAdapter } from "./adapter/adapter-contract.ts";

testAdapter("toNodeHandler", toNodeHandler);
