// The little of a WebSocket that is needed: the browser's and `ws` both fit.

export interface SocketEvent {
  data?: unknown;
  code?: number;
}

export interface SocketLike {
  binaryType: string;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: SocketEvent) => void,
  ): void;
}

/** Opens a connection, or throws: the one place where a host decides whether it may be opened at all. */
export type OpenSocket = (url: string) => SocketLike;

/** The WebSocket address of a server given as http(s) or ws(s); without a path it is `/ws`. Null: not one. */
export function socketUrl(address: string): string | null {
  let url: URL;
  try {
    url = new URL(address.includes('://') ? address : `https://${address}`);
  } catch {
    return null;
  }
  const protocol = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' }[url.protocol];
  if (protocol === undefined || url.username !== '' || url.password !== '' || url.hostname === '')
    return null;
  const path = url.pathname === '/' ? '/ws' : url.pathname;
  return `${protocol}//${url.host}${path}${url.search}`;
}
