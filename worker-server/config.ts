// Configuration of the server from environment and flags; flags win. What is wrong is named by its flag or
// variable, in words.
import { availableParallelism, hostname, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { GnomonError } from '../src/core/errors.ts';
import { type FleetSettings, readFleet } from './fleet/settings.ts';
import { SETTINGS } from './settings.ts';

export interface NamedToken {
  name: string;
  token: string;
}

export interface Limits {
  maxQueued: number;
  maxQueuedPerClient: number;
  maxQueuedBytes: number;
  maxBodyBytes: number;
  maxPayloadBytes: number;
  maxSockets: number;
  maxSocketsPerClient: number;
  requestsPerMinute: number;
}

export interface ServerConfig {
  host: string;
  port: number;
  headless: boolean;
  name: string;
  /** The name if somebody chose it; null: it is the machine's. */
  chosenName: string | null;
  privacy: string;
  /** Public WebSocket address; null: the one that the client used. */
  wsUrl: string | null;
  /** Besides the server's own on loopback. */
  allowedOrigins: string[];
  tokens: NamedToken[];
  adminToken: string | null;
  jwt: { jwks: string; issuer: string | null; audience: string | null } | null;
  /** Folder of the built app. */
  appFolder: string;
  /** Folder with manifest.json and the circuits' files. */
  circuitsFolder: string;
  dataFolder: string | null;
  /** Origins or hosts that workers may be registered at; null: any. */
  workerUrls: string[] | null;
  threads: number;
  concurrency: number;
  /** Proves nothing itself. */
  hub: boolean;
  proofBytes: number;
  externalProver: string | null;
  /** Null: this server works alone. */
  fleet: FleetSettings | null;
  scaleHook: string | null;
  limits: Limits;
  shutdownMs: number;
  logLevel: string;
  production: boolean;
  help: boolean;
}

export interface Machine {
  cores: number;
  memoryBytes: number;
  hostName: string;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];
/** Short enough to type once, long enough not to be guessed over a network with a rate limit. */
const TOKEN_CHARS_MIN = 16;
const MB = 1024 * 1024;
const PRIVACY =
  'Inputs are held in memory until their proof is made, and are neither written to disk nor logged.';

const thisMachine = (): Machine => ({
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  hostName: hostname(),
});

/** Throws GnomonError `input.config` that names the flag or variable. */
export function readConfig(
  args: string[],
  env: Record<string, string | undefined>,
  defaults: { appFolder: string; circuitsFolder: string },
  machine: Machine = thisMachine(),
): ServerConfig {
  const values = readFlags(args);
  const { text, whole, isSet, isOn } = makeReaders(values, env);

  const host = text('host') ?? '127.0.0.1';
  const tokens = readTokens(text('token'), isSet('token'));
  const adminToken = text('admin-token') ?? null;
  const jwks = text('jwt-jwks');
  if (!LOOPBACK.has(host) && !isHelp(values)) {
    const weak = [...tokens.map(({ token }) => token), ...(adminToken === null ? [] : [adminToken])];
    refuseOpenServer(host, isSet('host'), tokens.length > 0 || jwks !== undefined, weak);
  }
  const threads = whole('threads', 1, 64) ?? Math.min(4, machine.cores);
  const concurrency =
    whole('concurrency', 1, 1024) ?? Math.max(1, Math.min(4, Math.floor(machine.cores / threads)));
  const proofMb = whole('proof-memory', 64, 1024 * 1024);
  const maxSockets = whole('max-sockets', 1, 1_000_000) ?? 4096;
  const wsUrl = text('ws-url') ?? null;
  const logLevel = text('log-level') ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw wrong(
      `"${logLevel}" is not a log level.`,
      isSet('log-level'),
      `Use one of ${LOG_LEVELS.join(', ')}.`,
    );
  }
  return {
    host,
    port: whole('port', 0, 65_535) ?? 3001,
    headless: values.headless === true || isTrue(env.HEADLESS),
    name: text('name') ?? machine.hostName,
    chosenName: text('name') ?? null,
    privacy: text('privacy') ?? PRIVACY,
    wsUrl,
    allowedOrigins: readOrigins(text('allowed-origins'), isSet('allowed-origins'), wsUrl, isSet('ws-url')),
    tokens,
    adminToken,
    jwt:
      jwks === undefined
        ? null
        : { jwks, issuer: text('jwt-issuer') ?? null, audience: text('jwt-audience') ?? null },
    appFolder: defaults.appFolder,
    circuitsFolder: text('circuits') ?? defaults.circuitsFolder,
    dataFolder: text('data') ?? null,
    workerUrls:
      text('worker-urls')
        ?.split(',')
        .map((part) => part.trim())
        .filter(Boolean) ?? null,
    threads,
    concurrency,
    hub: values.hub === true || isTrue(env.HUB),
    // A fifth of the machine stays for the server and everyone else.
    proofBytes: proofMb === undefined ? Math.floor((0.8 * machine.memoryBytes) / concurrency) : proofMb * MB,
    externalProver: text('external-prover') ?? null,
    fleet: isHelp(values) ? null : readFleet(text, isOn),
    scaleHook: text('scale-hook') ?? null,
    limits: {
      maxQueued: whole('max-queued', 1, 1_000_000) ?? 5000,
      maxQueuedPerClient: whole('max-queued-per-client', 1, 1_000_000) ?? 1000,
      maxQueuedBytes: (whole('max-queued-mb', 1, 1024 * 1024) ?? 512) * MB,
      maxBodyBytes: (whole('max-body-kb', 1, 1024 * 1024) ?? 4096) * 1024,
      maxPayloadBytes: (whole('max-payload-mb', 1, 256) ?? 64) * MB,
      maxSockets,
      maxSocketsPerClient: whole('max-sockets-per-client', 1, 1_000_000) ?? Math.ceil((3 * maxSockets) / 4),
      requestsPerMinute: whole('rate', 1, 10_000_000) ?? 1200,
    },
    shutdownMs: (whole('shutdown', 1, 3600) ?? 10) * 1000,
    logLevel,
    production: (text('node-env') ?? '') === 'production',
    help: isHelp(values),
  };
}

