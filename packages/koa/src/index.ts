export { llmGateway, type GatewayMiddleware, type KoaOptions } from "./middleware.ts";
