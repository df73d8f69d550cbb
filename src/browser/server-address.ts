// From what a person types or pastes to a server's address: a URL, or a pairing link with its token in the
// fragment, which no server and no log sees.
import { GnomonError } from '../core/errors.ts';
import { socketUrl } from '../remote/socket.ts';

export interface ServerAddress {
  /** ws or wss. */
  url: string;
  token?: string;
}

/** `page` is this page's own address. Throws `input.server-address` or `input.server-insecure`. */
export function readServerAddress(typed: string, page: Pick<URL, 'protocol' | 'hostname'>): ServerAddress {
  const text = typed.trim();
  const [address = '', fragment = ''] = text.split('#', 2);
  const token = new URLSearchParams(fragment).get('token') ?? undefined;
  const schemed = address.includes('://')
    ? address
    : `${isLoopback(hostOf(address)) ? 'http' : 'https'}://${address}`;
  const mapped = address === '' ? null : socketUrl(schemed);
  if (mapped === null) {
    throw new GnomonError('input.server-address', 'This is not the address of a server.', {
      nextStep: 'Enter it as https://prover.example, or http://localhost:3001 for one on this device.',
    });
  }
  const url = new URL(mapped);
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
  return { url: url.href, ...(token === undefined || token === '' ? {} : { token }) };
}

/** Browsers ask before a public page may reach these. */
export function isOnLocalNetwork(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    isLoopback(hostname) ||
    /^(10|127)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^169\.254\./.test(hostname) ||
    /^\[f[cde]/.test(hostname) ||
    hostname.endsWith('.local')
  );
}

function hostOf(address: string): string {
  return /^(\[[^\]]*\]|[^/:]*)/.exec(address)?.[0] ?? '';
}

function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
