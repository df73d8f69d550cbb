// Where threads cannot start (a content security policy), die, or lack memory, one thread goes on: this proof and the
// next ones, since trying threads again would cost the converted key each time.
import { GnomonError } from '../core/errors.ts';
import type { MadeProof, ProofOrder, ProvingSession } from '../prover/session.ts';
import type { Logger } from './types.ts';

/** A thread that died once need not die again: even while the same key stays, threads are tried this often. */
const RETRY_MS = 5 * 60_000;

export interface Ladder {
  prove(order: Omit<ProofOrder, 'rung'>, logger: Logger | null): Promise<MadeProof>;
  /** Threads are tried again. */
  reset(): void;
}

export function makeLadder(session: Pick<ProvingSession, 'prove'>, now = () => performance.now()): Ladder {
  /** Another key has to be converted anyway, so threads are tried with it. */
  let lost: { key: string; atMs: number } | undefined;
  let told = false;
  return {
    async prove(order, logger) {
      const { id } = order.key;
      const isLost = lost?.key === id && now() - lost.atMs < RETRY_MS;
      if (order.threads === 1 || isLost) return session.prove({ ...order, rung: 'engine-single' });
      try {
        const made = await session.prove({ ...order, rung: 'engine-threaded' });
        this.reset();
        return made;
      } catch (thrown) {
        if (!(thrown instanceof GnomonError) || !LOST.includes(thrown.code)) throw thrown;
        lost = { key: id, atMs: now() };
        if (!told) logger?.warn?.(`Gnomon: ${thrown.message} One thread goes on.`);
        told = true;
      }
      return session.prove({ ...order, rung: 'engine-single' });
    },
    reset() {
      lost = undefined;
      told = false;
    },
  };
}

const LOST = ['backend.died', 'resource.memory'];
