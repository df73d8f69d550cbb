// Proofs that have been verified, from our engine or from snarkjs. Keeps the engine between proofs: its threads,
// kernels and last key. Each proof is checked before anyone gets it (engine.md, "Always verify before returning").
import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof } from '../core/groth16.ts';
import { isSingleThreaded, proverOf, type Rung } from '../core/job.ts';
import { createEngine, type Engine, type NamedKey } from './engine/engine.ts';
import { EngineError } from './engine/errors.ts';
import { makeProofCheck, type ProofCheck } from './proof-check.ts';
import { readZkeyHeader, verificationKeyOf, type ZkeyHeader } from './zkey.ts';

export interface ProofOrder {
  /** Named by its digest. */
  key: NamedKey;
  wtns: Uint8Array;
  rung: Rung;
  /** For threaded rungs. */
  threads: number;
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
  end(): void;
}

type Unchecked = MadeProof;

/** `start` is for tests that plant a broken engine. */
export function makeProvingSession(start: (threads: number) => Engine = startEngine): ProvingSession {
  let engine: { threads: number; engine: Engine } | undefined;
  let known: { id: string; header: ZkeyHeader; check: ProofCheck } | undefined;

  function engineWith(threads: number): Engine {
    if (engine?.threads !== threads) {
      engine?.engine.dispose();
      engine = { threads, engine: start(threads) };
    }
    return engine.engine;
  }

  function learn(id: string, zkey: Uint8Array) {
    if (known?.id !== id) {
      known = { id, header: readZkeyHeader(zkey), check: makeProofCheck(verificationKeyOf(zkey)) };
    }
    return known;
  }

  async function byEngine(order: ProofOrder, key: NamedKey): Promise<Unchecked> {
    const { wtns, signal, onProgress } = order;
    const threads = isSingleThreaded(order.rung) ? 1 : order.threads;
    const options = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    try {
      const { proof, publicSignals, timings } = await engineWith(threads).prove(key, wtns, options);
      return { proof, publicSignals, prover: 'engine', threads: timings.threads, tier: timings.tier };
    } catch (thrown) {
      throw fromEngine(thrown);
    }
  }

  async function bySnarkjs(order: ProofOrder, key: NamedKey): Promise<Unchecked> {
    const { wtns, signal, onProgress } = order;
    // Only now, since it is large and seldom needed.
    const { proveWithSnarkjs } = await import('./prove.ts');
    const made = await proveWithSnarkjs(await key.load(), wtns, {
      threads: isSingleThreaded(order.rung) ? 1 : order.threads,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    return { ...made, prover: 'snarkjs', tier: null };
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
      const key: NamedKey = {
        id: order.key.id,
        async load() {
          const zkey = await order.key.load();
          learn(order.key.id, zkey);
          return zkey;
        },
      };
      // Another key's engine memory is of no use to the one that proves now.
      if (proverOf(order.rung) === 'snarkjs') this.end();
      const first = await (proverOf(order.rung) === 'engine' ? byEngine : bySnarkjs)(order, key);
      const { check } = known!;
      if (check(first)) return first;
      if (first.prover === 'snarkjs') throw invalidProof();
      const second = await bySnarkjs(order, key);
      if (!check(second)) throw unsatisfied();
      engine?.engine.refuse(first.tier as Parameters<Engine['refuse']>[0]);
      order.onTierDropped?.(`${first.tier}`);
      return second;
    },
    end() {
      engine?.engine.dispose();
      engine = undefined;
    },
  };
}

const startEngine = (threads: number): Engine => createEngine({ threads });

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
    nextStep: 'It is proved again in another way.',
  });
}

function unsatisfied(): GnomonError {
  return new GnomonError('witness.unsatisfied', 'The proof that was made does not verify.', {
    nextStep: 'The witness does not satisfy the circuit, or does not belong to this key. Make it again.',
  });
}
