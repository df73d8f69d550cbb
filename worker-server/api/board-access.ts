// Who may see the board: whoever has the admin token. Browsers are asked for it as the password of any user, since a
// page that is opened cannot bring a bearer token.
import type { MiddlewareHandler } from 'hono';
import type { ServerParts } from '../parts.ts';
import { wrongHost, wrongOrigin } from './access.ts';
import { problem } from './http.ts';

export function boardAccess({ callers, origins, rate }: ServerParts): MiddlewareHandler {
  return async (context, next) => {
    if (!origins.allowsHost(context.req.header('Host') ?? null)) return problem(context, wrongHost());
    const origin = context.req.header('Origin') ?? null;
    if (origin !== null && !origins.allows(origin)) return problem(context, wrongOrigin());
    const caller = await callers
      .identify(tokenOf(context.req.header('Authorization') ?? ''))
      .catch(() => null);
    if (caller?.admin !== true) {
      context.header(
        'WWW-Authenticate',
        'Basic realm="Gnomon: the admin token as password", charset="UTF-8"',
      );
      return context.text('This needs the admin token, as the password of any user.\n', 401);
    }
    try {
      await rate.spend(caller.owner);
    } catch (thrown) {
      return problem(context, thrown);
    }
    return next();
  };
}

function tokenOf(authorization: string): string | null {
  const [, basic] = /^Basic\s+(\S+)$/i.exec(authorization) ?? [];
  if (basic !== undefined)
    return (
      Buffer.from(basic, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '') || null
    );
  return /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? null;
}
