// `npm run build`: circuits and keys, server and commands, app.
import { buildCircuits } from '../circuits/build.ts';
import { buildApp, buildServer } from './app-steps.ts';

await buildCircuits({ sizes: [16, 64, 256], onProgress: (line) => process.stdout.write(`${line}\n`) });
process.stdout.write(`Server: ${await buildServer()}.\n`);
process.stdout.write(`App: ${await buildApp()}.\n`);
