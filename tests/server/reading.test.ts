// Requests and inputs that wait to be read in children: whose turn is next, what is said when one cannot be read, and
// that nothing begins after the end.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Asker } from '../../worker-server/api/request-order.ts';
import { createApp } from '../../worker-server/app.ts';
import type { Child, Death } from '../../worker-server/proving/child.ts';
import { type ChildInputs, makeChildInputs } from '../../worker-server/proving/child-inputs.ts';
import type { CheckOrder, RequestOrder } from '../../worker-server/proving/orders.ts';
import { makeTurns } from '../../worker-server/turns.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { settle, VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { attestation } from '../helpers/rest-orders.ts';
import { testSeed } from '../helpers/scale.ts';
import { makeScriptedServer } from '../remote/scripted-server.ts';

/** A child that does nothing of its own. */
interface FakeChild extends Child {
  order: CheckOrder | RequestOrder | null;
  answer(): void;
  die(death: Death): void;
}

function makeFakeChild(): FakeChild {
  let dead = false;
  const child: FakeChild = {
    ...{ pid: 0, order: null, onMessage: () => {}, onDeath: () => {}, dead: () => dead },
    send(message) {
      child.order = message as CheckOrder;
    },
    answer() {
      child.order = null;
      child.onMessage({ type: 'checked', outcome: { ok: true, value: null } });
    },
    die(death) {
      dead = true;
      child.onDeath(death);
    },
    async end() {
      if (!dead) child.die('ended');
    },
  };
  return child;
}

function make(most: number) {
  const children: FakeChild[] = [];
  const inputs = makeChildInputs({
    ...{ circuitsFolder: 'nowhere', most },
    spawn() {
      children.push(makeFakeChild());
      return children.at(-1)!;
    },
  });
  return { inputs, children };
}

const from = (owner: string, gone = new AbortController().signal): Asker => ({ owner, gone });
const around = { circuits: [], nowMs: 0, maxBytes: 1024 };
const unread = { code: 'backend.unread', retryable: true };

/** What became of it so far. */
function told(work: Promise<unknown>): { outcome: unknown } {
  const seen = { outcome: undefined as unknown };
  work.then(
    () => (seen.outcome = 'done'),
    (thrown: unknown) => (seen.outcome = thrown),
  );
  return seen;
}

const checkOf = (inputs: ChildInputs, owner: string, gone?: AbortSignal) =>
  told(inputs.check(Buffer.from(owner), from(owner, gone)));

afterEach(() => void vi.useRealTimers());

describe('turns', () => {
  it('go round the owners, each with the first come first, and what has become urgent before all', async () => {
    const turns = makeTurns(1);
    const { signal } = new AbortController();
    const came: string[] = [];
    const gone = new AbortController();
    const urgent = {};
    await turns.take(signal);
    const wait = async (name: string, owner?: string, who = {}, until = signal) => {
      if (await turns.take(until, who, owner)) came.push(name);
    };
    for (let at = 1; at <= 4; at++) void wait(`a${at}`, 'a');
    void wait('gone', 'c', {}, gone.signal);
    void wait('b1', 'b');
    void wait('urgent', 'a', urgent);
    void wait('nobody’s');
    void wait('b2', 'b');
    turns.hurry(urgent);
    gone.abort();
    for (let at = 0; at < 9; at++) {
      turns.pass();
      await settle();
    }
    expect(came).toEqual(['urgent', 'a1', 'b1', 'nobody’s', 'a2', 'b2', 'a3', 'a4']);
    // All have passed: the next has its turn at once, and the one after it waits.
    expect(await turns.take(signal)).toBe(true);
    void wait('last');
    await settle();
    expect(came).not.toContain('last');
  });
});

