// Who may ask what over HTTP: the Host of a loopback server, the Origin of a page, the bearer token, the rate.
// Nothing that is compared with comes from the request itself.
import type { Context, MiddlewareHandler } from 'hono';
import { GnomonError } from '../../src/core/errors.ts';
import type { ByteBudget } from '../byte-budget.ts';
import type { Caller, Callers } from '../callers.ts';
import type { Origins } from '../origins.ts';
import type { RateLimit } from '../rate-limit.ts';
import { problem } from './http.ts';

export interface AccessOptions {
  callers: Callers;
  origins: Origins;
  rate: RateLimit;
  /** Bodies on their way count there. */
  arriving: ByteBudget;
}

declare module 'hono' {
  interface ContextVariableMap {
    caller: Caller;
    arriving: ByteBudget;
  }
}

/** For everything under /api and for /metrics. */
export function access({ callers, origins, rate, arriving }: AccessOptions): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header('Origin') ?? null;
    if (!origins.allowsHost(context.req.header('Host') ?? null)) return problem(context, wrongHost());
    if (!origins.allows(origin)) return problem(context, wrongOrigin());
    if (origin !== null) allowOrigin(context, origin);
    if (context.req.method === 'OPTIONS') return context.body(null, 204);
    try {
      const caller = await callers.identify(bearerOf(context));
      await rate.spend(caller.owner);
      context.set('caller', caller);
      context.set('arriving', arriving);
    } catch (thrown) {
      return problem(context, thrown);
    }
    return next();
  };
}

function bearerOf(context: Context): string | null {
  return /^Bearer\s+(\S+)$/i.exec(context.req.header('Authorization') ?? '')?.[1] ?? null;
}

/** An allowed page of another origin may read the answer; there are no cookies that could be abused. */
function allowOrigin(context: Context, origin: string): void {
  context.header('Access-Control-Allow-Origin', origin);
  context.header('Vary', 'Origin');
  context.header('Access-Control-Allow-Methods', 'GET, POST, DELETE');
  context.header('Access-Control-Allow-Headers', 'Authorization, Content-Type, Prefer');
  context.header('Access-Control-Max-Age', '600');
}

/** Throws `input.forbidden` for anyone but the operator. */
export function mustBeAdmin(context: Context): void {
  if (context.get('caller').admin) return;
  throw new GnomonError('input.forbidden', 'This needs the admin token.', {
    nextStep: 'Send ADMIN_TOKEN as the bearer token; whoever runs this server has it.',
  });
}

export function wrongOrigin(): GnomonError {
  return new GnomonError('network.origin', 'This page may not use this server.', {
    where: 'Origin',
    nextStep: 'Ask whoever runs this server to add the page’s address to ALLOWED_ORIGINS.',
  });
}

export function wrongHost(): GnomonError {
  return new GnomonError('network.host', 'This server is not reached under that name.', {
    where: 'Host',
    nextStep: 'Use localhost, or set a token and WS_URL on the server.',
  });
}
