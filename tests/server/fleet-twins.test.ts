// The same request at two gateways, or twice at one, at the same time: each has drawn an identity of its own, and both
// must answer for the job that was taken.
import { describe, expect, it } from 'vitest';
import { proofAnswer, signalNamesOf } from '../../worker-server/api/answers.ts';
import { keyOf, type Records } from '../../worker-server/fleet/records.ts';
import type { Submission } from '../../worker-server/jobs/entry.ts';
import type { JobView } from '../../worker-server/jobs/view.ts';
import { aResult, mustClaim } from '../contract/job-store.support.ts';
import { onOwnRedis } from '../helpers/fleet-ground.ts';
import { type Machine, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ground = onOwnRedis('twins');
/** What REST sends to a gateway for these attestations: the score is the same, the identity is not. */
const drawn = (identity: string, jobId: string): Submission =>
  submissionOf(jobId, {
    context: { score: 0.5, subject: '0xaa', claim: { identity }, signalNames: ['root'] },
    expectedPublicSignals: [identity],
  });

const answerOf = (view: JobView | undefined) => proofAnswer(view!, signalNamesOf(view!));

async function prove({ store }: Machine, identity: string): Promise<void> {
  const { lease } = await mustClaim(store, holder);
  const result = { ...aResult, publicSignals: [identity] };
  expect((await store.commit(holder, lease, { kind: 'succeeded', result })).ok).toBe(true);
}

/** Its reads of a job wait until that is there: whoever reads first finds nothing and comes second. */
function late(key: string, there: () => Promise<unknown>): (records: Records) => Records {
  let first = true;
  return (records) => ({
    ...records,
    async get(asked) {
      const read = await records.get(asked);
      if (asked === key && first) {
        first = false;
        await there();
      }
      return read;
    },
  });
}

describe.skipIf(REDIS === undefined)('the same request at the same time', () => {
  it.each([
    ['found by the second gateway', false],
    ['taken while the second gateway takes it', true],
  ] as const)('has one answer at two gateways: %s', async (_how, isTaking) => {
    const common = ground.fleet();
    const one = await openMachine(common);
    let taken = (): void => {};
    const there = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const meddle = late(keyOf('me\ntwin'), () => there);
    // Deaf, so that it knows of the job only by what it reads.
    const two = await openMachine({ ...common, deaf: true, ...(isTaking && { meddle }) });
    const second = isTaking ? two.gateway.submit(drawn('two', 'twin')) : null;
    await one.gateway.submit(drawn('one', 'twin'));
    taken();
    const found = await (second ?? two.gateway.submit(drawn('two', 'twin')));
    expect(found.context).toMatchObject({ claim: { identity: 'one' } });
    await prove(one, 'one');
    const answers = [await one.gateway.ended('me', 'twin'), await two.gateway.ended('me', 'twin')].map(
      answerOf,
    );
    expect(answers[0]).toMatchObject({ score: 0.5, root: 'one', claim: { identity: 'one' } });
    expect(answers[1]).toEqual(answers[0]);
    // And it stays so.
    await two.gateway.recall?.('me', 'twin');
    expect(answerOf(two.gateway.view('me', 'twin'))).toEqual(answers[0]);
    await one.close();
    await two.close();
  });

  it('has one answer at one gateway', async () => {
    const common = ground.fleet();
    const one = await openMachine(common);
    const both = await Promise.all(['one', 'two'].map((who) => one.gateway.submit(drawn(who, 'twin'))));
    const { expectedPublicSignals } = (await one.store.get('me\ntwin'))!;
    const [identity] = expectedPublicSignals!;
    for (const { context } of both) expect(context).toMatchObject({ claim: { identity } });
    await prove(one, identity!);
    expect(answerOf(await one.gateway.ended('me', 'twin'))).toMatchObject({
      score: 0.5,
      root: identity,
      claim: { identity },
    });
    await one.close();
  });

  it('has the answer of the newest where an earlier one of the same id was known', async () => {
    const common = ground.fleet();
    const one = await openMachine(common);
    const two = await openMachine(common);
    await two.gateway.submit(drawn('old', 'twin'));
    await two.gateway.cancel('me', 'twin');
    await one.gateway.submit(drawn('new', 'twin'));
    await until(() => two.gateway.view('me', 'twin')?.state === 'queued');
    expect(two.gateway.view('me', 'twin')?.context).toEqual({});
    await prove(one, 'new');
    await until(() => two.gateway.view('me', 'twin')?.state === 'succeeded');
    const answers = [await one.gateway.ended('me', 'twin'), await two.gateway.ended('me', 'twin')].map(
      answerOf,
    );
    expect(answers[0]).toMatchObject({ root: 'new', claim: { identity: 'new' } });
    expect(answers[1]).toEqual(answers[0]);
    await one.close();
    await two.close();
  });

  it('fails with the deadline of the one that was taken', async () => {
    const common = ground.fleet();
    const one = await openMachine(common);
    let taken = (): void => {};
    const there = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const two = await openMachine({ ...common, meddle: late(keyOf('me\ntwin'), () => there) });
    const second = two.gateway.submit({ ...drawn('two', 'twin'), deadlineMs: 50 });
    await one.gateway.submit(drawn('one', 'twin'));
    taken();
    await second;
    await new Promise((wake) => setTimeout(wake, 200));
    expect((await one.store.get('me\ntwin'))?.state).toBe('queued');
    await one.close();
    await two.close();
  });
});