type Values = Record<string, string | boolean | undefined>;

const isHelp = (values: Values): boolean => values.help === true;
const isTrue = (value: string | undefined): boolean => value === '1' || value === 'true';

function readFlags(args: string[]): Values {
  const options = Object.fromEntries(
    SETTINGS.map(({ flag, value }) => [flag, { type: value === null ? 'boolean' : 'string' } as const]),
  );
  try {
    return parseArgs({ args, options: { ...options, help: { type: 'boolean' } } }).values as Values;
  } catch (cause) {
    throw new GnomonError('input.config', cause instanceof Error ? cause.message : 'Unknown flag.', {
      nextStep: 'Run with --help to see the flags.',
      cause,
    });
  }
}

/** Readers of one setting each: the flag's value, else the variable's, else undefined. Empty counts as left
 * out, as in unit files and compose files. */
function makeReaders(values: Values, env: Record<string, string | undefined>) {
  const envOf = (flag: string): string => SETTINGS.find((setting) => setting.flag === flag)?.env ?? flag;
  const text = (flag: string): string | undefined => {
    const value = values[flag];
    const found = typeof value === 'string' ? value : env[envOf(flag)];
    return found === undefined || found.trim() === '' ? undefined : found.trim();
  };
  /** Where it was set, for errors. */
  const isSet = (flag: string): string => (values[flag] === undefined ? envOf(flag) : `--${flag}`);
  const whole = (flag: string, least: number, most: number): number | undefined => {
    const found = text(flag);
    if (found === undefined) return undefined;
    const number = Number(found);
    if (/^\d{1,9}$/.test(found) && number >= least && number <= most) return number;
    const what = flag === 'port' ? 'a port' : 'a number that can be used here';
    throw wrong(`"${found}" is not ${what}.`, isSet(flag), `Give a whole number from ${least} to ${most}.`);
  };
  const isOn = (flag: string): boolean => values[flag] === true || isTrue(env[envOf(flag)]);
  return { text, whole, isSet, isOn };
}

function readTokens(list: string | undefined, where: string): NamedToken[] {
  const tokens = (list ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part, at) => {
      // A base64 token may end in "=": only a name before a long rest is a name.
      const named = /^([A-Za-z0-9_-]{1,32})=(.{8,})$/.exec(part);
      return named === null
        ? { name: `token-${at + 1}`, token: part }
        : { name: named[1]!, token: named[2]! };
    });
  if (tokens.some(({ name }) => name === 'admin')) {
    throw wrong(
      'A client’s token cannot be called admin: its jobs would be the operator’s.',
      where,
      'Take another name.',
    );
  }
  if (new Set(tokens.map(({ name }) => name)).size < tokens.length) {
    throw wrong('Two tokens have the same name.', where, 'Give each its own name.');
  }
  return tokens;
}

function readOrigins(
  list: string | undefined,
  where: string,
  wsUrl: string | null,
  wsWhere: string,
): string[] {
  const originOf = (text: string, at: string): string => {
    try {
      const { origin, protocol } = new URL(text);
      if (/^https?:$/.test(protocol)) return origin;
    } catch {
      // Said below.
    }
    throw wrong(`"${text}" is not the address of a page.`, at, 'Write it as https://app.example.org.');
  };
  const origins = (list ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => originOf(part, where));
  if (wsUrl !== null) {
    if (!/^wss?:\/\//.test(wsUrl))
      throw wrong(`"${wsUrl}" is not a WebSocket address.`, wsWhere, 'It starts with ws:// or wss://.');
    origins.push(originOf(wsUrl.replace(/^ws/, 'http'), wsWhere));
  }
  return [...new Set(origins)];
}

function refuseOpenServer(host: string, where: string, hasToken: boolean, tokens: string[]): void {
  if (!hasToken) {
    throw wrong(
      `Listening on ${host} would let anyone who reaches this machine use it, and no token is set.`,
      where,
      'Set a token that clients must give: TOKEN=$(openssl rand -hex 32). Or listen on 127.0.0.1.',
    );
  }
  if (tokens.some((token) => token.length < TOKEN_CHARS_MIN)) {
    throw wrong(
      `A token has fewer than ${TOKEN_CHARS_MIN} characters; on ${host} it could be guessed.`,
      'TOKEN',
      'Take a longer one: openssl rand -hex 32.',
    );
  }
}

function wrong(message: string, where: string, nextStep: string): GnomonError {
  return new GnomonError('input.config', message, { where, nextStep });
}
