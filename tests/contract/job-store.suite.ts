// What every JobStore promises, as plain cases, so that Vitest and a page in a real browser can both run
// them. Times are virtual where the harness can do that, and real otherwise.
import type { ErrorData } from '../../src/core/errors.ts';
import { type Job, type JobRequest, Priority, type ProofResult } from '../../src/core/job.ts';
import type { Claim, Holder, JobStore, Placed, StoreEvent } from '../../src/core/ports.ts';

export interface StoreHarness {
  store: JobStore;
  /** Lets the store's clock pass. */
  advance(ms: number): Promise<void>;
  /** Sets the store's clock forward or back; null where that cannot be done. */
  jump: ((ms: number) => void) | null;
  /** The same storage opened once more, as another tab would; null for stores in memory. */
  another: (() => Promise<JobStore>) | null;
  /** Everything stored, as text, for canaries; null where it cannot be read. */
  dump: (() => Promise<string>) | null;
  /** False for stores shared by many schedulers, which never fence. */
  fences: boolean;
  close(): Promise<void>;
}

export interface ContractCase {
  name: string;
  /** False: the harness lacks what the case needs, so nothing was tested. */
  run(harness: StoreHarness): Promise<boolean>;
}

const LEASE_MS = 10_000;
const CANARY = '61803398874989484820458683436563811772';

export function requestFor(id: string, change: Partial<JobRequest> = {}): JobRequest {
  const artifact = { url: 'x.bin', bytes: 1, sha256: '0'.repeat(64) };
  return {
    id,
    label: `Job ${id}`,
    circuit: {
      id: 'reputation-16',
      capacity: 16,
      constraints: 1,
      domain: 2,
      publicSignals: ['root'],
      setup: 'development',
      artifacts: { wasm: artifact, zkey: artifact, vkey: artifact },
    },
    input: { rating: [CANARY, '1'] },
    secrets: [{ signal: 'secret', identityId: 'me' }],
    expectedPublicSignals: ['1'],
    priority: Priority.NORMAL,
    privacy: 'local-only',
    maxAttempts: 3,
    context: {},
    ...change,
  };
}

const aResult: ProofResult = {
  proof: {
    pi_a: ['1', '2', '1'],
    pi_b: [
      ['1', '2'],
      ['3', '4'],
      ['1', '0'],
    ],
    pi_c: ['1', '2', '1'],
    protocol: 'groth16',
    curve: 'bn128',
  },
  publicSignals: ['1'],
  timingsMs: { proving: 1 },
  prover: 'snarkjs',
  threads: 1,
};

export function anError(retryable: boolean): ErrorData {
  return {
    group: 'backend',
    code: 'backend.died',
    message: 'The prover ended.',
    nextStep: 'Try again.',
    retryable,
  };
}

