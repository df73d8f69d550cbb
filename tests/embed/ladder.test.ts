// Threads that are lost stay lost while their key is kept, so that it is converted once.
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { makeLadder } from '../../src/embed/ladder.ts';
import type { MadeProof, ProofOrder } from '../../src/prover/session.ts';

function makeScene() {
  const rungs: string[] = [];
  const warnings: string[] = [];
  const scene = { fails: 'backend.died' as `backend.${string}` | `resource.${string}` | null, nowMs: 0 };
  const session = {
    async prove({ rung, key }: ProofOrder): Promise<MadeProof> {
      rungs.push(`${key.id} ${rung}`);
      if (scene.fails !== null && rung === 'engine-threaded') {
        throw new GnomonError(scene.fails, 'Lost.', { nextStep: '' });
      }
      return {} as MadeProof;
    },
  };
  const ladder = makeLadder(session, () => scene.nowMs);
  const prove = (id: string, threads = 2) => {
    const key = { id, load: async () => new Uint8Array() };
    const logger = { warn: (text: string) => void warnings.push(text) };
    return ladder.prove({ key, wtns: new Uint8Array(), threads }, logger);
  };
  return { ladder, prove, rungs, scene, warnings };
}

describe.each(['backend.died', 'resource.memory'] as const)('threads lost to %s', (code) => {
  it('are not tried again with the same key, and are told of once', async () => {
    const { prove, rungs, scene, warnings } = makeScene();
    scene.fails = code;
    for (let i = 0; i < 3; i++) await prove('a');
    expect(rungs).toEqual(['a engine-threaded', 'a engine-single', 'a engine-single', 'a engine-single']);
    expect(warnings).toEqual(['Gnomon: Lost. One thread goes on.']);
  });

  it('are tried with another key, after minutes, and after a release', async () => {
    const { ladder, prove, rungs, scene, warnings } = makeScene();
    scene.fails = code;
    await prove('a');
    await prove('b');
    scene.nowMs = 5 * 60_000 + 1;
    await prove('b');
    ladder.reset();
    await prove('b');
    expect(rungs.filter((rung) => rung.endsWith('threaded')).map((rung) => rung[0])).toEqual([...'abbb']);
    // Once, and once more after the release.
    expect(warnings).toHaveLength(2);
  });
});

it('takes no thread where one is wanted, and passes other errors on', async () => {
  const { prove, rungs, scene } = makeScene();
  await prove('a', 1);
  scene.fails = 'resource.no-tier';
  await expect(prove('a')).rejects.toMatchObject({ code: 'resource.no-tier' });
  scene.fails = null;
  await prove('a');
  expect(rungs).toEqual(['a engine-single', 'a engine-threaded', 'a engine-threaded']);
});