describe('what waits to be read', () => {
  it('of one client is read among the first, however many another one has sent', async () => {
    const { inputs, children } = make(2);
    const many = Array.from({ length: 96 }, () => checkOf(inputs, 'a'));
    const one = checkOf(inputs, 'b');
    let answered = 0;
    for (; one.outcome === undefined && answered < 97; answered++) {
      await settle();
      children[answered % 2]!.answer();
      await settle();
    }
    expect(one.outcome).toBe('done');
    expect(answered).toBeLessThanOrEqual(4);
    expect(many.filter(({ outcome }) => outcome === 'done').length).toBe(answered - 1);
    await inputs.close();
  });

  it('waits a minute at most, and no longer than its client is there', async () => {
    vi.useFakeTimers();
    const { inputs, children } = make(1);
    const gone = new AbortController();
    const first = checkOf(inputs, 'a');
    const second = checkOf(inputs, 'a');
    const left = checkOf(inputs, 'a', gone.signal);
    const request = told(inputs.request(Buffer.from('{}'), around, from('b')));
    await vi.advanceTimersByTimeAsync(30_000);
    gone.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(left.outcome).toBe(gone.signal.reason);
    children[0]!.answer();
    // The second is being read now, for as long as that may take; the request, too, waits for a minute only.
    await vi.advanceTimersByTimeAsync(29_000);
    expect([first.outcome, second.outcome, request.outcome]).toEqual(['done', undefined, undefined]);
    await vi.advanceTimersByTimeAsync(2_000);
    const message = expect.stringContaining('The request was not read in time');
    expect(request.outcome).toMatchObject({ ...unread, message });
    expect(second.outcome).toBeUndefined();
    children[0]!.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(second.outcome).toBe('done');
    expect(children).toHaveLength(1);
    await inputs.close();
  });

  it('is refused at the end, and nothing more is begun', async () => {
    const { inputs, children } = make(2);
    const all = Array.from({ length: 9 }, (_, at) => checkOf(inputs, `client ${at % 3}`));
    await settle();
    expect(children.map(({ order }) => order?.kind)).toEqual(['check', 'check']);
    await inputs.close();
    const late = checkOf(inputs, 'late');
    await settle();
    for (const { outcome } of [...all, late]) {
      expect(outcome).toMatchObject({ code: 'resource.shutting-down', retryable: true });
    }
    expect(children).toHaveLength(2);
    expect(children.every((child) => child.dead())).toBe(true);
  });
});

describe('what cannot be read', () => {
  it.each(['crash', 'memory', 'silent'] as const)(
    'is said to be unread, whatever the end: %s',
    async (how) => {
      vi.useFakeTimers();
      const { inputs, children } = make(1);
      const end = () => (how === 'silent' ? vi.advanceTimersByTimeAsync(60_000) : children.at(-1)!.die(how));
      for (const what of ['request', 'input'] as const) {
        const by = from('a');
        const seen = told(
          what === 'input'
            ? inputs.check(Buffer.from('{}'), by)
            : inputs.request(Buffer.from('{}'), around, by),
        );
        await vi.advanceTimersByTimeAsync(0);
        await end();
        await vi.advanceTimersByTimeAsync(0);
        const message = expect.stringContaining(`The ${what} could not be read`);
        expect(seen.outcome).toMatchObject({ ...unread, message });
        expect((seen.outcome as { nextStep: string }).nextStep).toMatch(/^Send it again/);
      }
      expect(children).toHaveLength(2);
      await inputs.close();
    },
  );

  it('is answered over REST with 503, when to come again, and the request’s id', async () => {
    const { inputs, children } = make(1);
    const { parts } = await makeScriptedServer({
      ...{ clock: new VirtualClock(), random: new SeededRandom(testSeed), circuit: requestFor('x').circuit },
      ...{ slots: 1, script: () => ({ kind: 'prove', ms: 1 }) },
    });
    const app = createApp({
      ...{ appFolder: null, circuitsFolder: 'nowhere', version: '0' },
      parts: { ...parts, readElsewhere: inputs.request },
    });
    const answering = app.request('http://localhost/api/proof/generate', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ requestId: 'mine', attestations: [attestation()] }),
    });
    await vi.waitUntil(() => children[0]?.order?.kind === 'request');
    children[0]!.die('crash');
    const answer = await answering;
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(await answer.json()).toMatchObject({ success: false, error: unread, requestId: 'mine' });
    await inputs.close();
  });
});
