import type { Gateway } from "@llm-gateway/core";
import { NodeIncoming, NodeOutgoing, pathOf, routePaths } from "@llm-gateway/core/node";
import { Controller, Get, Inject, NotFoundException, Post, Req, Res, type Type } from "@nestjs/common";
import type { Request, Response } from "express";
import type { FastifyReply, FastifyRequest } from "fastify";
import { from, tap, type Observable } from "rxjs";
import { LlmGatewayService } from "./service.ts";
import { showBody } from "./unread-bodies.ts";

type HostRequest = Request | FastifyRequest;
type HostReply = Response | FastifyReply;

/** A controller with the gateway's routes below a path. What Nest has around controllers holds for it, save pipes. */
export const createController = (mountPath: string): Type => {
  @Controller(mountPath)
  class LlmGatewayController {
    readonly #gateway: Gateway;

    constructor(@Inject(LlmGatewayService) { gateway }: LlmGatewayService) {
      this.#gateway = gateway;
    }

    @Post(routePaths("POST"))
    ask(@Req() request: HostRequest, @Res() reply: HostReply): Observable<void> {
      return answer(this.#gateway, request, reply);
    }

    @Get(routePaths("GET"))
    show(@Req() request: HostRequest, @Res() reply: HostReply): Observable<void> {
      return answer(this.#gateway, request, reply);
    }
  }
  return LlmGatewayController;
};

/** Serves one request; emits when the answer is over. */
const answer = (gateway: Gateway, request: HostRequest, reply: HostReply): Observable<void> => {
  const node = "raw" in request ? request.raw : request;
  const { method = "GET", url = "/" } = node;
  let path = pathOf(url);
  // In front of it stands what Nest has put there: a prefix, a version, the module's own path.
  while (path !== "" && !gateway.answers(method, path)) path = path.replace(/^\/?[^/]*/, "");
  if (path === "") throw new NotFoundException(`Cannot ${method} ${url}`);
  showBody(node);
  const incoming = new NodeIncoming(node, { path, raw: request, body: request.body });
  const outgoing = "raw" in reply ? new NodeOutgoing(reply.raw, () => takeOver(reply)) : new NodeOutgoing(reply);
  // An interceptor that gives up waiting leaves the answer to a filter.
  return from(gateway.handle(incoming, outgoing)).pipe(tap({ unsubscribe: () => outgoing.abandon() }));
};

/** Fastify keeps headers for its own answer, as those for CORS. From here on there will be none. */
const takeOver = (reply: FastifyReply): void => {
  for (const [name, value = ""] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value);
  reply.hijack();
};
