// The library: groth16.fullProve, prove and verify with snarkjs' signatures, so that replacing snarkjs is one
// import. The engine is kept between proofs, and every proof is checked. snarkjs is not inside: a proof that fails is
// made once more by other kernels.

import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof as CheckedProof, CircuitInput } from '../core/groth16.ts';
import type { Rung } from '../core/job.ts';
import type { NamedKey } from '../prover/engine/engine.ts';
import type { TierName } from '../prover/engine/tiers.ts';
import { makeEngineSession } from '../prover/engine-session.ts';
import type { MadeProof, ProofOrder } from '../prover/session.ts';
import { verifyStrictly } from '../prover/strict-verify.ts';
import { calculateWitness } from '../prover/witness.ts';
import { openSource, readSource, writePath } from './sources.ts';
import type { FileSource, Groth16, Input, Logger, ProofResult, ProveOptions, Wtns } from './types.ts';

/** As long as the app's own idle workers live. */
const IDLE_MS = 30_000;

/** Kernels that computed wrongly here. */
const dropped = new Set<TierName>();
const session = makeEngineSession(dropped);
/** One proof after the other: they share the engine. */
let tail: Promise<unknown> = Promise.resolve();
let proofs = 0;
let idleTimer: ReturnType<typeof setTimeout> | undefined;

async function made(zkey: FileSource, wtns: Uint8Array, logger: Logger | null, options: ProveOptions) {
  // Opened when its turn has come: of the keys of many proofs that wait, none need be in memory.
  const turn = tail.then(async () => {
    if (options.signal?.aborted) throw cancelled();
    const key = await openSource(zkey, 'proving key');
    try {
      return await proveNow({ id: await key.name(), load: () => key.file() }, wtns, logger, options);
    } finally {
      key.close();
    }
  });
  tail = turn.catch(() => undefined);
  return options.signal === undefined ? turn : orCancelled(turn, options.signal);
}

const cancelled = () =>
  new GnomonError('cancelled.aborted', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });

/** A proof that waits for others is cancelled at once too. */
function orCancelled<T>(turn: Promise<T>, signal: NonNullable<ProveOptions['signal']>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancelled());
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}

async function proveNow(
  key: NamedKey,
  wtns: Uint8Array,
  logger: Logger | null,
  options: ProveOptions,
): Promise<ProofResult> {
  const threads = options.singleThread === true ? 1 : (options.threads ?? logicalCores());
  const { signal, onProgress, uniform = false } = options;
  const order = (rung: Rung): ProofOrder => ({
    key,
    wtns,
    rung,
    threads,
    uniform,
    ...(onProgress && { onProgress }),
    ...(signal && { signal: signal as AbortSignal }),
    onTierDropped(tier) {
      dropped.add(tier as TierName);
      logger?.warn?.(`Gnomon: the ${tier} kernels computed wrongly on this device.`);
    },
  });
  clearTimeout(idleTimer);
  proofs++;
  try {
    return result(await onTheLadder(order, threads > 1, logger));
  } finally {
    proofs--;
    if (proofs === 0) idleTimer = unrefed(setTimeout(release, IDLE_MS));
  }
}

/** Threads that cannot start (a content security policy), that die, or whose memory is not there: one thread. */
async function onTheLadder(
  order: (rung: Rung) => ProofOrder,
  threaded: boolean,
  logger: Logger | null,
): Promise<MadeProof> {
  if (!threaded) return session.prove(order('engine-single'));
  try {
    return await session.prove(order('engine-threaded'));
  } catch (thrown) {
    const lost = thrown instanceof GnomonError && ['backend.died', 'resource.memory'].includes(thrown.code);
    if (!lost) throw thrown;
    logger?.warn?.(`Gnomon: ${thrown.message} One thread goes on.`);
    return session.prove(order('engine-single'));
  }
}

const result = ({ proof, publicSignals }: MadeProof): ProofResult => ({
  proof: proof satisfies CheckedProof as ProofResult['proof'],
  publicSignals,
});

const logicalCores = (): number => globalThis.navigator?.hardwareConcurrency ?? 2;

/** A timer that does not keep Node alive. */
function unrefed<T>(timer: T): T {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

async function witnessOf(input: Input, wasm: FileSource): Promise<Uint8Array<ArrayBuffer>> {
  const file = await openSource(wasm, 'witness calculator');
  try {
    const calculator = { id: await file.name(), load: () => file.bytes() };
    // Every value is checked there as unknown.
    return await calculateWitness(calculator, input as CircuitInput);
  } finally {
    file.close();
  }
}

/** As in snarkjs. */
export const groth16: Groth16 = {
  async fullProve(input, wasm, zkey, logger = null, options = {}, proverOptions = {}) {
    const wtns = await witnessOf(input, wasm);
    return made(zkey, wtns, logger, { ...options, ...proverOptions });
  },

  async prove(zkey, wtns, logger = null, options = {}) {
    return made(zkey, await readSource(wtns, 'witness'), logger, options);
  },

  async verify(vkey, publicSignals, proof, logger = null) {
    const { valid, checks } = await verifyStrictly(vkey, publicSignals, proof, {}, null);
    const failed = checks.find((check) => !check.ok);
    if (failed !== undefined) logger?.error?.(`Gnomon: ${failed.name}: ${failed.detail}`);
    return valid;
  },
};

/** As in snarkjs. */
export const wtns: Wtns = {
  async calculate(input, wasm, target) {
    const bytes = await witnessOf(input, wasm);
    if (typeof target === 'string') await writePath(target, bytes);
    else target.data = bytes;
  },
};

/** Ends the threads and frees the last key's memory. Happens by itself after half a minute without a proof. */
export function release(): void {
  clearTimeout(idleTimer);
  session.end();
}
