// #region ten-lines
import { llmGateway } from "@llm-gateway/express";
import express from "express";

const app = express();
app.use(llmGateway()); // every provider whose key is in the environment
app.listen(3000, "127.0.0.1");
// #endregion
