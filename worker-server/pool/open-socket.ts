// Connections of this server to its workers: plain WebSockets that follow no redirect and take no more than a
// worker server may say.
import { WebSocket } from 'ws';
import { SERVER_TEXT_LIMITS } from '../../src/core/wire/limits.ts';
import type { SocketLike } from '../../src/remote/socket.ts';

const HANDSHAKE_MS = 10_000;

export function openWorkerSocket(url: string): SocketLike {
  return new WebSocket(url, {
    followRedirects: false,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: SERVER_TEXT_LIMITS.maxBytes,
    perMessageDeflate: false,
  }) as unknown as SocketLike;
}
