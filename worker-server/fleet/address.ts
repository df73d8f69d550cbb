// The address of a queue, as an operator writes it: where, as whom, and whether over TLS. Never shown with its password.
import { readFileSync } from 'node:fs';
import { GnomonError } from '../../src/core/errors.ts';

const SSL_MODES = ['disable', 'require', 'verify-full'];

export type QueueAddress = { kind: 'redis' | 'postgres'; connection: Record<string, unknown> };

/** Throws `input.config`. `caFile`: whom to trust besides the system's authorities. */
export function parseQueueAddress(address: string, caFile: string | null): QueueAddress {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw wrong('The address of the queue cannot be read.');
  }
  const ca = caFile === null ? null : readCa(caFile);
  if (url.protocol === 'redis:' || url.protocol === 'rediss:') {
    const db = Number(url.pathname.slice(1) || '0');
    if (!Number.isInteger(db) || db < 0) throw wrong('A Redis address ends in the number of its database.');
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
      },
    };
  }
  if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') {
    const mode = url.searchParams.get('sslmode') ?? 'disable';
    if (!SSL_MODES.includes(mode)) throw wrong('sslmode is disable, require or verify-full.');
    // Ours to read: whoever asks for TLS has the certificate checked, whatever a library makes of the word.
    url.searchParams.delete('sslmode');
    const ssl =
      mode === 'disable' ? {} : { ssl: { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) } };
    return { kind: 'postgres', connection: { connectionString: url.href, ...ssl } };
  }
  throw wrong('The address of the queue starts with redis://, rediss:// or postgres://.');
}

/** For logs and errors. */
export function shownAddress(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new GnomonError('input.config', 'The certificate of the queue’s authority cannot be read.', {
      where: 'QUEUE_CA',
      nextStep: `Check ${file}.`,
      cause,
    });
  }
}

function wrong(message: string): GnomonError {
  return new GnomonError('input.config', message, {
    where: 'GNOMON_QUEUE',
    nextStep:
      'Write it as redis://user:password@host:6379/0, rediss://… with TLS, or postgres://user:password@host:5432/database.',
  });
}
