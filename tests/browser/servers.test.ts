// What the browser lets out to servers: a connection only where the person has allowed it at that moment, an input
// only to who may see it, a token only to its own server and to no page, error or diagnostic.
import { describe, expect, it } from 'vitest';
import {
  makeServerRecords,
  type ServerRecord,
  type ServerRecords,
} from '../../src/browser/server-records.ts';
import type { Servers } from '../../src/browser/servers.ts';
import type { AttemptRequest } from '../../src/core/ports.ts';
import { PROTOCOL_VERSION } from '../../src/core/wire/messages.ts';
import type { OffloadSettings } from '../../src/services/servers.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';
import { SeededRandom } from '../helpers/random.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { makeServersWorld as makeWorld, type World } from '../helpers/servers-world.ts';

const AUTOMATIC: OffloadSettings = { mode: 'automatic', tier: 'may-offload', whenLost: 'elsewhere' };
const TOKEN = 'CANARY-token-5e1f';

function attempt(leaves?: { secrets: boolean }): AttemptRequest {
  const { circuit, input } = requestFor('x');
  return {
    jobId: 'x',
    number: 1,
    circuit,
    input,
    rung: 'snarkjs-single',
    deadlineMs: 1e6,
    ...(leaves === undefined ? {} : { leaves }),
  };
}

/** How an attempt on the only server ends at once; the error's code, or `sent`. */
async function tryOn({ servers, sockets }: World, leaves?: { secrets: boolean }): Promise<string> {
  const [backend] = servers.backends.list();
  if (backend === undefined) throw new Error('There is no server.');
  const before = sockets.flatMap(({ sent }) => sent).length;
  const stop = new AbortController();
  const ended = backend
    .prove(attempt(leaves), stop.signal, () => {})
    .then(
      () => 'proved',
      (thrown: { code: string }) => thrown.code,
    );
  stop.abort();
  const code = await ended;
  return sockets.flatMap(({ sent }) => sent).length > before ? 'sent' : code;
}

