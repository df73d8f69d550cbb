// `npm run build`: circuits and keys, server and commands, app.
import { buildApp, buildServer } from './app-steps.ts';
import { makeCircuits } from './circuit-steps.ts';
import { runCommand } from './command-line.ts';

await runCommand(async () => {
  await makeCircuits();
  process.stdout.write(`Server: ${await buildServer()}.\n`);
  process.stdout.write(`App: ${await buildApp()}.\n`);
});
