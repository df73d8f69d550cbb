// Entry of a proving child: one order after the other, until the server ends it or is gone.
import { toErrorData } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { ProofResult } from '../../src/core/job.ts';
import { parseInputBytes } from '../../src/core/wire/parse.ts';
import { measureSpeed } from '../../src/prover/engine/speed.ts';
import { runPipeline } from '../../src/prover/pipeline.ts';
import { makeProvingSession } from '../../src/prover/snarkjs-session.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { publicSignalsOf } from '../../src/prover/zkey.ts';
import type { ReadRequest } from '../api/request-order.ts';
import { makeFolderArtifacts } from './folder-artifacts.ts';
import type {
  CheckOrder,
  Outcome,
  ProveOrder,
  ProveReport,
  RequestOrder,
  SignalsOrder,
  SpeedOrder,
} from './orders.ts';
import { dieWithParent } from './parent-watch.ts';

const send = (report: ProveReport) => process.send?.(report);
/** The engine stays ready for the next proof. */
const session = makeProvingSession();

function prove(order: ProveOrder): Promise<ProofResult> {
  const { circuitsFolder, circuit, witness, rung, threads } = order;
  return runPipeline(
    { circuit, input: inputOf(order), witness, rung, threads },
    makeFolderArtifacts(circuitsFolder),
    session,
    {
      onProgress: (progress) => send({ type: 'progress', progress }),
      onWarning: (warning) => send({ type: 'warning', warning }),
    },
    // Whoever cancels ends this process.
    new AbortController().signal,
  );
}

function inputOf({ input, inputJson }: Pick<ProveOrder, 'input' | 'inputJson'>): CircuitInput {
  return inputJson === undefined ? input : parseInputBytes(inputJson);
}

async function witnessOf(
  { circuitsFolder, circuit }: Pick<ProveOrder, 'circuitsFolder' | 'circuit'>,
  input: CircuitInput,
): Promise<Uint8Array> {
  const { wasm } = circuit.artifacts;
  const store = makeFolderArtifacts(circuitsFolder);
  const load = async () => Uint8Array.from(await store.get(wasm, new AbortController().signal, () => {}));
  return calculateWitness({ id: wasm.sha256, load }, input);
}

async function signals(order: SignalsOrder): Promise<string[]> {
  const witness = await witnessOf(order, parseInputBytes(order.inputJson));
  return publicSignalsOf(witness, order.circuit.publicSignals.length);
}

async function check({ inputJson }: CheckOrder): Promise<null> {
  parseInputBytes(inputJson);
  return null;
}

/** Loaded by those children only that read requests. */
async function request({ body, around }: RequestOrder): Promise<ReadRequest> {
  return (await import('../api/request-order.ts')).readRequest(body, around);
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    return { ok: false, error: toErrorData(thrown) };
  }
}

dieWithParent();
process.on('message', async (order: ProveOrder | SignalsOrder | CheckOrder | RequestOrder | SpeedOrder) => {
  if (order.kind === 'speed') send({ type: 'speed', outcome: await outcomeOf(measureSpeed) });
  else if (order.kind === 'signals') {
    send({ type: 'signals', outcome: await outcomeOf(() => signals(order)) });
  } else if (order.kind === 'check') {
    send({ type: 'checked', outcome: await outcomeOf(() => check(order)) });
  } else if (order.kind === 'request') {
    send({ type: 'request', outcome: await outcomeOf(() => request(order)) });
  } else if (order.kind === 'witness') {
    send({ type: 'witness', outcome: await outcomeOf(async () => witnessOf(order, inputOf(order))) });
  } else send({ type: 'done', outcome: await outcomeOf(async () => prove(order)) });
});
