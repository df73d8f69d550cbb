// `npm run prove`: a proof from any snarkjs-format Groth16 key over BN254, verified before it is written.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { GnomonError } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { Rung } from '../../src/core/job.ts';
import type { MadeProof, ProofOrder } from '../../src/prover/session.ts';
import { makeProvingSession } from '../../src/prover/snarkjs-session.ts';
import { CHECKS, mustBeDecided } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { verificationKeyOf } from '../../src/prover/zkey.ts';
import {
  developmentKeyLine,
  mustBeDistinct,
  mustBeWritable,
  readBytes,
  readJson,
  runCommand,
  UsageError,
  usageFrom,
  writeJson,
} from './files.ts';
import { allowRelaxedSimd } from './relaxed-simd.ts';

const HELP = `Proves from the command line with any snarkjs-format Groth16 key over BN254.

  npm run prove -- --zkey F (--wtns F | --wasm F --input F) --proof F --public F
                   [--prover engine|snarkjs] [--threads N]

  --zkey F     the proving key
  --wtns F     the witness; or let it be computed from
  --wasm F     the circuit's witness calculator (circom 2) and
  --input F    its input signals (JSON)
  --proof F    where to write the proof
  --public F   where to write the public signals
  --prover P   engine (the default), or snarkjs. The engine's proofs are checked; one that cannot be made or
               is wrong is made with snarkjs instead
  --threads N  how many threads prove; all cores unless told. 1 starts no other thread

Ends with 0 when the proof is written, 1 when there is none, 2 when the arguments or files cannot be used.
`;

interface Options {
  zkey: string;
  wtns: string | null;
  wasm: string | null;
  input: string | null;
  proof: string;
  public: string;
  prover: 'engine' | 'snarkjs';
  threads: number;
}

