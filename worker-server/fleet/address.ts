// The address of a queue, as an operator writes it: where, as whom, and whether over TLS. Never shown with its password.
import { GnomonError } from '../../src/core/errors.ts';
import { readCa, takeTls } from './postgres-tls.ts';

export interface QueueAddress {
  kind: 'redis' | 'postgres';
  connection: Record<string, unknown>;
  /** To say loudly. */
  warnings: string[];
}

/** What only listens says nothing by itself: a connection that a firewall has forgotten must be noticed all the same. */
const KEEP_ALIVE_MS = 10_000;

/** Throws `input.config`. `caFile`: whom to trust instead of the system's authorities. */
export function parseQueueAddress(address: string, caFile: string | null): QueueAddress {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw wrong('The address of the queue cannot be read.');
  }
  if (url.protocol === 'redis:' || url.protocol === 'rediss:') {
    const db = Number(url.pathname.slice(1) || '0');
    if (!Number.isInteger(db) || db < 0) throw wrong('A Redis address ends in the number of its database.');
    const ca = caFile === null ? null : readCa(caFile);
    const secret = (text: string) => (text === '' ? {} : decodeURIComponent(text));
    return {
      kind: 'redis',
      connection: {
        host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
        port: Number(url.port || '6379'),
        db,
        ...(url.username === '' ? {} : { username: secret(url.username) }),
        ...(url.password === '' ? {} : { password: secret(url.password) }),
        ...(url.protocol === 'rediss:' ? { tls: ca === null ? {} : { ca } } : {}),
        // BullMQ asks for it: its blocking reads wait for a connection to come back.
        maxRetriesPerRequest: null,
        keepAlive: KEEP_ALIVE_MS,
      },
      warnings: [],
    };
  }
  if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') {
    const { ssl, warnings } = takeTls(url, caFile);
    const alive = { keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS };
    const connection = { connectionString: url.href, ...alive, ...(ssl === null ? {} : { ssl }) };
    return { kind: 'postgres', connection, warnings };
  }
  throw wrong('The address of the queue starts with redis://, rediss:// or postgres://.');
}

/** For logs and errors. */
export function shownAddress(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function wrong(message: string): GnomonError {
  return new GnomonError('input.config', message, {
    where: 'GNOMON_QUEUE',
    nextStep:
      'Write it as redis://user:password@host:6379/0, rediss://… with TLS, or postgres://user:password@host:5432/database.',
  });
}
