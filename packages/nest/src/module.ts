import type { GatewayOptions } from "@llm-gateway/core";
import { ConfigurableModuleBuilder, Module } from "@nestjs/common";
import { DiscoveryModule } from "@nestjs/core";
import { createController } from "./controller.ts";
import { LlmGatewayService, optionsToken } from "./service.ts";
import { unreadBodies } from "./unread-bodies.ts";

/** What the module takes beside the gateway's options, also where those come from a factory. */
export interface ModuleOptions {
  /** Where the routes are, below Nest's own prefix and version. @default "" */
  readonly path?: string;
  /** Lets every module inject `LlmGatewayService` without importing this one. @default false */
  readonly isGlobal?: boolean;
}

// Which request `authenticate` gets depends on the platform: whoever writes it names the type.
const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<GatewayOptions<never>>({
  optionsInjectionToken: optionsToken,
})
  .setClassMethodName("forRoot")
  .setFactoryMethodName("createLlmGatewayOptions")
  .setExtras<ModuleOptions>({ path: "", isGlobal: false }, (definition, { path = "", isGlobal = false }) => ({
    ...definition,
    global: isGlobal,
    controllers: [createController(path)],
    providers: [...(definition.providers ?? []), unreadBodies(path)],
  }))
  .build();

/**
 * The gateway as a module for Nest 11 and 12, on Express and Fastify. Its routes belong to a controller, so guards,
 * interceptors, filters, prefix and versions hold for them; body parsers and pipes leave them alone.
 *
 * `forRoot(options)` takes `createGateway`'s options and `ModuleOptions`. `forRootAsync(…)` takes the former from
 * `useFactory`, or from the `createLlmGatewayOptions()` of `useClass` or `useExisting`. `authenticate` sees the platform's
 * own request: `({ raw }: AuthenticateRequest<Request>) => …`. An option that is wrong is a TypeError when the application
 * starts, which names it and how to mend it.
 *
 * @example
 * LlmGatewayModule.forRoot({ path: "llm" })
 */
@Module({ imports: [DiscoveryModule], providers: [LlmGatewayService], exports: [LlmGatewayService] })
export class LlmGatewayModule extends ConfigurableModuleClass {}
