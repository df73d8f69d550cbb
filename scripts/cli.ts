// Runs a command from its bundle, made anew when its sources changed: `tsx scripts/cli.ts prove ARGS`.
import { join } from 'node:path';
import { buildServer } from './app-steps.ts';
import { runNode } from './children.ts';
import { projectFolder } from './steps.ts';

const [name, ...args] = process.argv.slice(2);
await buildServer();
process.exitCode = await runNode([join(projectFolder, 'dist/cli', `${name}.js`), ...args]);
