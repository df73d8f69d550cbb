// Proofs that have been checked, from our engine or from a second prover. Keeps the engine between proofs: its
// threads, kernels and last key. Each proof is checked before anyone gets it, and when it fails, another prover's
// tells whether engine or witness is to blame (engine.md, "Always verify before returning").
import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof } from '../core/groth16.ts';
import { isSingleThreaded, proverOf, type Rung } from '../core/job.ts';
import { createEngine, type Engine, type NamedKey } from './engine/engine.ts';
import { EngineError } from './engine/errors.ts';
import { type KeyFile, readFile } from './engine/key-file.ts';
import type { TierName } from './engine/tiers.ts';
import { COEFFICIENT_BYTES, type KeyOutline, outlineKey } from './engine/zkey.ts';
import { makeProofCheck, type ProofCheck } from './proof-check.ts';
import { readZkeyHeader, verificationKeyFrom, verificationKeyOf, type ZkeyHeader } from './zkey.ts';

export interface ProofOrder {
  /** Named by its digest. */
  key: NamedKey;
  wtns: Uint8Array;
  rung: Rung;
  /** For threaded rungs. */
  threads: number;
  /** The duration says nothing about the witness (the engine only). */
  uniform?: boolean;
  /** 0…1 of the work done. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
  /** The engine computed wrongly and lost a tier; the proof is another prover's. */
  onTierDropped?: (tier: string) => void;
}

/** A proof that satisfies the pairing equation under the zkey's own verification key. */
export interface MadeProof {
  proof: Groth16Proof;
  publicSignals: string[];
  prover: 'engine' | 'snarkjs';
  threads: number;
  /** The kernels that computed it; null for snarkjs. */
  tier: string | null;
}

export interface ProvingSession {
  /** Whether a proof on this rung needs the key's bytes no more. */
  holds(keyId: string, rung: Rung): boolean;
  /** Facts of a key; strict, throws `circuit.zkey`. Without bytes only for a key that is held. */
  header(keyId: string, zkey?: Uint8Array): ZkeyHeader;
  /**
   * Rejects with `witness.unsatisfied` when two provers agree on a proof that does not verify,
   * `backend.invalid-proof` when the only one makes such a proof, and what the provers reject with:
   * `circuit.zkey`, `witness.…`, `resource.memory`, `resource.no-tier`, `backend.died`,
   * `backend.prover-failed`, `cancelled.aborted`.
   */
  prove(order: ProofOrder): Promise<MadeProof>;
  /** Starts as many of the engine's threads. Rejects like `prove` where they cannot start. */
  warm(threads: number): Promise<void>;
  /** The next proof reads its key anew: what is kept may not be what its name says. */
  forget(): void;
  end(): void;
}

/** Proves with something else than what made `first`; with null, an order on a rung that is not the engine's.
 * Null: there is no such prover here. */
export type SecondProver = (
  order: ProofOrder,
  key: NamedKey,
  first: MadeProof | null,
) => Promise<MadeProof | null>;

