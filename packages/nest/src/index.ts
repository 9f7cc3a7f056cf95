export { LlmGatewayModule, type ModuleOptions } from "./module.ts";
export { LlmGatewayService } from "./service.ts";
export { LlmStage, type StagePlace } from "./stage.ts";
