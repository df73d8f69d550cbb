// `npm run build:lib`: the library for other apps.
import { runCommand } from './command-line.ts';
import { buildLibrary } from './lib-steps.ts';

await runCommand(async () => {
  process.stdout.write(`Library: ${await buildLibrary()}.\n`);
});
