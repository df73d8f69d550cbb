// `npm run build`: circuits and keys, server and commands, app, library.
import { buildApp, buildServer } from './app-steps.ts';
import { makeCircuits } from './circuit-steps.ts';
import { runCommand } from './command-line.ts';
import { buildLibrary } from './lib-steps.ts';

await runCommand(async () => {
  await makeCircuits();
  process.stdout.write(`Server: ${await buildServer()}.\n`);
  process.stdout.write(`App: ${await buildApp()}.\n`);
  process.stdout.write(`Library: ${await buildLibrary()}.\n`);
});
