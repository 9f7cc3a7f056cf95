import { collect, type AuthenticateRequest, type Gateway } from "@llm-gateway/core";
import { LlmGatewayModule, LlmGatewayService } from "@llm-gateway/nest";
import { Controller, Get, Inject, Module, Param } from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { UserGuard, type UserRequest } from "./user.guard.ts";

/** A route of the application's own, which asks a model with no HTTP in between. */
@Controller("rhymes")
class RhymeController {
  readonly #gateway: Gateway;

  constructor(@Inject(LlmGatewayService) { gateway }: LlmGatewayService) {
    this.#gateway = gateway;
  }

  @Get(":word")
  async rhyme(@Param("word") word: string): Promise<string> {
    const reply = await this.#gateway.chat({
      model: "anthropic/claude-haiku-4-5",
      messages: [{ role: "user", content: `What rhymes with ${word}?` }],
    });
    const { text } = await collect(reply);
    return text;
  }
}

@Module({
  imports: [LlmGatewayModule.forRoot({ authenticate: ({ raw }: AuthenticateRequest<UserRequest>) => raw.user })],
  controllers: [RhymeController],
  providers: [{ provide: APP_GUARD, useClass: UserGuard }],
})
export class AppModule {}
