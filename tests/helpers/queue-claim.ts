// A claim for the smallest real circuit, as a job's input: its identity's secret apart, as the page keeps it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CircuitInput, SignalValue } from '../../src/core/groth16.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { builtCircuits } from './app.ts';
import { identityOf, inputOf } from './circuits-claims.ts';

export interface QueueClaim {
  circuit: CircuitEntry;
  /** Without `secret`. */
  input: CircuitInput;
  secret: string;
  publicSignals: string[];
  /** Values of the input that nobody else knows, decimal. */
  canaries: string[];
}

/** The same seed gives the same claim. */
export function queueClaim(seed: string): QueueClaim {
  const manifest = JSON.parse(readFileSync(join(builtCircuits, 'manifest.json'), 'utf8')) as {
    circuits: CircuitEntry[];
  };
  const circuit = manifest.circuits.find(({ id }) => id === 'reputation-16');
  if (circuit === undefined) throw new Error('reputation-16 is not built: run npm run circuits.');
  const others = [0, 1, 2].map((at) => identityOf(`${seed}, neighbour ${at}`).commitment);
  const { secret, ...input } = inputOf({
    size: 16,
    identity: identityOf(seed),
    records: [{ weight: 65_535n, positive: 40_000n, negative: 1_000n, expiresAt: 2_000_000_000n }],
    others,
    position: 1,
    scope: 12n,
    message: 34n,
    asOf: 1_700_000_000n,
    baseRate: 500_000n,
  });
  const texts = Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, textOf(value)]),
  ) as CircuitInput;
  return {
    circuit,
    input: texts,
    secret: `${secret}`,
    publicSignals: circuit.publicSignals.map((name) => texts[name] as string),
    canaries: [`${secret}`, ...others.slice(0, 1).map(String)],
  };
}

function textOf(value: unknown): SignalValue {
  return Array.isArray(value) ? value.map(textOf) : `${value}`;
}
