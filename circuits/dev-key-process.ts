// Child process that makes one development key: node dev-key-process.ts R1CS ZKEY VKEY FACTS. Tells its
// parent how far it is, and ends when the parent is gone.
import { readFile, writeFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { makeDevelopmentKey } from './dev-key.ts';

/** What the child sends. */
export interface KeyProcessReport {
  share: number;
}

/** What it leaves in FACTS. */
export interface KeyFacts {
  constraints: number;
  domain: number;
}

const orphaned = () => process.exit(1);

// Node 20 has the fastest kernels' instructions behind a flag, to be set before anything is compiled.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

async function main(): Promise<void> {
  const [r1csPath, zkeyPath, vkeyPath, factsPath] = process.argv.slice(2);
  if (r1csPath === undefined || zkeyPath === undefined || vkeyPath === undefined || factsPath === undefined) {
    throw new Error('usage: dev-key-process.ts R1CS ZKEY VKEY FACTS');
  }
  process.on('disconnect', orphaned);
  const report = (message: KeyProcessReport) => process.send?.(message);
  const { zkey, vkey, constraints, domain } = await makeDevelopmentKey(await readFile(r1csPath), (share) =>
    report({ share }),
  );
  await writeFile(zkeyPath, zkey);
  await writeFile(vkeyPath, `${JSON.stringify(vkey, null, 1)}\n`);
  const facts: KeyFacts = { constraints, domain };
  await writeFile(factsPath, JSON.stringify(facts));
}

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => {
    process.removeListener('disconnect', orphaned);
    process.disconnect?.();
  });
