// Entry of a proving child: one order after the other, until the server ends it or is gone.
import { toErrorData } from '../../src/core/errors.ts';
import type { ProofResult } from '../../src/core/job.ts';
import { measureSpeed, type Speed } from '../../src/prover/engine/speed.ts';
import { runPipeline } from '../../src/prover/pipeline.ts';
import { makeProvingSession } from '../../src/prover/snarkjs-session.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { makeFolderArtifacts } from './folder-artifacts.ts';
import type { Outcome, ProveOrder, ProveReport, SpeedOrder } from './orders.ts';
import { dieWithParent } from './parent-watch.ts';

const send = (report: ProveReport) => process.send?.(report);
/** The engine stays ready for the next proof. */
const session = makeProvingSession();

async function prove({ circuitsFolder, kind: _, ...request }: ProveOrder): Promise<Outcome<ProofResult>> {
  try {
    const value = await runPipeline(
      request,
      makeFolderArtifacts(circuitsFolder),
      session,
      {
        onProgress: (progress) => send({ type: 'progress', progress }),
        onWarning: (warning) => send({ type: 'warning', warning }),
      },
      // Whoever cancels ends this process.
      new AbortController().signal,
    );
    return { ok: true, value };
  } catch (thrown) {
    return { ok: false, error: toErrorData(thrown) };
  }
}

async function witness({ circuitsFolder, circuit, input }: ProveOrder): Promise<Outcome<Uint8Array>> {
  try {
    const { wasm } = circuit.artifacts;
    const store = makeFolderArtifacts(circuitsFolder);
    const load = async () => Uint8Array.from(await store.get(wasm, new AbortController().signal, () => {}));
    return { ok: true, value: await calculateWitness({ id: wasm.sha256, load }, input) };
  } catch (thrown) {
    return { ok: false, error: toErrorData(thrown) };
  }
}

async function speed(): Promise<Outcome<Speed>> {
  try {
    return { ok: true, value: await measureSpeed() };
  } catch (thrown) {
    return { ok: false, error: toErrorData(thrown) };
  }
}

dieWithParent();
process.on('message', async (order: ProveOrder | SpeedOrder) => {
  if (order.kind === 'speed') send({ type: 'speed', outcome: await speed() });
  else if (order.kind === 'witness') send({ type: 'witness', outcome: await witness(order) });
  else send({ type: 'done', outcome: await prove(order) });
});
