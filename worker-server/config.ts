// Configuration of the server from environment and flags; flags win.
import { parseArgs } from 'node:util';
import { GnomonError } from '../src/core/errors.ts';

export interface ServerConfig {
  host: string;
  port: number;
  /** Folder of the built app. */
  appFolder: string;
  /** Folder with manifest.json and the circuits' files. */
  circuitsFolder: string;
  logLevel: string;
}

export const HELP = `Gnomon server

  PORT, --port N           port to listen on (3001)
  HOST, --host H           address to listen on (127.0.0.1)
  CIRCUITS, --circuits DIR folder with manifest.json (circuits/build)
  LOG_LEVEL, --log-level L silent, error, warn, info, debug (info)
  --help                   this text
`;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const LOG_LEVELS = new Set(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']);

/** Throws GnomonError `input.config` that names the flag or variable. `help` is set when it was asked for. */
export function readConfig(
  args: string[],
  env: Record<string, string | undefined>,
  defaults: { appFolder: string; circuitsFolder: string },
): ServerConfig & { help: boolean } {
  let values: { port?: string; host?: string; circuits?: string; 'log-level'?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        circuits: { type: 'string' },
        'log-level': { type: 'string' },
        help: { type: 'boolean' },
      },
    }));
  } catch (cause) {
    throw new GnomonError('input.config', cause instanceof Error ? cause.message : 'Unknown flag.', {
      nextStep: 'Run with --help to see the flags.',
      cause,
    });
  }
  const portText = values.port ?? env.PORT ?? '3001';
  const port = Number(portText);
  if (!/^\d{1,5}$/.test(portText) || port > 65_535) {
    throw new GnomonError('input.config', `"${portText}" is not a port.`, {
      where: values.port === undefined ? 'PORT' : '--port',
      nextStep: 'Give a number from 0 to 65535; 0 takes any free port.',
    });
  }
  const host = values.host ?? env.HOST ?? '127.0.0.1';
  if (!LOOPBACK.has(host)) {
    throw new GnomonError('input.config', `Listening on ${host} would open this server to other machines.`, {
      where: values.host === undefined ? 'HOST' : '--host',
      nextStep: 'This server has no tokens yet: listen on 127.0.0.1 and put a TLS proxy before it.',
    });
  }
  const logLevel = values['log-level'] ?? env.LOG_LEVEL ?? 'info';
  if (!LOG_LEVELS.has(logLevel)) {
    throw new GnomonError('input.config', `"${logLevel}" is not a log level.`, {
      where: values['log-level'] === undefined ? 'LOG_LEVEL' : '--log-level',
      nextStep: `Use one of ${[...LOG_LEVELS].join(', ')}.`,
    });
  }
  return {
    host,
    port,
    appFolder: defaults.appFolder,
    circuitsFolder: values.circuits ?? env.CIRCUITS ?? defaults.circuitsFolder,
    logLevel,
    help: values.help ?? false,
  };
}