/** `start` is for tests that plant a broken engine. */
export function makeSession(
  second: SecondProver,
  start: (threads: number) => Engine = startEngine,
): ProvingSession {
  let engine: { threads: number; engine: Engine } | undefined;
  let known: { id: string; header: ZkeyHeader; check: ProofCheck } | undefined;
  /** Outlive the engine. */
  const refused = new Set<TierName>();

  function engineWith(threads: number): Engine {
    if (engine?.threads !== threads) {
      engine?.engine.dispose();
      engine = { threads, engine: start(threads) };
      for (const tier of refused) engine.engine.refuse(tier);
    }
    return engine.engine;
  }

  function learn(id: string, zkey: Uint8Array) {
    if (known?.id !== id) {
      known = { id, header: readZkeyHeader(zkey), check: makeProofCheck(verificationKeyOf(zkey)) };
    }
    return known;
  }

  /** Of a key that is read piece by piece. */
  async function learnFrom(id: string, file: KeyFile) {
    const key = await readOutline(file);
    const { signals: variables, publicSignals, domain, spans } = key;
    const coefficients = spans.coefficients.bytes / COEFFICIENT_BYTES;
    const header = { variables, publicSignals, domain, coefficients };
    known = { id, header, check: makeProofCheck(verificationKeyFrom(key)) };
  }

  return {
    holds: (keyId, rung) =>
      proverOf(rung) === 'engine' && known?.id === keyId && engine?.engine.holds(keyId) === true,
    header(keyId, zkey) {
      if (zkey !== undefined) return learn(keyId, zkey).header;
      if (known?.id !== keyId) throw new Error('The key is not known.');
      return known.header;
    },
    async prove(order) {
      const { id } = order.key;
      let given: Uint8Array | KeyFile | undefined;
      // What the proof will be held against, also when the engine has the key already.
      if (known?.id !== id) {
        given = await order.key.load();
        if (given instanceof Uint8Array) learn(id, given);
        else await learnFrom(id, given);
      }
      const { check } = known!;
      const key: NamedKey = {
        id,
        async load() {
          const zkey = given ?? (await order.key.load());
          given = undefined;
          return zkey;
        },
      };
      if (proverOf(order.rung) !== 'engine') {
        // The engine's memory is of no use to the one that proves now.
        this.end();
        const only = await second(order, key, null);
        if (only === null || !check(only)) throw invalidProof();
        return only;
      }
      const first = await proveWith(engineWith(threadsOf(order)), order, key);
      if (check(first)) return first;
      const other = await second(order, key, first);
      if (other === null) throw invalidProof();
      if (!check(other)) throw unsatisfied();
      refused.add(first.tier as TierName);
      engine?.engine.refuse(first.tier as TierName);
      order.onTierDropped?.(`${first.tier}`);
      return other;
    },
    async warm(threads) {
      try {
        await engineWith(threads).warm();
      } catch (thrown) {
        throw fromEngine(thrown);
      }
    },
    forget() {
      known = undefined;
      engine?.engine.forget();
    },
    end() {
      engine?.engine.dispose();
      engine = undefined;
    },
  };
}

/** All of a key but its tables, as it says; throws `circuit.zkey`. */
export async function readOutline(file: KeyFile): Promise<KeyOutline> {
  try {
    return await readFile(file, outlineKey(file.bytes));
  } catch (thrown) {
    throw fromEngine(thrown);
  }
}

const startEngine = (threads: number): Engine => createEngine({ threads });

export const threadsOf = ({ rung, threads }: ProofOrder): number => (isSingleThreaded(rung) ? 1 : threads);

/** One proof by an engine, unchecked. */
export async function proveWith(engine: Engine, order: ProofOrder, key: NamedKey): Promise<MadeProof> {
  const { wtns, signal, onProgress, uniform = false } = order;
  const options = { uniform, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  try {
    const { proof, publicSignals, timings } = await engine.prove(key, wtns, options);
    return { proof, publicSignals, prover: 'engine', threads: timings.threads, tier: timings.tier };
  } catch (thrown) {
    throw fromEngine(thrown);
  }
}

/** The engine's errors as the app's: same words, codes that the scheduler knows. */
function fromEngine(thrown: unknown): unknown {
  if (thrown instanceof GnomonError) return thrown;
  if (isWantOfMemory(thrown)) {
    return new GnomonError('resource.memory', 'There is not enough memory for this proof.', {
      nextStep: 'Close other tabs or programs, or take a smaller circuit, then try again.',
      cause: thrown,
    });
  }
  if (!(thrown instanceof EngineError) || thrown.group === 'internal') {
    return new GnomonError('backend.prover-failed', 'The engine stopped before it was done.', {
      nextStep: 'The proof is tried with another prover.',
      cause: thrown,
    });
  }
  const { code, message, nextStep, where } = thrown;
  const about = { nextStep, cause: thrown, ...(where === undefined ? {} : { where }) };
  if (thrown.group === 'cancelled') return new GnomonError('cancelled.aborted', message, about);
  if (code === 'resource.thread-died') return new GnomonError('backend.died', message, about);
  // Its bytes are those of the digest, so fetching them again would not help.
  if (thrown.group === 'artifact') {
    return new GnomonError('circuit.zkey', message, { ...about, retryable: false });
  }
  return new GnomonError(code as `resource.${string}`, message, about);
}

/** Bytes that cannot be allocated, or not be handed to a thread. */
function isWantOfMemory(thrown: unknown): boolean {
  return thrown instanceof RangeError || (thrown instanceof Error && thrown.name === 'DataCloneError');
}

function invalidProof(): GnomonError {
  return new GnomonError('backend.invalid-proof', 'The proof that was made does not verify.', {
    nextStep:
      'It is proved in another way where there is one; else make the witness again, for this very key.',
  });
}

function unsatisfied(): GnomonError {
  return new GnomonError('witness.unsatisfied', 'The proof that was made does not verify.', {
    nextStep: 'The witness does not satisfy the circuit, or does not belong to this key. Make it again.',
  });
}
