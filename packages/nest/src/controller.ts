import { NodeIncoming, NodeOutgoing, ownPathOf, routePaths, showBody } from "@llm-gateway/core/node";
import { Controller, Delete, Get, Inject, NotFoundException, Post, Req, Res, type Type } from "@nestjs/common";
import type { Request, Response } from "express";
import type { FastifyReply, FastifyRequest } from "fastify";
import { from, tap, type Observable } from "rxjs";
import { LlmGatewayService } from "./service.ts";

type HostRequest = Request | FastifyRequest;
type HostReply = Response | FastifyReply;

/** A controller with the gateway's routes below a path. What Nest has around controllers holds for it, save pipes. */
export const createController = (mountPath: string): Type => {
  @Controller(mountPath)
  class LlmGatewayController {
    // Nest sets it.
    @Inject(LlmGatewayService) declare readonly service: LlmGatewayService;

    /** Serves one request; emits when the answer is over. */
    @Post(routePaths("POST"))
    ask(@Req() request: HostRequest, @Res() reply: HostReply): Observable<void> {
      const node = "raw" in request ? request.raw : request;
      const path = ownPathOf(node);
      if (path === undefined) throw new NotFoundException(`Cannot ${node.method} ${node.url}`);
      showBody(node);
      const incoming = new NodeIncoming(node, { path, raw: request, body: request.body });
      const outgoing = "raw" in reply ? new NodeOutgoing(reply.raw, () => takeOver(reply)) : new NodeOutgoing(reply);
      const answered = from(this.service.gateway.handle(incoming, outgoing));
      // An interceptor that gives up waiting leaves the answer to a filter.
      return answered.pipe(tap({ unsubscribe: () => outgoing.abandon() }));
    }

    @Delete(routePaths("DELETE"))
    forget(@Req() request: HostRequest, @Res() reply: HostReply): Observable<void> {
      return this.ask(request, reply);
    }

    // Not one `@All`: other methods at these paths may be the application's own routes.
    @Get(routePaths("GET"))
    show(@Req() request: HostRequest, @Res() reply: HostReply): Observable<void> {
      return this.ask(request, reply);
    }
  }
  return LlmGatewayController;
};

/** Fastify keeps headers for its own answer, as those for CORS. From here on there will be none. */
const takeOver = (reply: FastifyReply): void => {
  for (const [name, value = ""] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value);
  reply.hijack();
};
