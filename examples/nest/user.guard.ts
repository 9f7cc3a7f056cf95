import { UnauthorizedException, type CanActivate, type ExecutionContext } from "@nestjs/common";

export interface UserRequest {
  readonly headers: { readonly authorization?: string };
  user?: { readonly id: string };
}

const users = new Map([["Bearer ada-key", { id: "ada" }]]);

/** The application's own log-in, which knows nothing of the gateway. */
export class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const user = users.get(request.headers.authorization ?? "");
    if (user === undefined) throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}
