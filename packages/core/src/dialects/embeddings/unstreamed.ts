import { UpstreamError } from "../../errors.ts";
import type { BackDialect, FrontDialect } from "../dialect.ts";

/** The streaming face of a front whose requests never ask for a stream. */
export const createEncoder: FrontDialect["createEncoder"] = () => {
  throw new TypeError("Embeddings are not streamed.");
};

/** The streaming face of a back that is never asked for a stream. */
export const createDecoder: BackDialect["createDecoder"] = ({ provider }) => {
  throw new UpstreamError("upstream_invalid_response", `${provider} sent embeddings as a stream.`, { provider });
};
