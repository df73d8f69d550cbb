// `npm run dev`: Vite with hot reload, and the server behind it for circuits and API.
import { join } from 'node:path';
import { createServer } from 'vite';
import { buildServer } from './app-steps.ts';
import { startNode } from './children.ts';
import { makeCircuits } from './circuit-steps.ts';
import { projectFolder } from './steps.ts';

await makeCircuits([16]);
await buildServer();
const server = startNode([join(projectFolder, 'dist/server/main.js'), '--headless']);
server.once('exit', () => process.exit(1));
const vite = await createServer({ root: projectFolder });
await vite.listen();
vite.printUrls();
