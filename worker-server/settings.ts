// Every setting of the server: its flag, its variable, what it is when left out, and how it is read. The help
// text and the table in docs/deployment.md are this list.

export interface Setting {
  flag: string;
  env: string;
  /** What stands for the value in the help; null for a switch. */
  value: string | null;
  /** As it is shown; what it means is decided in config.ts. */
  otherwise: string;
  help: string;
}

const setting = (
  flag: string,
  env: string,
  value: string | null,
  otherwise: string,
  help: string,
): Setting => ({
  flag,
  env,
  value,
  otherwise,
  help,
});

export const SETTINGS: readonly Setting[] = [
  setting('port', 'PORT', 'N', '3001', 'port to listen on; 0 takes any free one'),
  setting('host', 'HOST', 'ADDRESS', '127.0.0.1', 'address to listen on; others than loopback need a token'),
  setting('headless', 'HEADLESS', null, 'off', 'serve REST and WebSocket only, without the app'),
  setting('name', 'NAME', 'TEXT', 'the host name', 'what people see when they connect'),
  setting('privacy', 'PRIVACY', 'TEXT', 'see the README', 'what this server does with inputs, in your words'),
  setting(
    'ws-url',
    'WS_URL',
    'URL',
    'none',
    'public WebSocket address behind a proxy; its origin is allowed',
  ),
  setting('allowed-origins', 'ALLOWED_ORIGINS', 'LIST', 'none', 'other pages that may connect, by commas'),
  setting('token', 'TOKEN', 'LIST', 'none', 'tokens of clients, by commas; name=token gives one a name'),
  setting('admin-token', 'ADMIN_TOKEN', 'TOKEN', 'none', 'may register workers and see every job'),
  setting('jwt-jwks', 'JWT_JWKS', 'URL|FILE', 'none', 'key set whose JWTs are taken as tokens'),
  setting('jwt-issuer', 'JWT_ISSUER', 'TEXT', 'any', 'the issuer that a JWT must name'),
  setting('jwt-audience', 'JWT_AUDIENCE', 'TEXT', 'any', 'the audience that a JWT must name'),
  setting(
    'circuits',
    'CIRCUITS',
    'DIR',
    'circuits/build',
    'folder with manifest.json and the circuits’ files',
  ),
  setting('data', 'DATA', 'DIR', 'none', 'folder that keeps the registered workers over restarts'),
  setting('worker-urls', 'WORKER_URLS', 'LIST', 'any', 'origins or hosts that workers may be registered at'),
  setting('threads', 'THREADS', 'N', 'cores, 4 at most', 'threads of one proof'),
  setting('concurrency', 'CONCURRENCY', 'N', 'cores ÷ threads, 4 at most', 'proofs at once'),
  setting('hub', 'HUB', null, 'off', 'prove nothing here, give every job to registered workers'),
  setting('proof-memory', 'PROOF_MEMORY', 'MB', 'memory ÷ proofs', 'memory of one proof'),
  setting(
    'external-prover',
    'EXTERNAL_PROVER',
    'PATH',
    'none',
    'called: PATH zkey wtns proof.json public.json',
  ),
  setting(
    'queue',
    'GNOMON_QUEUE',
    'URL',
    'none',
    'redis:// or postgres://: part of a fleet; see docs/fleet.md',
  ),
  setting('role', 'ROLE', 'ROLE', 'both', 'in a fleet: gateway, prover or both'),
  setting(
    'machine',
    'MACHINE',
    'NAME',
    'the host’s name',
    'in a fleet: its name, should a proof of it be wrong',
  ),
  setting('fleet-key', 'FLEET_KEY', 'FILE', 'none', 'the fleet’s key file: npm run fleet-key -- FILE'),
  setting('queue-ca', 'QUEUE_CA', 'FILE', 'the system’s', 'authority of the queue’s certificate'),
  setting(
    'redis-patched',
    'REDIS_PATCHED',
    null,
    'off',
    'your distribution has mended this queue’s known holes',
  ),
  setting('queue-unsafe', 'QUEUE_UNSAFE', null, 'off', 'start although the queue may lose jobs'),
  setting('scale-hook', 'SCALE_HOOK', 'CMD', 'none', 'run with the scaling advice whenever that changes'),
  setting('max-queued', 'MAX_QUEUED', 'N', '5000', 'jobs that may wait'),
  setting('max-queued-per-client', 'MAX_QUEUED_PER_CLIENT', 'N', '1000', 'jobs of one client that may wait'),
  setting(
    'max-queued-mb',
    'MAX_QUEUED_MB',
    'MB',
    '512',
    'inputs that wait or come; three quarters by one client (fleet: half)',
  ),
  setting('max-body-kb', 'MAX_BODY_KB', 'KB', '4096', 'largest body of a REST request'),
  setting('max-payload-mb', 'MAX_PAYLOAD_MB', 'MB', '64', 'largest input over the WebSocket'),
  setting(
    'max-sockets',
    'MAX_SOCKETS',
    'N',
    '4096',
    'open WebSockets; an eighth of them may not have said yet who they are',
  ),
  setting('max-sockets-per-client', 'MAX_SOCKETS_PER_CLIENT', 'N', 'three quarters', 'of them by one client'),
  setting('rate', 'RATE', 'N', '1200', 'requests a minute of one client, REST and WebSocket together'),
  setting('shutdown', 'SHUTDOWN', 'SECONDS', '10', 'how long a shutdown may take'),
  setting('log-level', 'LOG_LEVEL', 'LEVEL', 'info', 'silent, fatal, error, warn, info, debug, trace'),
  setting('node-env', 'NODE_ENV', 'TEXT', 'none', 'production: warns of circuits with development keys'),
];

export function helpText(): string {
  const left = SETTINGS.map(
    ({ flag, env, value }) => `  ${env}, --${flag}${value === null ? '' : ` ${value}`}`,
  );
  const width = Math.max(...left.map((text) => text.length)) + 2;
  const lines = SETTINGS.map(({ help, otherwise }, at) => `${left[at]?.padEnd(width)}${help} (${otherwise})`);
  return `Gnomon server: the app, REST and WebSocket on one port. Flags win over variables.\n\n${lines.join('\n')}\n${'  --help'.padEnd(width)}this text\n`;
}

/** The same as a table, for docs/deployment.md. */
export function settingsTable(): string {
  const rows = SETTINGS.map(
    ({ env, flag, value, help, otherwise }) =>
      `| \`${env}\` | \`--${flag}${value === null ? '' : ` ${value.replace('|', '\\|')}`}\` | ${help} | ${otherwise} |`,
  );
  return `| Variable | Flag | What | Otherwise |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}
