// The page that `npm run bench -- prove` measures in.
import { Provers } from '../provers.ts';

const provers = new Provers();
const fetchBytes = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());

const page = {
  async load(): Promise<void> {
    const [zkey, wtns] = await Promise.all([fetchBytes('/zkey'), fetchBytes('/wtns')]);
    provers.load(zkey, wtns);
  },
  prove: provers.prove.bind(provers),
};

export type ProveBenchPage = typeof page;
(globalThis as { proveBench?: ProveBenchPage }).proveBench = page;
