// `npm run build`: circuits and keys, server and commands, app.
import { buildCircuits } from '../circuits/build.ts';
import { DEFAULT_SIZES } from '../circuits/signals.ts';
import { buildApp, buildServer } from './app-steps.ts';
import { circuitProgress } from './circuit-progress.ts';
import { runCommand } from './command-line.ts';

await runCommand(async () => {
  await buildCircuits({ sizes: DEFAULT_SIZES, onProgress: circuitProgress() });
  process.stdout.write(`Server: ${await buildServer()}.\n`);
  process.stdout.write(`App: ${await buildApp()}.\n`);
});
