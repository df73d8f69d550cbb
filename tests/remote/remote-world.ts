// A remote backend and a server with real sessions, over a wire in memory, on a virtual clock.
import type { GnomonError } from '../../src/core/errors.ts';
import type { Progress, ProofResult } from '../../src/core/job.ts';
import type { AttemptRequest } from '../../src/core/ports.ts';
import { makeRemoteBackend, type RemoteBackendOptions } from '../../src/remote/remote-backend.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import type { Script } from '../helpers/scripted-prover.ts';
import { makeMemoryServer } from './memory-server.ts';
import { makeWire, type Payload, type Peer } from './wire.ts';

const SECOND = 1_000;
export const request = requestFor('a');
export const attempt: AttemptRequest = {
  jobId: 'a',
  number: 1,
  circuit: request.circuit,
  input: { rating: ['61803398874989484820', '1'] },
  rung: 'engine-threaded',
  deadlineMs: 60 * SECOND,
  leaves: { secrets: false },
};
export const large = { rating: Array.from({ length: 40_000 }, () => '123456') };

export async function makeRemoteWorld(options: Partial<RemoteBackendOptions> = {}, script?: () => Script) {
  const clock = new VirtualClock();
  const random = new SeededRandom(testSeed);
  const serve = () =>
    makeMemoryServer({
      clock,
      random,
      circuit: request.circuit,
      slots: 2,
      script: script ?? (() => ({ kind: 'prove', ms: 10 * SECOND })),
    });
  let server = await serve();
  /** Everything that the client sent. */
  const sent: Payload[] = [];
  const wire = makeWire(clock, random, (peer: Peer) => {
    server.accept(peer);
    const take = peer.onData;
    peer.onData = (data) => {
      sent.push(data);
      take(data);
    };
  });
  wire.faulty = false;
  const backend = makeRemoteBackend({
    id: 'server:1',
    url: 'wss://memory/ws',
    open: wire.open,
    clock,
    random,
    ...options,
  });
  backend.start();
  await clock.advance(SECOND);
  const prove = (change: Partial<AttemptRequest> = {}, signal = new AbortController().signal) => {
    const progress: Progress[] = [];
    const run = { progress, result: null as ProofResult | null, error: null as GnomonError | null };
    backend
      .prove({ ...attempt, ...change }, signal, (report) => progress.push(report))
      .then(
        (result) => {
          run.result = result;
        },
        (thrown) => {
          run.error = thrown as GnomonError;
        },
      );
    return run;
  };
  return {
    clock,
    wire,
    sent,
    backend,
    prove,
    server: () => server,
    async restart() {
      server.kill();
      server = await serve();
      wire.cutAll();
    },
  };
}
