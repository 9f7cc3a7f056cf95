import { createGateway, defaultStages, type Gateway, type GatewayOptions } from "@llm-gateway/core";
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from "@nestjs/common";
import { DiscoveryService } from "@nestjs/core";
import { checkProviders, insertProviders } from "./stage.ts";

export const optionsToken = Symbol("LlmGatewayOptions");

/** The application's gateway, to be injected: `service.gateway.chat(…)`. */
@Injectable()
export class LlmGatewayService implements OnModuleInit, BeforeApplicationShutdown {
  readonly gateway: Gateway;
  /** Looks at the stages among the providers, once all of these are made. */
  readonly onModuleInit: () => void;

  constructor(@Inject(optionsToken) options: GatewayOptions, @Inject(DiscoveryService) discovery: DiscoveryService) {
    const { stages = defaultStages() } = options;
    const path = typeof stages === "function" ? stages(defaultStages()) : stages;
    this.gateway = createGateway({ ...options, stages: insertProviders(path, discovery) });
    this.onModuleInit = () => checkProviders(discovery);
  }

  /** Drains while the server still stands; Nest closes it after this. */
  beforeApplicationShutdown(): Promise<void> {
    return this.gateway.close();
  }
}
