import express from "express";
import { Pool } from "undici";
import { serve } from "../serve.ts";

/**
 * The least that a gateway in Express can be: it reads the body itself, parses it once and passes the provider's answer
 * through, bytes joined to one write a tick.
 */
const [, , upstream = ""] = process.argv;
const pool = new Pool(upstream, { connections: 64, allowH2: false });
const app = express();

app.post("/v1/chat/completions", (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    JSON.parse(body.toString());
    let pending: Buffer[] = [];
    let scheduled = false;
    const flush = (): void => {
      scheduled = false;
      if (pending.length === 0) return;
      response.write(pending.length === 1 ? pending[0] : Buffer.concat(pending));
      pending = [];
    };
    pool.dispatch(
      { method: "POST", path: "/v1/chat/completions", body, headers: { "content-type": "application/json" } },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status, headers) => {
          const { "content-type": type, "content-length": length } = headers;
          response.writeHead(status, {
            "content-type": String(type),
            ...(length === undefined ? {} : { "content-length": String(length) }),
          });
        },
        onResponseData: (_controller, chunk) => {
          pending.push(chunk);
          if (scheduled) return;
          scheduled = true;
          setImmediate(flush);
        },
        onResponseEnd: () => {
          const rest = pending;
          pending = [];
          if (rest.length === 0) response.end();
          else response.end(rest.length === 1 ? rest[0] : Buffer.concat(rest));
        },
        onResponseError: () => response.destroy(),
      },
    );
  });
});

serve(app);
