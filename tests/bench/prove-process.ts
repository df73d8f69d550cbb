// The process that `npm run bench -- prove` measures in: prove-process.ts ZKEY WTNS, then a choice of prover per
// message.
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { type MeasuredProof, type ProverChoice, Provers } from './provers.ts';

// As the command line and the server do: Node 20 has relaxed SIMD behind this flag.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

export type ProcessAnswer =
  | { ready: true; peakBytes: number }
  | { measured: MeasuredProof; cpuMs: number; peakBytes: number }
  | { failed: string };

const say = (answer: ProcessAnswer) => process.send!(answer);
const peakBytes = () => process.resourceUsage().maxRSS * 1024;

const provers = new Provers();
const [zkeyPath, wtnsPath] = process.argv.slice(2) as [string, string];
provers.load(new Uint8Array(readFileSync(zkeyPath)), new Uint8Array(readFileSync(wtnsPath)));
process.on('message', (choice) => {
  const before = process.cpuUsage();
  provers.prove(choice as ProverChoice).then(
    (measured) => {
      const { user, system } = process.cpuUsage(before);
      say({ measured, cpuMs: (user + system) / 1000, peakBytes: peakBytes() });
    },
    (error: unknown) =>
      say({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
say({ ready: true, peakBytes: peakBytes() });