function readOptions(args: string[]): Options | 'help' {
  let values: Record<string, string | boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    ({ values } = parseArgs({
      args,
      options: {
        zkey: text,
        wtns: text,
        wasm: text,
        input: text,
        proof: text,
        public: text,
        prover: text,
        threads: text,
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (thrown) {
    throw usageFrom(thrown);
  }
  if (values.help === true) return 'help';
  const optional = (name: string): string | null => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const required = (name: string): string => {
    const value = optional(name);
    if (value === null) throw new UsageError(`--${name} is missing.`);
    return value;
  };
  const prover = optional('prover') ?? 'engine';
  if (prover !== 'engine' && prover !== 'snarkjs') {
    throw new UsageError('--prover is engine or snarkjs.');
  }
  const threads = optional('threads') ?? String(availableParallelism());
  if (!/^[1-9][0-9]{0,3}$/.test(threads)) throw new UsageError('--threads is a whole number from 1.');
  const options: Options = {
    zkey: required('zkey'),
    wtns: optional('wtns'),
    wasm: optional('wasm'),
    input: optional('input'),
    proof: required('proof'),
    public: required('public'),
    prover,
    threads: Number(threads),
  };
  const fromInput = options.wasm !== null && options.input !== null;
  if ((options.wtns === null) === !fromInput || (options.wtns !== null && (options.wasm ?? options.input))) {
    throw new UsageError('Give either --wtns, or both --wasm and --input.');
  }
  return options;
}

async function readWitness({ wtns, wasm, input }: Options): Promise<Uint8Array> {
  if (wtns !== null) return readBytes(wtns);
  const value = await readJson(input!);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GnomonError('input.json', 'The input is not a JSON object of signals.', {
      where: input!,
      nextStep: 'Write it as {"signal": value, …}.',
    });
  }
  // The witness calculation checks each value as unknown.
  return calculateWitness(await readBytes(wasm!), value as CircuitInput);
}

/** A proof is made even from a witness that does not satisfy the circuit: it is verified before it counts. */
async function verified(zkey: Uint8Array, made: MadeProof): Promise<void> {
  const verification = await verifyProof(verificationKeyOf(zkey), made.publicSignals, made.proof);
  for (const { ok, name, detail } of verification.checks)
    if (!ok) process.stderr.write(`${name}: ${detail}\n`);
  // A key that skipped its second phase still proves; whoever verifies will refuse it.
  const checks = verification.checks.filter(({ name }) => name !== CHECKS.keyStrength);
  mustBeDecided({ checks });
  if (checks.some(({ ok }) => !ok)) throw unsatisfied();
}

function unsatisfied(): GnomonError {
  return new GnomonError('witness.unsatisfied', 'The proof that was made does not verify.', {
    nextStep: 'The witness does not satisfy the circuit, or does not belong to this key. Make it again.',
  });
}

/** What ails the engine here, not the key or the witness. */
const ENGINE_TROUBLE = ['resource.memory', 'resource.no-tier', 'backend.died', 'backend.prover-failed'];

/** By the engine, or by snarkjs where it cannot; the note says why. */
async function proved(
  { prover, threads }: Options,
  files: { zkey: Uint8Array; wtns: Uint8Array },
  onProgress: (fraction: number) => void,
): Promise<{ made: MadeProof; note: string }> {
  const session = makeProvingSession();
  let note = '';
  const rungOf = (one: Options['prover']): Rung => `${one}-${threads === 1 ? 'single' : 'threaded'}`;
  const order: ProofOrder = {
    key: { id: 'zkey', load: async () => files.zkey },
    wtns: files.wtns,
    rung: rungOf(prover),
    threads,
    onProgress,
    onTierDropped: (tier) => {
      note = `The engine's ${tier} kernels computed wrongly here; snarkjs proved instead.\n`;
    },
  };
  try {
    return { made: await session.prove(order), note };
  } catch (thrown) {
    if (!(thrown instanceof GnomonError)) throw thrown;
    // Of one prover and its own check; there is none left to ask.
    if (thrown.code === 'backend.invalid-proof') throw unsatisfied();
    if (!ENGINE_TROUBLE.includes(thrown.code) || prover === 'snarkjs') throw thrown;
    const made = await session.prove({ ...order, rung: rungOf('snarkjs') });
    return { made, note: `The engine could not prove here (${thrown.code}); snarkjs did.\n` };
  } finally {
    session.end();
  }
}

function makeProgressLine(): { show(percent: number): void; end(): void } {
  const live = process.stderr.isTTY === true;
  let shown = -1;
  return {
    show(percent) {
      if (!live || percent === shown) return;
      shown = percent;
      process.stderr.write(`\rproving ${percent} %`);
    },
    end() {
      if (live && shown >= 0) process.stderr.write('\r\x1b[K');
    },
  };
}

function proverName({ prover, tier }: MadeProof): string {
  return prover === 'engine' ? `the engine (${tier} kernels)` : 'snarkjs';
}

async function main(): Promise<number> {
  allowRelaxedSimd();
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const { proof, public: signals, zkey: key, wtns: witness, wasm, input } = options;
  await mustBeDistinct({ proof, public: signals }, { zkey: key, wtns: witness, wasm, input });
  for (const path of [proof, signals]) await mustBeWritable(path);
  const zkey = await readBytes(options.zkey);
  const startMs = performance.now();
  const wtns = await readWitness(options);
  const witnessMs = performance.now();
  const line = makeProgressLine();
  const { made, note } = await proved(options, { zkey, wtns }, (fraction) =>
    line.show(Math.floor(100 * fraction)),
  ).finally(() => line.end());
  const provedMs = performance.now();
  await verified(zkey, made);
  const verifiedMs = performance.now();
  await writeJson(options.proof, made.proof);
  await writeJson(options.public, made.publicSignals);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  process.stdout.write(
    `${note}Proved with ${proverName(made)}, threads: ${made.threads}. Witness ${seconds(witnessMs - startMs)}, ` +
      `proof ${seconds(provedMs - witnessMs)}, verification ${seconds(verifiedMs - provedMs)}.\n`,
  );
  process.stdout.write(developmentKeyLine(verificationKeyOf(zkey)));
  return 0;
}

const UNUSABLE = ['input.file', 'input.file-too-large', 'input.json', 'resource.storage-write'];

runCommand(main, (thrown) => (thrown instanceof GnomonError && UNUSABLE.includes(thrown.code) ? 2 : 1));
