// The process that `npm run bench -- prove` measures in: prove-process.ts ZKEY WTNS, then a choice of prover per
// message.
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { peakBytes as ownPeakBytes } from './memory.ts';
import type { MeasuredProof, Prove, ProverChoice } from './provers.ts';

// As the command line and the server do: Node 20 has relaxed SIMD behind this flag.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

export type ProcessAnswer =
  | { ready: true; peakBytes: number }
  | { measured: MeasuredProof; cpuMs: number; peakBytes: number }
  | { failed: string };

const say = (answer: ProcessAnswer) => process.send!(answer);
// Not maxRSS where it can be told otherwise: Linux hands that of the parent on.
const peakBytes = () => ownPeakBytes(process.pid) ?? process.resourceUsage().maxRSS * 1024;

const PROVERS: Record<ProverChoice['prover'], () => Promise<{ prove: Prove }>> = {
  engine: () => import('./prover-engine.ts'),
  snarkjs: () => import('./prover-snarkjs.ts'),
};

const [zkeyPath, wtnsPath] = process.argv.slice(2) as [string, string];
const files = {
  zkey: new Uint8Array(readFileSync(zkeyPath)),
  wtns: new Uint8Array(readFileSync(wtnsPath)),
};
process.on('message', async (message) => {
  const choice = message as ProverChoice;
  const { prove } = await PROVERS[choice.prover]();
  const before = process.cpuUsage();
  prove(files, choice).then(
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
