export { llmGateway, type ExpressOptions, type GatewayMiddleware } from "./middleware.ts";
