// The library: what a page that proves calls of snarkjs, with its signatures, so that replacing snarkjs is one
// import. The engine is kept between proofs, and every proof is checked. snarkjs is not inside: a proof that fails is
// made once more by other kernels.

import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof as CheckedProof, CircuitInput } from '../core/groth16.ts';
import { holdsCalculator } from '../prover/calculator.ts';
import { logicalCores } from '../prover/engine/cores.ts';
import type { NamedKey } from '../prover/engine/engine.ts';
import type { TierName } from '../prover/engine/tiers.ts';
import { makeEngineSession } from '../prover/engine-session.ts';
import { exportedKey } from '../prover/exported-key.ts';
import { type MadeProof, readOutline } from '../prover/session.ts';
import { mustBeDecided, verifyStrictly } from '../prover/strict-verify.ts';
import { calculateWitness } from '../prover/witness.ts';
import { wtnsValues } from '../prover/zkey.ts';
import { mustGoOn, orCancelled } from './cancel.ts';
import { makeLadder } from './ladder.ts';
import { signalTexts } from './signal-texts.ts';
import { solidityArguments } from './solidity-arguments.ts';
import { laneOf, openSource, readSource, writePath } from './sources.ts';
import { makeLanes, makeTurns } from './turns.ts';
import type {
  FetchOptions,
  FileSource,
  Groth16,
  Input,
  Logger,
  ProofResult,
  ProveOptions,
  Wtns,
  ZKey,
} from './types.ts';

/** As long as the app's own idle workers live. */
const IDLE_MS = 30_000;

/** Kernels that computed wrongly here. */
const dropped = new Set<TierName>();
const session = makeEngineSession(dropped);
const ladder = makeLadder(session);
/** One proof after the other: they share the engine. */
const turns = makeTurns();
const lanes = makeLanes();
/** The key that the engine has, or will have when its proof is made. */
let lastKey: string | undefined;
let proofs = 0;
let idleTimer: ReturnType<typeof setTimeout> | undefined;

type Prove = (key: NamedKey) => Promise<ProofResult>;

function made(zkey: FileSource, wtns: Uint8Array, logger: Logger | null, options: ProveOptions) {
  const { signal } = options;
  const prove: Prove = (key) => proveNow(key, wtns, logger, options);
  const ticket = turns.ticket();
  const turn = <T>(work: () => Promise<T>) =>
    turns.take(ticket, async () => {
      mustGoOn(signal);
      return work();
    });
  const lane = laneOf(zkey);
  const work =
    lane === undefined
      ? // Opened when its turn has come: of the keys of many proofs that wait, none need be in memory.
        turn(() => proveAtHand(zkey, prove))
      : lanes.run(lane, (leave) => proveFetched(zkey, options, prove, turn, leave));
  return orCancelled(work, signal);
}

async function proveAtHand(zkey: FileSource, prove: Prove): Promise<ProofResult> {
  const key = await openSource(zkey, 'proving key');
  try {
    return await prove({ id: await key.name(), load: () => key.file() });
  } finally {
    key.close();
  }
}

/** Nobody's turn lasts for as long as a server may take. */
async function proveFetched(
  zkey: FileSource,
  options: FetchOptions,
  prove: Prove,
  turn: (work: () => Promise<ProofResult>) => Promise<ProofResult>,
  leave: () => void,
): Promise<ProofResult> {
  mustGoOn(options.signal);
  const key = await openSource(zkey, 'proving key', options);
  try {
    const id = await key.name();
    let file = id === lastKey ? undefined : await key.file();
    const load = async () => {
      if (file === undefined) throw NOT_FETCHED;
      return file;
    };
    const attempt = async () => {
      // The next one's download may begin.
      if (file !== undefined || session.holds(id, 'engine-single')) leave();
      return prove({ id, load });
    };
    try {
      return await turn(attempt);
    } catch (thrown) {
      if (thrown !== NOT_FETCHED) throw thrown;
    }
    file = await key.file();
    return await turn(attempt);
  } finally {
    key.close();
  }
}

/** The engine was thought to have the key. Never leaves this file. */
const NOT_FETCHED = new GnomonError('internal.not-fetched', 'The proving key is not here.', {
  nextStep: 'It is fetched.',
});

