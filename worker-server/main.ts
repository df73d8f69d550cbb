// Entry of the server process: configuration, start, and an orderly end.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { GnomonError } from '../src/core/errors.ts';
import { readConfig, type ServerConfig } from './config.ts';
import { checkFiles, startServer } from './server.ts';
import { helpText } from './settings.ts';

const projectFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env, {
    appFolder: join(projectFolder, 'dist', 'app'),
    circuitsFolder: join(projectFolder, 'circuits', 'build'),
  });
  if (config.help) {
    process.stdout.write(helpText());
    return;
  }
  await checkFiles(config);
  const log = pino({ level: config.logLevel });
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const server = await startServer(config, version, log);
  const stop = (): void => {
    // A second signal does not wait.
    process.once('SIGINT', () => process.exit(1));
    process.once('SIGTERM', () => process.exit(1));
    void server.stop().then(() => process.exit(0));
  };
  // Before it says that it is ready: whoever waits for that may stop it at once.
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.stdout.write(`Gnomon is ready: ${addressOf(config, server.port)}\n`);
  process.send?.({ type: 'ready', port: server.port });
}

function addressOf({ host }: ServerConfig, port: number): string {
  const shown = host === '127.0.0.1' ? 'localhost' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

function explain(error: unknown): string {
  if (error instanceof GnomonError) {
    return `${error.where === undefined ? '' : `${error.where}: `}${error.message} ${error.nextStep}`;
  }
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken. Stop what uses it, or choose another: PORT=3002 npm start`;
  }
  return `The server could not listen: ${message}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(error instanceof GnomonError ? 2 : 1);
});
