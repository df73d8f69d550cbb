// What both pages that `npm run bench -- prove` measures in have in common.
import type { CircuitFiles, MeasuredProof, Prove, ProverChoice } from '../provers.ts';

export interface ProveBench {
  load(): Promise<void>;
  prove(choice: ProverChoice): Promise<MeasuredProof>;
}

declare global {
  var proveBench: ProveBench | undefined;
}

const fetchBytes = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());

export function openBench(prove: Prove): void {
  let files: CircuitFiles;
  globalThis.proveBench = {
    async load() {
      const [zkey, wtns] = await Promise.all([fetchBytes('/zkey'), fetchBytes('/wtns')]);
      files = { zkey, wtns };
    },
    prove: (choice) => prove(files, choice),
  };
}
