// `npm start` and `npm run worker-server`: make what is missing, listen, then make the larger circuits in the background.

import type { ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../worker-server/config.ts';
import { helpText } from '../worker-server/settings.ts';
import { buildApp, buildServer } from './app-steps.ts';
import { exitCode, startNode, typescript } from './children.ts';
import { makeCircuits } from './circuit-steps.ts';
import { runCommand } from './command-line.ts';
import { projectFolder } from './steps.ts';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // A mistake in the settings is said now, not after minutes of building.
  const folders = { appFolder: '', circuitsFolder: '' };
  const { help, headless } = readConfig(args, process.env, folders);
  if (help) {
    // Nothing needs to have been built for it.
    process.stdout.write(helpText());
    return;
  }
  await makeCircuits([16]);
  say((await buildServer()) === 'ran' ? 'Server built.' : 'Server is up to date.');
  if (!headless) say((await buildApp()) === 'ran' ? 'App built.' : 'App is up to date.');
  const server = startNode([join(projectFolder, 'dist/server/main.js'), ...args]);
  const background: { child: ChildProcess | null } = { child: null };
  server.on('message', () => {
    // In a process of its own at low priority: a proof in the tab must not wait for a key.
    const child = startNode(typescript('scripts/circuits.ts'));
    background.child = child;
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      background.child?.kill(signal);
      server.kill(signal);
    });
  }
  process.exitCode = await exitCode(server);
  background.child?.kill('SIGTERM');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runCommand(main);