const here: Placed = { backendId: 'local', rung: 'snarkjs-threaded', reason: 'here: the only place' };

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Broken promise: ${what}`);
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === b, `${what}: got ${a}, wanted ${b}`);
}

async function lead(store: JobStore, ownerId = 'tab-1'): Promise<Holder> {
  return { ownerId, epoch: await store.beginEpoch(ownerId) };
}

async function claim(
  store: JobStore,
  holder: Holder,
  place: (job: Job) => Placed | null = () => here,
): Promise<Claim | null> {
  const result = await store.claim(holder, { leaseMs: LEASE_MS, place });
  check(!('refusal' in result), 'a leader may claim');
  return result.claim;
}

async function mustClaim(store: JobStore, holder: Holder): Promise<Claim> {
  const got = await claim(store, holder);
  check(got !== null, 'there is a job to claim');
  return got;
}

async function claimOrder(store: JobStore, holder: Holder): Promise<string[]> {
  const order: string[] = [];
  for (let got = await claim(store, holder); got !== null; got = await claim(store, holder)) {
    order.push(got.job.id);
  }
  return order;
}

function always(name: string, run: (harness: StoreHarness) => Promise<void>): ContractCase {
  return {
    name,
    async run(harness) {
      await run(harness);
      return true;
    },
  };
}

export const jobStoreCases: ContractCase[] = [
  always('a job that was added is there, queued, without its input', async ({ store }) => {
    const { job, added } = await store.add(requestFor('a'));
    check(added, 'the first add adds');
    same([job.state, job.inputKept, job.attemptsUsed], ['queued', true, 0], 'a new job');
    same(await store.get('a'), job, 'get');
    check(!JSON.stringify(job).includes(CANARY), 'a job record does not carry its input');
    same(await store.get('b'), undefined, 'get of an unknown id');
  }),

  always('the same id twice is the same job, also at the same time and after its end', async ({ store }) => {
    const both = await Promise.all([store.add(requestFor('a')), store.add(requestFor('a', { label: 'x' }))]);
    same(both.filter(({ added }) => added).length, 1, 'how many of two adds add');
    await store.cancel('a');
    const again = await store.add(requestFor('a'));
    same([again.added, again.job.state], [false, 'cancelled'], 'adding an ended job');
    same((await store.list()).length, 1, 'jobs listed');
  }),

  always('claims go by priority, and first come first served within one', async ({ store }) => {
    const wanted = [1, 0, 3, 1, 2, 0, 3] as const;
    for (const [at, priority] of wanted.entries()) await store.add(requestFor(`${at}`, { priority }));
    same(await claimOrder(store, await lead(store)), ['2', '6', '4', '0', '3', '1', '5'], 'order');
  }),

  always('priority can be changed while a job waits', async ({ store }) => {
    for (const id of ['a', 'b', 'c']) await store.add(requestFor(id));
    await store.setPriority('c', Priority.HIGH);
    same(await claimOrder(store, await lead(store)), ['c', 'a', 'b'], 'order');
  }),

  always('a claim hands out the input and one lease; nobody else gets the job', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const got = await Promise.all([claim(store, holder), claim(store, holder), claim(store, holder)]);
    const mine = got.filter((one) => one !== null);
    same(mine.length, 1, 'claims of one job');
    same(mine[0]?.input, requestFor('a').input, 'the input');
    const job = await store.get('a');
    same([job?.state, job?.attemptsUsed, job?.lease?.token], ['running', 1, mine[0]?.lease.token], 'the job');
    same([job?.attempts[0]?.outcome, job?.attempts[0]?.reason], ['running', here.reason], 'the attempt');
  }),

  always('a job that cannot be placed is passed over, and the next one taken', async ({ store }) => {
    await store.add(requestFor('a', { priority: Priority.CRITICAL }));
    await store.add(requestFor('b'));
    const holder = await lead(store);
    const got = await claim(store, holder, (job) => (job.id === 'a' ? null : here));
    same(got?.job.id, 'b', 'claimed');
    same((await store.get('a'))?.state, 'queued', 'the passed-over job');
  }),

  always('success stores the result, ends the job and deletes its input', async ({ store, dump }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const written = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    check(written.ok, 'the commit is taken');
    const job = await store.get('a');
    same(job, written.job, 'what is stored');
    same(
      [job?.state, job?.inputKept, job?.lease, job?.result],
      ['succeeded', false, null, aResult],
      'the job',
    );
    if (dump !== null) check(!(await dump()).includes(CANARY), 'the input is nowhere in storage');
  }),

  always('a result is committed once; late and stale ones are refused', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const done = { kind: 'succeeded', result: aResult } as const;
    const wrong = await store.commit(holder, { ...lease, token: 'wrong' }, done);
    same(wrong, { ok: false, refusal: 'stale-token' }, 'a wrong token');
    const both = await Promise.all([store.commit(holder, lease, done), store.commit(holder, lease, done)]);
    same(both.filter(({ ok }) => ok).length, 1, 'commits taken of two');
    const after = await store.get('a');
    same(await store.commit(holder, lease, done), { ok: false, refusal: 'not-running' }, 'a late commit');
    same(await store.renew(holder, lease), { ok: false, refusal: 'not-running' }, 'a late renewal');
    same(await store.get('a'), after, 'refusals change nothing');
    const ghost = await store.commit(holder, { ...lease, jobId: 'x' }, done);
    same(ghost, { ok: false, refusal: 'unknown-job' }, 'an unknown job');
  }),

  always(
    'a lease that is not renewed ends: the job runs again, the late result is refused',
    async (harness) => {
      const { store } = harness;
      await store.add(requestFor('a'));
      const holder = await lead(store);
      const first = await mustClaim(store, holder);
      const other = { ...holder, ownerId: 'other' };
      const waiting = await store.claim(other, { leaseMs: LEASE_MS, place: () => here });
      check(!('refusal' in waiting) && waiting.claim === null, 'not while the lease lasts');
      same(waiting.nextDueAtMs, (await store.get('a'))?.lease?.expiresAtMs, 'when it is due');
      await harness.advance(LEASE_MS + 1);
      const second = await mustClaim(store, other);
      same(
        second.job.attempts.map(({ outcome }) => outcome),
        ['stalled', 'running'],
        'attempts',
      );
      same([second.job.attemptsUsed, second.job.rung], [2, 'snarkjs-single'], 'counted, and a rung lower');
      const late = await store.commit(holder, first.lease, { kind: 'succeeded', result: aResult });
      same(late, { ok: false, refusal: 'stale-token' }, 'the late result');
      same(await store.renew(holder, first.lease), { ok: false, refusal: 'stale-token' }, 'the late renewal');
      check(
        (await store.commit(other, second.lease, { kind: 'succeeded', result: aResult })).ok,
        'the new one',
      );
    },
  ),

  always('renewing keeps a lease, and revives one that nobody took', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    for (let step = 0; step < 4; step++) {
      await harness.advance(LEASE_MS / 2);
      check((await store.renew(holder, lease)).ok, 'renewed in time');
    }
    same(await claim(store, { ...holder, ownerId: 'other' }), null, 'a claim by someone else');
    await harness.advance(LEASE_MS * 2);
    check((await store.renew(holder, lease)).ok, 'revived');
    same(await claim(store, { ...holder, ownerId: 'other' }), null, 'a claim after the revival');
  }),

  always('a job that dies with its page every time fails in the end', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a', { maxAttempts: 2 }));
    const holder = await lead(store);
    for (let step = 0; step < 2; step++) {
      await mustClaim(store, holder);
      await harness.advance(LEASE_MS + 1);
    }
    same(await claim(store, holder), null, 'a third claim');
    const job = await store.get('a');
    same([job?.state, job?.error?.code], ['failed', 'resource.died-while-proving'], 'the job');
  }),

  always('a retry waits out its back-off on the rung it was given', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const error = anError(true);
    await store.commit(holder, lease, { kind: 'retry', error, delayMs: 4_000, rung: 'snarkjs-single' });
    const early = await store.claim(holder, { leaseMs: LEASE_MS, place: () => here });
    check(!('refusal' in early) && early.claim === null, 'not during the back-off');
    same(early.nextDueAtMs, (await store.get('a'))?.availableAtMs, 'when it is due');
    await harness.advance(4_000);
    const again = await mustClaim(store, holder);
    same([again.job.rung, again.job.attemptsUsed], ['snarkjs-single', 2], 'the second attempt');
    same(again.input, requestFor('a').input, 'its input');
  }),

  always('a held job waits for the person and loses nothing', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const error: ErrorData = { ...anError(false), group: 'input', code: 'input.identity-locked' };
    await store.commit(holder, lease, { kind: 'held', error });
    const held = await store.get('a');
    same([held?.state, held?.held?.code, held?.attemptsUsed], ['queued', error.code, 0], 'the job');
    same(await claim(store, holder), null, 'a claim');
    await store.retry('a');
    const again = await mustClaim(store, holder);
    same([again.input, again.job.held], [requestFor('a').input, null], 'after the retry');
  }),

  always('a released job is free at once and its attempt does not count', async ({ store }) => {
    await store.add(requestFor('a', { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'released' });
    const again = await mustClaim(store, holder);
    same(
      again.job.attempts.map(({ outcome }) => outcome),
      ['released', 'running'],
      'attempts',
    );
    same(again.job.attemptsUsed, 1, 'attempts used');
  }),

  always('jobs of an owner that left in good order are free, others are not', async ({ store }) => {
    for (const id of ['a', 'b']) await store.add(requestFor(id, { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await mustClaim(store, { ...holder, ownerId: 'other' });
    await store.releaseOwner(holder.ownerId);
    same((await store.get('b'))?.state, 'running', 'the job of another owner');
    const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    same(late, { ok: false, refusal: 'not-running' }, 'a late result');
    const again = await mustClaim(store, holder);
    same([again.job.id, again.job.attemptsUsed, again.job.rung], ['a', 1, 'snarkjs-threaded'], 'freed');
  }),

  always(
    'cancel ends a waiting and a running job at once; the running one cannot commit',
    async (harness) => {
      const { store } = harness;
      for (const id of ['a', 'b']) await store.add(requestFor(id));
      const holder = await lead(store);
      const { lease } = await mustClaim(store, holder);
      same((await store.cancel('a'))?.state, 'cancelled', 'the running job');
      same((await store.cancel('b'))?.state, 'cancelled', 'the waiting job');
      const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
      same(late, { ok: false, refusal: 'not-running' }, 'the late result');
      same((await store.get('a'))?.attempts[0]?.outcome, 'cancelled', 'its attempt');
      same(await claim(store, holder), null, 'a claim');
      same(await store.cancel('x'), undefined, 'an unknown job');
      if (harness.dump !== null) check(!(await harness.dump()).includes(CANARY), 'inputs are gone');
    },
  ),

  always('an input outlives its job as keepInput says, and no longer', async ({ store }) => {
    const holder = await lead(store);
    for (const keepInput of ['never', 'if-mendable', 'always'] as const) {
      for (const ending of ['succeeded', 'final', 'mendable', 'cancelled'] as const) {
        const id = `${keepInput} ${ending}`;
        await store.add(requestFor(id, { keepInput }));
        const { lease } = await mustClaim(store, holder);
        if (ending === 'cancelled') await store.cancel(id);
        else if (ending === 'succeeded') {
          await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
        } else {
          await store.commit(holder, lease, { kind: 'failed', error: anError(ending === 'mendable') });
        }
        const kept = keepInput === 'always' || (keepInput === 'if-mendable' && ending === 'mendable');
        same((await store.get(id))?.inputKept, kept, id);
      }
    }
    await store.forgetInput('always succeeded');
    same((await store.get('always succeeded'))?.inputKept, false, 'after forgetInput');
  }),

  always('retry runs a failed job again with all its attempts, behind the others', async ({ store }) => {
    await store.add(requestFor('a', { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'failed', error: anError(true) });
    await store.add(requestFor('b'));
    const job = await store.retry('a');
    same([job.state, job.error, job.endedAtMs, job.attemptsUsed], ['queued', null, null, 0], 'the job');
    same(await claimOrder(store, holder), ['b', 'a'], 'order');
  }),

  always('retry of a job without input is refused; of an unknown job too', async ({ store }) => {
    await store.add(requestFor('a'));
    await store.cancel('a');
    const codes: unknown[] = [];
    for (const id of ['a', 'x']) {
      await store.retry(id).catch((thrown: { code?: string }) => codes.push(thrown.code));
    }
    same(codes, ['input.gone', 'input.job-unknown'], 'codes');
    same((await store.get('a'))?.state, 'cancelled', 'the job');
  }),

  always('remove deletes job and input, also while it runs', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.remove('a');
    same(await store.get('a'), undefined, 'get');
    const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    same(late, { ok: false, refusal: 'unknown-job' }, 'the late result');
    if (harness.dump !== null) check(!(await harness.dump()).includes(CANARY), 'the input is gone');
  }),

  always('list is newest first, by state, up to a limit', async ({ store }) => {
    for (const id of ['a', 'b', 'c', 'd']) await store.add(requestFor(id));
    await store.cancel('c');
    const ids = async (options?: Parameters<JobStore['list']>[0]) =>
      (await store.list(options)).map(({ id }) => id);
    same(await ids(), ['d', 'c', 'b', 'a'], 'all');
    same(await ids({ states: ['queued'] }), ['d', 'b', 'a'], 'queued');
    same(await ids({ states: ['queued'], limit: 2 }), ['d', 'b'], 'two queued');
    same(await ids({ states: ['running'] }), [], 'running');
  }),

  always('watch tells every change once it is stored, and no input', async ({ store }) => {
    const events: StoreEvent[] = [];
    const stop = store.watch((event) => events.push(event));
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    await store.add(requestFor('a'));
    await store.remove('a');
    const seen = events.map((event) => (event.type === 'changed' ? event.job.state : event.type));
    same(seen, ['queued', 'running', 'succeeded', 'removed'], 'events');
    check(!JSON.stringify(events).includes(CANARY), 'events carry no input');
    stop();
    await store.add(requestFor('b'));
    same(events.length, 4, 'events after the watch ended');
  }),

  {
    name: 'a new leader takes over at once, and the old one can write no more',
    async run({ store, fences }) {
      if (!fences) return false;
      for (const id of ['a', 'b']) await store.add(requestFor(id));
      const old = await lead(store, 'tab-1');
      const first = await mustClaim(store, old);
      const next = await lead(store, 'tab-2');
      const fenced = { ok: false, refusal: 'fenced' };
      same(await store.renew(old, first.lease), fenced, 'renewal by the old');
      same(await store.commit(old, first.lease, { kind: 'succeeded', result: aResult }), fenced, 'commit');
      const claimed = await store.claim(old, { leaseMs: LEASE_MS, place: () => here });
      same(claimed, { refusal: 'fenced' }, 'claim by the old');
      const second = await mustClaim(store, next);
      same([second.job.id, second.job.attempts[0]?.outcome], ['a', 'stalled'], 'the orphan');
      check((await store.commit(next, second.lease, { kind: 'succeeded', result: aResult })).ok, 'commit');
      return true;
    },
  },

  {
    name: 'waiting raises a job, so that a stream of urgent ones cannot starve it',
    async run({ store, jump }) {
      if (jump === null) return false;
      await store.add(requestFor('low', { priority: Priority.LOW }));
      const holder = await lead(store);
      jump(16 * 60_000);
      await store.add(requestFor('critical', { priority: Priority.CRITICAL }));
      same(await claimOrder(store, holder), ['low', 'critical'], 'order');
      return true;
    },
  },

  {
    name: 'a clock set back neither freezes a back-off nor a dead lease, nor changes the order',
    async run(harness) {
      const { store, jump } = harness;
      if (jump === null) return false;
      await store.add(requestFor('a'));
      const holder = await lead(store);
      await mustClaim(store, holder);
      await store.add(requestFor('b'));
      const { lease } = await mustClaim(store, holder);
      await store.commit(holder, lease, {
        kind: 'retry',
        error: anError(true),
        delayMs: 5_000,
        rung: 'snarkjs-threaded',
      });
      jump(-3_600_000);
      await store.add(requestFor('c'));
      same(await claimOrder(store, { ...holder, ownerId: 'other' }), ['b', 'c'], 'order');
      await harness.advance(LEASE_MS + 1);
      same((await claim(store, { ...holder, ownerId: 'third' }))?.job.id, 'a', 'the dead owner’s job');
      return true;
    },
  },

  {
    name: 'two openings of one storage share jobs, leases, epochs and news',
    async run({ store, another }) {
      if (another === null) return false;
      const other = await another();
      const seen: string[] = [];
      const heard = new Promise<void>((resolve) => {
        other.watch((event) => {
          seen.push(event.type === 'changed' ? event.job.state : event.type);
          if (seen.length === 2) resolve();
        });
      });
      await store.add(requestFor('a'));
      same((await other.get('a'))?.state, 'queued', 'seen by the other');
      const holder = await lead(store);
      await mustClaim(store, holder);
      same(await claim(other, holder), null, 'a claim by the other');
      await heard;
      same(seen, ['queued', 'running'], 'news');
      const racing = await Promise.all(
        Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other).add(requestFor(`r${at % 5}`))),
      );
      same(racing.filter(({ added }) => added).length, 5, 'jobs added in a race');
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, at) => claim(at % 2 ? store : other, holder)),
      );
      const ids = claims.flatMap((one) => (one === null ? [] : [one.job.id]));
      same([ids.length, new Set(ids).size], [5, 5], 'claims in a race');
      await other.close();
      return true;
    },
  },

  {
    name: 'what was saved is there when the storage is opened again',
    async run({ store, another }) {
      if (another === null) return false;
      await store.add(requestFor('a'));
      const holder = await lead(store);
      await mustClaim(store, holder);
      const before = await store.get('a');
      await store.close();
      const reopened = await another();
      same(await reopened.get('a'), before, 'the job');
      const next = await lead(reopened, 'tab-2');
      same((await claim(reopened, next))?.input, requestFor('a').input, 'its input');
      await reopened.close();
      return true;
    },
  },
];
