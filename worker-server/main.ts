// Entry of the server process: configuration, listening, and an orderly end.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { pino } from 'pino';
import { GnomonError } from '../src/core/errors.ts';
import { createApp } from './app.ts';
import { HELP, readConfig } from './config.ts';

/** How long open connections may take to finish before they are cut. */
const SHUTDOWN_MS = 5_000;

const projectFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function main(): void {
  const config = readConfig(process.argv.slice(2), process.env, {
    appFolder: join(projectFolder, 'dist', 'app'),
    circuitsFolder: join(projectFolder, 'circuits', 'build'),
  });
  if (config.help) {
    process.stdout.write(HELP);
    return;
  }
  const log = pino({ level: config.logLevel });
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const app = createApp({
    appFolder: config.appFolder,
    circuitsFolder: config.circuitsFolder,
    version,
    onRequest: (method, path, status, durationMs) =>
      log.debug({ method, path, status, durationMs: Math.round(durationMs) }, 'request'),
  });
  const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, (address) => {
    const shown = config.host === '127.0.0.1' ? 'localhost' : config.host;
    process.stdout.write(
      `Gnomon is ready: http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}\n`,
    );
    process.send?.({ type: 'ready', port: address.port });
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE';
    process.stderr.write(
      taken
        ? `Port ${config.port} is taken. Stop what uses it, or choose another: PORT=3002 npm start\n`
        : `The server could not listen: ${error.message}\n`,
    );
    process.exit(1);
  });
  const stop = (): void => {
    server.close(() => process.exit(0));
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

try {
  main();
} catch (error) {
  if (!(error instanceof GnomonError)) throw error;
  process.stderr.write(
    `${error.where === undefined ? '' : `${error.where}: `}${error.message} ${error.nextStep}\n`,
  );
  process.exit(2);
}