describe('consent', () => {
  it('decides whether a connection is opened, whatever happens in whatever order', async () => {
    let opened = 0;
    let closedByUs = 0;
    for (let run = 0; run < runs(60, 1_500); run++) {
      const random = new SeededRandom(testSeed + run);
      let world: World | undefined;
      // Set before the call that they stand for, since connections open during it.
      let scheduled = false;
      let observed = false;
      let unschedule = () => {};
      let unobserve = () => {};
      const may = (url: string): boolean => {
        const record = world?.records.list().find((one) => one.url === url);
        if (record === undefined) return false;
        const used = record.permission !== 'nothing' && record.setAside === null;
        return observed || (scheduled && used && world?.records.offload().mode !== 'here');
      };
      const bad: string[] = [];
      world = makeWorld({
        seed: testSeed + run,
        onOpen(url) {
          opened++;
          if (!may(url)) bad.push(url);
        },
      });
      const { servers, records, clock } = world;
      const any = () => random.pick(records.list())?.id ?? '';
      const steps: (() => unknown)[] = [
        () => servers.add(`https://prover-${random.below(4)}.example`, random.chance(0.5) ? TOKEN : ''),
        () => servers.setPermission(any(), random.pick(['nothing', 'inputs', 'secrets'] as const)),
        () =>
          servers.setOffload({
            mode: random.pick(['here', 'ask', 'automatic'] as const),
            tier: 'local-only',
            whenLost: random.pick(['elsewhere', 'wait'] as const),
          }),
        () => servers.onWrongProof(`server:${any()}`, 'x'),
        () => servers.trustAgain(any()),
        () => random.chance(0.3) && servers.remove(any()),
        () => servers.retryNow(),
        () => {
          scheduled = !scheduled;
          if (scheduled) unschedule = servers.backends.watch(() => {});
          else unschedule();
        },
        () => {
          observed = !observed;
          if (observed) unobserve = servers.observe();
          else unobserve();
        },
        () => {
          for (const socket of world?.open() ?? []) socket.welcome();
        },
        () => random.chance(0.5) && world?.open()[0]?.emit('close', { code: 1006 }),
        () => clock.advance(random.below(20_000)),
      ];
      for (let step = 0; step < 60; step++) {
        await random.pick(steps)();
        const left = world.open().filter(({ url }) => !may(url));
        expect([bad, left.map(({ url }) => url)], `seed ${testSeed + run}, step ${step}`).toEqual([[], []]);
      }
      closedByUs += world.sockets.length - world.open().length;
    }
    expect(opened).toBeGreaterThan(50);
    expect(closedByUs).toBeGreaterThan(50);
  });

  it('is asked for at each connection, even when nobody said that it was withdrawn', async () => {
    const storage = memoryStorage();
    const kept = makeServerRecords(() => storage, new EventTarget());
    let withdrawn = false;
    const change = (record: ServerRecord): ServerRecord =>
      withdrawn ? { ...record, permission: 'nothing' } : record;
    const records: ServerRecords = {
      ...kept,
      list: () => kept.list().map(change),
      get: (id) =>
        kept
          .list()
          .map(change)
          .find((record) => record.id === id),
    };
    const world = makeWorld({ records });
    const { servers, clock, sockets } = world;
    servers.setOffload(AUTOMATIC);
    const { id } = servers.add('https://prover.example', '');
    servers.setPermission(id, 'inputs');
    servers.backends.watch(() => {});
    expect(sockets.length).toBe(1);
    withdrawn = true;
    sockets[0]?.emit('close', { code: 1006 });
    await clock.advance(120_000);
    expect(sockets.length).toBe(1);
    expect(servers.list()[0]?.error?.code).toBe('backend.not-allowed');
    withdrawn = false;
    await clock.advance(120_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('is asked for once more for each input', async () => {
    const world = makeWorld();
    const { servers, sockets } = world;
    servers.setOffload(AUTOMATIC);
    const { id } = servers.add('https://prover.example', '');
    servers.observe();
    sockets[0]?.welcome();
    expect(servers.list()[0]?.phase).toBe('ready');
    // Connected only for the page to show how it is.
    expect(await tryOn(world, { secrets: false })).toBe('backend.not-allowed');
    servers.setPermission(id, 'inputs');
    expect(await tryOn(world)).toBe('backend.not-allowed');
    expect(await tryOn(world, { secrets: true })).toBe('backend.not-allowed');
    expect(await tryOn(world, { secrets: false })).toBe('sent');
    servers.setPermission(id, 'secrets');
    expect(await tryOn(world, { secrets: true })).toBe('sent');
    servers.setOffload({ ...AUTOMATIC, mode: 'here' });
    expect(await tryOn(world, { secrets: false })).toBe('backend.not-allowed');
    servers.setOffload(AUTOMATIC);
    servers.onWrongProof(`server:${id}`, '');
    expect(await tryOn(world, { secrets: false })).toBe('backend.not-allowed');
    servers.trustAgain(id);
    expect(await tryOn(world, { secrets: false })).toBe('sent');
    servers.remove(id);
    expect(world.open()).toEqual([]);
  });

  it.each<[string, boolean, (servers: Servers, id: string) => void]>([
    ['nothing is allowed', false, (servers, id) => servers.setPermission(id, 'nothing')],
    ['no secrets are allowed', true, (servers, id) => servers.setPermission(id, 'inputs')],
    ['all stays here', false, (servers) => servers.setOffload({ ...AUTOMATIC, mode: 'here' })],
    ['it is set aside', false, (servers, id) => servers.onWrongProof(`server:${id}`, '')],
  ])('that is withdrawn on the Servers page ends what runs there: %s', async (_name, secrets, withdraw) => {
    const world = makeWorld();
    const { servers, sockets, clock } = world;
    servers.setOffload(AUTOMATIC);
    const { id } = servers.add('https://prover.example', '');
    servers.setPermission(id, 'secrets');
    servers.backends.watch(() => {});
    servers.observe('all');
    sockets[0]?.welcome();
    let ended = '';
    const [backend] = servers.backends.list();
    backend
      ?.prove(attempt({ secrets }), new AbortController().signal, () => {})
      .catch((thrown: { code: string }) => {
        ended = thrown.code;
      });
    await clock.advance(1_000);
    expect(sockets[0]?.sent.at(-1)).toContain('"submit"');
    withdraw(servers, id);
    await clock.advance(1);
    expect(ended).toBe('backend.not-allowed');
    expect(JSON.parse(sockets[0]?.sent.at(-1) ?? '')).toMatchObject({ type: 'cancel' });
    // The page still shows how the server is; one that starts anew gets nothing.
    expect(world.open()).toHaveLength(1);
    sockets[0]?.emit('close', { code: 1006 });
    await clock.advance(5_000);
    sockets.at(-1)?.welcome('Restarted', 'another process');
    await clock.advance(1_000);
    expect([sockets.length, servers.list()[0]?.phase]).toEqual([2, 'ready']);
    expect(sockets[1]?.sent.join()).not.toContain('"submit"');
  });

  it('that is withdrawn before a server restarts keeps the input here, though nobody said so', async () => {
    const storage = memoryStorage();
    const kept = makeServerRecords(() => storage, new EventTarget());
    let withdrawn = false;
    const get = (id: string): ServerRecord | undefined => {
      const record = kept.get(id);
      return record !== undefined && withdrawn ? { ...record, permission: 'nothing' } : record;
    };
    const { servers, sockets, clock } = makeWorld({ records: { ...kept, get } });
    servers.setOffload(AUTOMATIC);
    const { id } = servers.add('https://prover.example', '');
    servers.setPermission(id, 'secrets');
    servers.observe('all');
    sockets[0]?.welcome();
    const ended = servers.backends
      .list()[0]
      ?.prove(attempt({ secrets: true }), new AbortController().signal, () => {})
      .catch((thrown: { code: string }) => thrown.code);
    expect(sockets[0]?.sent.join()).toContain('"submit"');
    withdrawn = true;
    sockets[0]?.emit('close', { code: 1006 });
    await clock.advance(5_000);
    sockets[1]?.welcome('Office', 'another process');
    expect(sockets[1]?.sent.join()).toContain('"hello"');
    expect(sockets[1]?.sent.join()).not.toContain('"submit"');
    await clock.advance(30_000);
    expect(await ended).toBe('backend.not-allowed');
  });

  it('is not given by adding a server again, and what was given or withheld stays', () => {
    const { servers, records } = makeWorld();
    const { id } = servers.add('https://prover.example', '');
    expect(records.get(id)?.permission).toBe('nothing');
    servers.setPermission(id, 'secrets');
    servers.onWrongProof(`server:${id}`, 'signal 3'.repeat(200));
    servers.add(`prover.example#token=${TOKEN}`, '');
    expect(records.list()).toMatchObject([{ id, permission: 'secrets', token: TOKEN }]);
    expect(records.get(id)?.setAside).toContain('signal 3');
    expect(records.get(id)?.setAside?.length).toBeLessThanOrEqual(500);
  });
});

describe('a token', () => {
  it('goes to its own server, in the hello alone, and nowhere else', async () => {
    const { servers, sockets, clock } = makeWorld();
    const told: string[] = [];
    servers.watch(() => told.push(JSON.stringify(servers.list())));
    servers.add('https://prover.example', TOKEN);
    servers.add(`https://other.example/CANARY-path?token=${TOKEN}-2`, '');
    servers.observe();
    expect(sockets.map(({ url }) => url).toSorted()).toEqual([
      'wss://other.example/CANARY-path',
      'wss://prover.example/ws',
    ]);
    for (const socket of sockets) socket.emit('open');
    const hello = (host: string) =>
      sockets.find(({ url }) => url.includes(host))?.sent.map((text) => JSON.parse(text));
    expect(hello('prover')).toEqual([{ type: 'hello', version: PROTOCOL_VERSION, token: TOKEN }]);
    expect(hello('other')).toEqual([{ type: 'hello', version: PROTOCOL_VERSION, token: `${TOKEN}-2` }]);
    // Each way for it to fail: refused with the token repeated, nonsense, cut off, no answer.
    const refused = { code: 'protocol.unauthorised', message: 'No such token.' };
    sockets[0]?.emit('message', { data: JSON.stringify({ type: 'refused', data: refused }) });
    sockets[1]?.emit('message', { data: 'nonsense' });
    await clock.advance(100_000);
    for (const socket of sockets) socket.emit('close', { code: 1006 });
    await clock.advance(100_000);
    const job = { circuit: requestFor('x').circuit, secrets: true, privacy: 'may-offload' } as const;
    told.push(servers.foresee(job).reason);
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter((text) => text.includes('CANARY')).length).toBe(0);
    expect(servers.list().map(({ hasToken }) => hasToken)).toEqual([true, true]);
  });

  it('that is new is used from the next connection, and the old connection ends', () => {
    const { servers, sockets, open } = makeWorld();
    servers.add('https://prover.example', 'old');
    servers.observe();
    sockets[0]?.welcome();
    servers.add('https://prover.example', TOKEN);
    expect(open().length).toBe(1);
    open()[0]?.emit('open');
    expect(open()[0]?.sent[0]).toContain(TOKEN);
  });
});

it('keeps everything that it takes: the list is the same after a reload', () => {
  const storage = memoryStorage();
  const load = () => makeWorld({ records: makeServerRecords(() => storage, new EventTarget()) });
  const { servers, sockets } = load();
  const refused = (address: string, token: string): string => {
    try {
      servers.add(address, token);
      return 'added';
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  };
  expect(refused('nowhere://x', TOKEN)).toBe('input.server-address');
  expect(refused('https://prover.example', TOKEN.repeat(1_000))).toBe('input.server-token');
  for (let at = 0; at < 49; at++) expect(refused(`https://prover-${at}.example`, 't')).toBe('added');
  servers.observe();
  sockets[0]?.welcome('N'.repeat(200));
  const { servers: again } = load();
  const shown = ({ list }: Servers) =>
    list().map(({ id, host, name, hasToken }) => [id, host, name, hasToken]);
  expect(shown(again)).toEqual(shown(servers));
  servers.add('https://one-more.example', '');
  expect(refused('https://too-many.example', '')).toBe('input.server-count');
  // Not new.
  expect(refused('https://prover-3.example', 'u')).toBe('added');
});

it('ends all connections when everything is deleted, and writes nothing back afterwards', () => {
  const storage = memoryStorage();
  const { servers, records, sockets, open } = makeWorld({
    records: makeServerRecords(() => storage, new EventTarget()),
  });
  servers.setOffload(AUTOMATIC);
  servers.add('https://prover.example', TOKEN);
  servers.observe();
  records.clear();
  expect([open(), servers.list(), servers.offload().mode]).toEqual([[], [], 'here']);
  // A server that answers late would have its name kept.
  sockets[0]?.welcome('Late');
  expect(storage.getItem('gnomon.servers')).not.toContain('prover');
});
