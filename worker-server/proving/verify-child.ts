// Entry of the verifying child: independent of the ones that prove, so that what broke one of them does not
// break the check of its work.
import { toErrorData } from '../../src/core/errors.ts';
import type { Verification } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { makeFolderArtifacts } from './folder-artifacts.ts';
import type { Outcome, VerifyOrder, VerifyReport } from './orders.ts';
import { dieWithParent } from './parent-watch.ts';

async function verify(order: VerifyOrder): Promise<Outcome<Verification>> {
  const { circuit, expectedPublicSignals, publicSignals, proof } = order;
  try {
    const { vkey } = circuit.artifacts;
    const store = makeFolderArtifacts(order.circuitsFolder);
    const bytes = await store.get(vkey, new AbortController().signal, () => {});
    const value = await verifyProof(bytes, publicSignals, proof, {
      vkeySha256: vkey.sha256,
      ...(expectedPublicSignals === null ? {} : { publicSignals: expectedPublicSignals }),
    });
    return { ok: true, value };
  } catch (thrown) {
    return { ok: false, error: toErrorData(thrown) };
  }
}

dieWithParent();
process.on('message', async (order: VerifyOrder) => {
  const report: VerifyReport = { id: order.id, outcome: await verify(order) };
  process.send?.(report);
});
