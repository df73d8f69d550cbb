// A hub that proves nothing itself, on a virtual clock: whose word ends a job there, and after how many tries.

import { afterEach, describe, expect, it } from 'vitest';
import { closeHubs, type HubOptions, makeHub, proves, says, type Worker } from '../helpers/hub-world.ts';
import { SeededRandom } from '../helpers/random.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { aError } from '../helpers/scripted-prover.ts';

afterEach(closeHubs);
const damaged = says('artifact.digest-mismatch', false);

const given = ['1'];
const ranOf = (job: Awaited<ReturnType<Awaited<ReturnType<typeof makeHub>>['run']>>[number]) =>
  job.attempts.map(({ backendId, error }) => [backendId, error?.code ?? null]);

describe('a hub with a good worker', () => {
  it.each<[string, Worker, HubOptions]>([
    ['whose copy of a circuit is damaged', damaged, {}],
    ['whose copy of a circuit is damaged, for clients that say what is to be shown', damaged, { given }],
    ['that finds fault with every input', says('witness.unsatisfied'), {}],
    ['that finds fault with every input, for such clients', says('input.signal-missing'), { given }],
    ['that has not the circuit', says('circuit.not-offered'), { given }],
    ['whose proofs are wrong', () => ({ kind: 'prove', ms: 0, valid: false }), { given }],
    ['that says it is too small', says('resource.memory'), { given }],
  ])('loses no job to one %s', async (_what, bad, options) => {
    for (const workers of [
      { bad, good: proves },
      { good: proves, bad },
    ]) {
      const hub = await makeHub(workers, options);
      const jobs = await hub.run(10);
      expect(jobs.map(({ state }) => state)).toEqual(Array(10).fill('succeeded'));
      for (const job of jobs) expect(job.attempts.at(-1)?.backendId).toBe('good');
      expect(hub.tries()).toBeLessThanOrEqual(20);
    }
  });

  it('counts no try that a word cost which another worker has refuted', async () => {
    const [bad, worse, worst] = [damaged, says('circuit.zkey', false), says('witness.unsatisfied')];
    const hub = await makeHub({ bad, worse, worst, good: proves });
    const [job] = await hub.run();
    expect([job?.state, job?.attemptsUsed, job?.attempts.length]).toEqual(['succeeded', 1, 4]);
  });
});

describe('what cannot be proved', () => {
  const refuses = says('witness.unsatisfied');

  it('ends with what two workers find wrong with it, and no third is asked', async () => {
    const hub = await makeHub({ one: refuses, two: refuses, three: refuses, four: refuses }, { given });
    const [job] = await hub.run();
    expect([job?.state, job?.error?.code, hub.tries()]).toEqual(['failed', 'witness.unsatisfied', 2]);
  });

  it('ends with the word of the only one that can be asked', async () => {
    const alone = await makeHub({ one: refuses }, { given });
    const [job] = await alone.run();
    expect([job?.state, job?.error?.code, alone.tries()]).toEqual(['failed', 'witness.unsatisfied', 1]);
    const other = await makeHub({ one: refuses, two: proves }, { given, down: ['two'] });
    expect((await other.run()).map(({ state }) => state)).toEqual(['failed']);
    expect(other.tries()).toBe(1);
  });

  it('ends with the last word where each has its own trouble, after one try at each', async () => {
    const hub = await makeHub({ one: damaged, two: damaged, three: damaged }, { given });
    const [job] = await hub.run();
    expect([job?.state, job?.error?.code]).toEqual(['failed', 'artifact.digest-mismatch']);
    expect(
      ranOf(job!)
        .map(([id]) => id)
        .sort(),
    ).toEqual(['one', 'three', 'two']);
  });

  it('ends here with what was found here, before any worker has it', async () => {
    const expect_ = async () => Promise.reject(aError('witness.unsatisfied'));
    const hub = await makeHub({ one: proves, two: proves }, { expect: expect_ });
    const [job] = await hub.run();
    expect([job?.state, job?.error?.code, job?.attempts.length, hub.tries()]).toEqual([
      ...['failed', 'witness.unsatisfied', 1, 0],
    ]);
  });

  it('is not said to be the input’s fault where all was worked out from it here', async () => {
    const hub = await makeHub({ one: refuses, two: refuses, three: refuses });
    const [job] = await hub.run();
    expect([job?.state, job?.error?.code, job?.error?.where]).toEqual([
      ...['failed', 'backend.wrong-refusal', 'witness.unsatisfied'],
    ]);
    expect(new Set(ranOf(job!).map(([id]) => id)).size).toBe(3);
    // Of a witness that the client calculated, only the signals are known here.
    const read = await makeHub(
      { one: refuses, two: refuses, three: refuses },
      { expect: async () => ({ publicSignals: ['1'], calculated: false }) },
    );
    const [second] = await read.run();
    expect([second?.error?.code, read.tries()]).toEqual(['witness.unsatisfied', 2]);
  });
});

describe('any pool of good and bad workers', () => {
  it('proves every job that can be proved, and refuses the others, in bounded tries', async () => {
    const bads: Worker[] = [
      damaged,
      says('witness.calculator-failed'),
      says('input.too-large'),
      says('circuit.mismatch'),
      () => ({ kind: 'prove', ms: 0, valid: false }),
      () => ({ kind: 'prove', ms: 0, signals: ['2'] }),
    ];
    for (let seed = testSeed; seed < testSeed + runs(40, 2_000); seed++) {
      const random = new SeededRandom(seed);
      const satisfied = random.chance(0.7);
      const honest: Worker = () => (satisfied ? proves() : says('witness.unsatisfied')());
      // Of each kind one at most: two that agree are believed.
      const kinds = [...bads].filter(() => random.chance(0.5));
      const all = [...kinds, ...Array.from({ length: 2 + random.below(2) }, () => honest)]
        .map((script) => ({ script, at: random.fraction() }))
        .sort((a, b) => a.at - b.at);
      const workers = Object.fromEntries(all.map(({ script }, at) => [`w${at}`, script]));
      const hub = await makeHub(workers, { given }, seed);
      const count = 1 + random.below(6);
      const jobs = await hub.run(count);
      for (const job of jobs) {
        expect([job.state, job.error?.code ?? null], `seed ${seed}`).toEqual(
          satisfied ? ['succeeded', null] : ['failed', 'witness.unsatisfied'],
        );
        expect(job.attempts.length, `seed ${seed}`).toBeLessThanOrEqual(all.length + job.maxAttempts);
      }
    }
  });
});
