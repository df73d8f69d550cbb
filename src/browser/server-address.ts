// From what a person types or pastes to a server's address: a URL, or a pairing link with its token in the
// fragment, which no server and no log sees.
import { GnomonError } from '../core/errors.ts';
import { socketUrl } from '../remote/socket.ts';

export interface ServerAddress {
  /** ws or wss. */
  url: string;
  token?: string;
}

export const MAX_URL_CHARS = 2048;
/** As many as the protocol carries. */
export const MAX_TOKEN_CHARS = 8192;

/** `page` is this page's own address. Throws `input.server-address`, `input.server-insecure` or
 * `input.server-token`; what was typed is in none of them. */
export function readServerAddress(typed: string, page: Pick<URL, 'protocol' | 'hostname'>): ServerAddress {
  const text = typed.trim();
  const [before = '', fragment = ''] = text.split('#', 2);
  // A link that opens the app names the server in its fragment, too.
  const address = new URLSearchParams(fragment).get('server') ?? before;
  const schemed = address.includes('://')
    ? address
    : `${isLoopback(hostOf(address)) ? 'http' : 'https'}://${address}`;
  const mapped = address === '' ? null : socketUrl(schemed);
  if (mapped === null || mapped.length > MAX_URL_CHARS) {
    throw new GnomonError('input.server-address', 'This is not the address of a server.', {
      nextStep: 'Enter it as https://prover.example, or http://localhost:3001 for one on this device.',
    });
  }
  const url = new URL(mapped);
  // Left in the address, every server and proxy on the way would write it into its log.
  const asked = url.searchParams.get('token');
  if (asked !== null) url.searchParams.delete('token');
  const token = new URLSearchParams(fragment).get('token') || asked;
  // The page's policy names localhost, and all of these are the same machine.
  if (isLoopback(url.hostname)) url.hostname = 'localhost';
  if (
    url.protocol === 'ws:' &&
    url.hostname !== 'localhost' &&
    !(page.protocol === 'http:' && page.hostname === url.hostname)
  ) {
    throw new GnomonError(
      'input.server-insecure',
      'That connection would not be encrypted, so anyone on the way could read what is sent.',
      { nextStep: 'Use its https address. Only a server on this very device may do without.' },
    );
  }
  return { url: url.href, ...(token ? { token: readToken(token) } : {}) };
}

/** Throws `input.server-token` when it is longer than the protocol carries. */
export function readToken(token: string): string {
  if (token.length <= MAX_TOKEN_CHARS) return token;
  throw new GnomonError('input.server-token', 'This token is too long.', {
    nextStep: 'Copy it again from whoever runs the server.',
  });
}

/** A link that brings a server and its token to another device: one that opens this app there, unless this page is
 * on this very device; then one to be typed or pasted on its Servers page. `page` is this page's own address. */
export function pairingLink(server: ServerAddress, page: Pick<URL, 'origin' | 'hostname'>): string {
  const fragment = new URLSearchParams();
  if (!isLoopback(page.hostname)) fragment.set('server', server.url);
  if (server.token !== undefined) fragment.set('token', server.token);
  const before = isLoopback(page.hostname)
    ? server.url.replace(/^ws/, 'http').replace(/\/ws$/, '/')
    : `${page.origin}/servers`;
  return fragment.size === 0 ? before : `${before}#${fragment}`;
}

/** Browsers ask before a public page may reach these. */
export function isOnLocalNetwork(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    isLoopback(hostname) ||
    /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)[\d.]+$/.test(hostname) ||
    /^\[f[cde]/.test(hostname) ||
    hostname.endsWith('.local')
  );
}

function hostOf(address: string): string {
  return /^(\[[^\]]*\]|[^/:]*)/.exec(address)?.[0] ?? '';
}

export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
