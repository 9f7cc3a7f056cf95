import { gateway } from "../../../../lib/gateway.ts";

/** The gateway's paths begin with `/v1`; what stands before them is where this file lies. */
const serve = (request: Request): Promise<Response> => {
  const url = new URL(request.url);
  url.pathname = url.pathname.replace("/api/llm", "");
  return gateway.fetch(new Request(url, request));
};

export { serve as GET, serve as POST };
