import type { AuthenticateRequest } from "@llm-gateway/core";
import {
  Inject,
  Injectable,
  Scope,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from "@nestjs/common";
import { APP_GUARD, REQUEST } from "@nestjs/core";
import { describe, expect, test } from "vitest";
import { chatStream } from "../../core/src/testing/wire.ts";
import { platforms } from "./platforms.ts";
import { chat, path, setUp, streamedChat } from "./set-up.ts";

interface Visitor {
  readonly url: string;
  readonly headers: { readonly "x-user"?: string };
  user?: { readonly name: string };
}

const logIn = (request: Visitor): boolean => {
  const name = request.headers["x-user"];
  if (name === undefined) throw new UnauthorizedException("Log in first.");
  request.user = { name };
  return name !== "eve";
};

class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return logIn(context.switchToHttp().getRequest());
  }
}

/** Made anew for every request, and with it the gateway's controller. */
@Injectable({ scope: Scope.REQUEST })
class RequestGuard implements CanActivate {
  readonly #request: Visitor;

  constructor(@Inject(REQUEST) request: Visitor) {
    this.#request = request;
  }

  canActivate(): boolean {
    return logIn(this.#request);
  }
}

const asUser = ({ raw }: AuthenticateRequest<Visitor>): { id: string } | null =>
  raw.user === undefined ? null : { id: raw.user.name };

describe.each(platforms)("%s", (_name, create) => {
  describe.each([
    ["a global guard", UserGuard],
    ["a global guard that is made for each request", RequestGuard],
  ])("%s", (_kind, guard) => {
    const parts = { providers: [{ provide: APP_GUARD, useClass: guard }] };

    test("decides before the gateway, and its refusal is Nest's own answer", async () => {
      const { ask, transport } = await setUp(create, { parts });
      const refused = await ask(chat, { headers: { "x-user": "eve" } });
      expect(refused.status).toBe(403);
      expect(JSON.parse(await refused.text())).toMatchObject({ message: "Forbidden resource", statusCode: 403 });
      const unknown = await ask(chat);
      expect(unknown.status).toBe(401);
      expect(JSON.parse(await unknown.text())).toMatchObject({ message: "Log in first." });
      expect(transport.requests).toHaveLength(0);
    });

    test("tells authenticate whom it has found, whole and streamed, and at a path", async () => {
      const seen: string[] = [];
      const authenticate = (request: AuthenticateRequest<Visitor>): { id: string } | null => {
        seen.push(`${request.raw.user?.name} ${request.path} ${request.raw.url}`);
        return asUser(request);
      };
      const answer = { body: chatStream("Hello") };
      const { ask } = await setUp(create, { parts, options: { authenticate, path: "llm" }, answer });
      const asked = await ask(streamedChat, { path: `/llm${path}`, headers: { "x-user": "ada" } });
      expect(await asked.text()).toMatch(/data: \[DONE\]\n\n$/);
      await ask(undefined, { method: "GET", path: "/llm/v1/models", headers: { "x-user": "bob" } });
      expect(seen).toEqual([`ada ${path} /llm${path}`, "bob /v1/models /llm/v1/models"]);
    });
  });

  test("without a guard, whoever authenticate does not know is the gateway's to refuse", async () => {
    const { ask } = await setUp(create, { options: { authenticate: asUser } });
    const answer = await ask(chat);
    expect(answer.status).toBe(401);
    expect(JSON.parse(await answer.text())).toMatchObject({ error: { code: "invalid_api_key" } });
  });
});
