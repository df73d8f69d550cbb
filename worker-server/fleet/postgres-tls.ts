// What the `sslmode` of PostgreSQL's address asks for, as libpq documents it. Read here and not by `pg`, which takes
// all its words for one and checks the name `localhost` where an address is given as numbers.
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { GnomonError } from '../../src/core/errors.ts';

export interface PostgresTls {
  /** Null: no TLS. */
  ssl: ConnectionOptions | null;
  warnings: string[];
}

const MODES = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const GUESSES = ['allow', 'prefer'];
/** Parameters that are read here; whatever else begins with `ssl` would change what was read. */
const OURS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/** Takes its parameters out of `url`. `caFile`: whom to trust. Throws `input.config`. */
export function takeTls(url: URL, caFile: string | null): PostgresTls {
  const asked = Object.fromEntries(OURS.map((name) => [name, url.searchParams.get(name)]));
  for (const name of [...OURS, 'uselibpqcompat']) url.searchParams.delete(name);
  const other = [...url.searchParams.keys()].find((name) => name.startsWith('ssl'));
  if (other !== undefined) throw wrong(`${other} in the queue’s address is not known here.`, advice());
  const mode = asked.sslmode ?? 'disable';
  if (GUESSES.includes(mode)) {
    throw wrong(`sslmode=${mode} would go on without TLS where there is none.`, advice());
  }
  if (!MODES.includes(mode)) throw wrong(`sslmode=${mode} is not known.`, advice());
  if (mode === 'disable') return { ssl: null, warnings: [] };

  const file = caFile ?? (asked.sslrootcert === 'system' ? null : (asked.sslrootcert ?? null));
  const own = {
    ...(asked.sslcert == null ? {} : { cert: read(asked.sslcert, 'GNOMON_QUEUE') }),
    ...(asked.sslkey == null ? {} : { key: read(asked.sslkey, 'GNOMON_QUEUE') }),
  };
  if (mode === 'no-verify' || (mode === 'require' && file === null)) {
    const message = `The queue’s connection is encrypted, but its certificate is not checked (sslmode=${mode}): whoever \
stands in between can pose as the queue. With --queue-ca FILE and sslmode=verify-full nobody can.`;
    return { ssl: { ...own, rejectUnauthorized: false }, warnings: [message] };
  }
  if (mode === 'verify-ca' && file === null) {
    throw wrong(
      'sslmode=verify-ca needs the authority to check the certificate with.',
      'Give its file with --queue-ca FILE, or use sslmode=verify-full, which takes the system’s authorities as well.',
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    ssl: {
      ...own,
      ...(file === null ? {} : { ca: read(file, caFile === null ? 'GNOMON_QUEUE' : 'QUEUE_CA') }),
      rejectUnauthorized: true,
      checkServerIdentity: (_name, certificate) =>
        mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
    },
    warnings: [],
  };
}

/** Throws `input.config`. */
export function readCa(file: string): string {
  return read(file, 'QUEUE_CA');
}

function read(file: string, where: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = 'A certificate or key for the queue’s TLS cannot be read.';
    throw new GnomonError('input.config', message, { where, nextStep: `Check ${file}.`, cause });
  }
}

function advice(): string {
  return `Write sslmode as one of ${MODES.join(', ')}; sslrootcert, sslcert and sslkey may name files.`;
}

function wrong(message: string, nextStep: string): GnomonError {
  return new GnomonError('input.config', message, { where: 'GNOMON_QUEUE', nextStep });
}
