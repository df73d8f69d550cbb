// Response headers: isolation (so that threads share memory), content security, caching.
// See trust.md; docs in README, "Architecture".
import type { MiddlewareHandler } from 'hono';

/** `blob:` workers only because the engine and snarkjs start their threads from blobs. Styles may be inline because
 * Solid and the chart libraries set them on elements; scripts never. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self' https: wss: http://localhost:* ws://localhost:*",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Bull Board resolves its paths from its base. */
const BOARD_POLICY = CONTENT_SECURITY_POLICY.replace("base-uri 'none'", "base-uri 'self'");

/** Set on every response, errors included. */
export const SECURITY_HEADERS: Record<string, string> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.res.headers.set(name, value);
    if (context.req.path.startsWith('/board')) {
      context.res.headers.set('Content-Security-Policy', BOARD_POLICY);
    }
  };
}

/** How long a browser may keep a path: hashed files for good, the page and the service worker never
 * unasked, circuits not at all in the HTTP cache since the app keeps them by digest. */
export function cacheControl(path: string): string {
  if (path.startsWith('/api/') || path.startsWith('/board') || path === '/metrics') return 'no-store';
  if (path.startsWith('/assets/')) return 'public, max-age=31536000, immutable';
  if (path.startsWith('/circuits/') && path !== '/circuits/manifest.json') return 'no-store';
  return 'no-cache';
}