async function proveNow(
  key: NamedKey,
  wtns: Uint8Array,
  logger: Logger | null,
  options: ProveOptions,
): Promise<ProofResult> {
  const threads = options.singleThread === true ? 1 : (options.threads ?? logicalCores());
  const { signal, onProgress, uniform = false } = options;
  const order = {
    key,
    wtns,
    // As the engine reads it.
    threads: Math.max(1, Math.floor(threads) || 1),
    uniform,
    ...(onProgress && { onProgress }),
    ...(signal && { signal: signal as AbortSignal }),
    onTierDropped(tier: string) {
      dropped.add(tier as TierName);
      logger?.warn?.(`Gnomon: the ${tier} kernels computed wrongly on this device.`);
    },
  };
  clearTimeout(idleTimer);
  proofs++;
  lastKey = key.id;
  try {
    return result(await ladder.prove(order, logger));
  } catch (thrown) {
    // Bytes that were changed in place while they were read: what is kept is not what its name says.
    if (thrown instanceof GnomonError && MAYBE_THE_KEY.includes(thrown.code)) forget();
    throw thrown;
  } finally {
    proofs--;
    if (proofs === 0) idleTimer = unrefed(setTimeout(release, IDLE_MS));
  }
}

const MAYBE_THE_KEY = ['witness.unsatisfied', 'backend.invalid-proof', 'circuit.zkey'];

function forget(): void {
  lastKey = undefined;
  session.forget();
}

const result = ({ proof, publicSignals }: MadeProof): ProofResult => ({
  proof: proof satisfies CheckedProof as ProofResult['proof'],
  publicSignals,
});

/** A timer that does not keep Node alive. */
function unrefed<T>(timer: T): T {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

function witnessOf(input: Input, wasm: FileSource, options: FetchOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { signal } = options;
  const calculated = async () => {
    mustGoOn(signal);
    const file = await openSource(wasm, 'witness calculator', options);
    try {
      const id = await file.name();
      // Before the calculator is asked, which lets others with the same file wait for this one's.
      const bytes = holdsCalculator(id) ? undefined : await file.bytes();
      mustGoOn(signal);
      // Every value is checked there as unknown.
      return await calculateWitness({ id, load: async () => bytes ?? file.bytes() }, input as CircuitInput);
    } finally {
      file.close();
    }
  };
  const lane = laneOf(wasm);
  return orCancelled(lane === undefined ? calculated() : lanes.run(lane, calculated), signal);
}

/** As in snarkjs. */
export const groth16: Groth16 = {
  async fullProve(input, wasm, zkey, logger = null, options = {}, proverOptions = {}) {
    const both: ProveOptions = { ...options, ...proverOptions };
    const wtns = await witnessOf(input, wasm, both);
    mustGoOn(both.signal);
    return made(zkey, wtns, logger, both);
  },

  async prove(zkey, wtns, logger = null, options = {}) {
    const given = options ?? {};
    return made(zkey, await readWhole(wtns, 'witness', given), logger, given);
  },

  async verify(vkey, publicSignals, proof, logger = null) {
    const verification = await verifyStrictly(vkey, signalTexts(publicSignals), proof, {}, null);
    mustBeDecided(verification);
    const { valid, checks } = verification;
    const failed = checks.find((check) => !check.ok);
    if (failed !== undefined) logger?.error?.(`Gnomon: ${failed.name}: ${failed.detail}`);
    if (valid) logger?.info?.('Gnomon: The proof verifies.');
    return valid;
  },

  exportSolidityCallData: async (proof, publicSignals) => solidityArguments(proof, publicSignals),
};

/** As in snarkjs. */
export const wtns: Wtns = {
  async calculate(input, wasm, target, options) {
    const bytes = await witnessOf(input, wasm, options ?? {});
    if (typeof target === 'string') await writePath(target, bytes);
    else target.data = bytes;
  },

  async exportJson(wtns, options) {
    return wtnsValues(await readWhole(wtns, 'witness', options ?? {}));
  },
};

/** As in snarkjs. */
export const zKey: ZKey = {
  async exportVerificationKey(zkey, _logger, options) {
    const { signal } = { ...options };
    const read = async () => {
      const source = await openSource(zkey, 'proving key', options ?? {});
      try {
        return exportedKey(await readOutline(await source.file()));
      } finally {
        source.close();
      }
    };
    return orCancelled(read(), signal);
  },
};

const readWhole = (source: FileSource, what: string, options: FetchOptions) =>
  orCancelled(readSource(source, what, options), options.signal);

/** Ends the threads and frees the last key's memory. Happens by itself after half a minute without a proof. */
export function release(): void {
  clearTimeout(idleTimer);
  lastKey = undefined;
  ladder.reset();
  session.end();
}
