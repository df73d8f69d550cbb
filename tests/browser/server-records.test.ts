// The list of servers in localStorage: it lasts, other tabs' changes are heard, and whatever is damaged or unknown
// allows nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeServerRecords, type ServerRecord } from '../../src/browser/server-records.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const KEY = 'gnomon.servers';
const NOTHING = { mode: 'here', tier: 'local-only', whenLost: 'elsewhere' };

const aRecord = (digit: string, change: Partial<ServerRecord> = {}): ServerRecord => ({
  id: digit.repeat(32),
  url: `wss://prover-${digit}.example/ws`,
  name: `Prover ${digit}`,
  permission: 'inputs',
  setAside: null,
  ...change,
});

/** As it lies in storage when `text` does. */
function read(text: string) {
  const storage = memoryStorage();
  storage.setItem(KEY, text);
  const records = makeServerRecords(() => storage, new EventTarget());
  return { servers: records.list(), offload: records.offload() };
}

describe('the list', () => {
  it('lasts, and is told of at each change', () => {
    const storage = memoryStorage();
    const records = makeServerRecords(() => storage, new EventTarget());
    let told = 0;
    records.watch(() => told++);
    records.put(aRecord('a', { token: 'secret' }));
    records.put(aRecord('b', { setAside: 'a proof that it sent was wrong' }));
    records.change(aRecord('a').id, { token: 'other', permission: 'secrets' });
    records.put(aRecord('c'));
    records.remove(aRecord('c').id);
    records.setOffload({ mode: 'automatic', tier: 'may-offload', whenLost: 'wait' });
    const again = makeServerRecords(() => storage, new EventTarget());
    for (const one of [records, again]) {
      expect(one.list()).toEqual([
        aRecord('a', { token: 'other', permission: 'secrets' }),
        aRecord('b', { setAside: 'a proof that it sent was wrong' }),
      ]);
      expect(one.offload()).toEqual({ mode: 'automatic', tier: 'may-offload', whenLost: 'wait' });
      expect(one.kept()).toBe(true);
    }
    expect(told).toBe(6);
  });

  it('hears of other tabs, and of a site whose storage was emptied', () => {
    const storage = memoryStorage();
    const page = new EventTarget();
    const records = makeServerRecords(() => storage, page);
    const other = makeServerRecords(() => storage, new EventTarget());
    other.put(aRecord('a'));
    const say = (key: string | null) => page.dispatchEvent(Object.assign(new Event('storage'), { key }));
    say('gnomon.settings');
    expect(records.list()).toEqual([]);
    say(KEY);
    expect(records.list()).toEqual([aRecord('a')]);
    storage.setItem(KEY, '');
    say(null);
    expect(records.list()).toEqual([]);
  });

  it('is the same for all clients on one page, at once, and tells each of it once', () => {
    const storage = memoryStorage();
    const page = new EventTarget();
    const [one, two, apart] = [KEY, KEY, 'other.servers'].map((key) =>
      makeServerRecords(() => storage, page, key),
    );
    const told = [0, 0, 0];
    for (const [at, records] of [one, two, apart].entries()) records?.watch(() => told[at]!++);
    one?.put(aRecord('a'));
    expect(two?.get(aRecord('a').id)?.permission).toBe('inputs');
    two?.change(aRecord('a').id, { permission: 'nothing' });
    expect(one?.get(aRecord('a').id)?.permission).toBe('nothing');
    two?.learn(aRecord('a').id, { setAside: 'a proof that it sent was wrong' });
    expect(one?.get(aRecord('a').id)?.setAside).toBe('a proof that it sent was wrong');
    expect(told).toEqual([3, 3, 0]);
    expect(apart?.list()).toEqual([]);
  });

  it('lasts until the page is closed where nothing can be kept', () => {
    const records = makeServerRecords(() => {
      throw new DOMException('forbidden', 'SecurityError');
    }, new EventTarget());
    expect([records.list(), records.offload()]).toEqual([[], NOTHING]);
    records.put(aRecord('a'));
    expect([records.list(), records.kept()]).toEqual([[aRecord('a')], false]);
  });
});

it('goes on from what it knows when storage is forbidden while the page is open', () => {
  const storage = memoryStorage();
  let forbidden = false;
  const records = makeServerRecords(() => {
    if (forbidden) throw new DOMException('forbidden', 'SecurityError');
    return storage;
  }, new EventTarget());
  records.put(aRecord('a', { permission: 'secrets' }));
  records.put(aRecord('b'));
  forbidden = true;
  records.change(aRecord('a').id, { permission: 'nothing' });
  records.learn(aRecord('a').id, { name: 'Renamed' });
  records.learn(aRecord('b').id, { setAside: 'a proof that it sent was wrong' });
  expect(records.list()).toEqual([
    aRecord('a', { name: 'Renamed', permission: 'nothing' }),
    aRecord('b', { setAside: 'a proof that it sent was wrong' }),
  ]);
  expect(records.kept()).toBe(false);
});

describe('damaged or unknown', () => {
  it.each(['', '[]', 'null', '7', '{', '{"servers":{}}', '{"version":9,"list":[]}'])(
    '%s is nothing',
    (text) => {
      expect(read(text)).toEqual({ servers: [], offload: NOTHING });
    },
  );

  it.each([
    ['an address that is none', { url: 'ws://' }],
    ['another scheme', { url: 'https://prover.example' }],
    ['no address', { url: undefined }],
    ['an id that is none', { id: 'A'.repeat(32) }],
    ['a token that is none', { token: 7 }],
    ['a name that is none', { name: null }],
  ])('leaves out a server with %s, and keeps the others', (_what, change) => {
    const servers = [{ ...aRecord('a'), ...change }, aRecord('b')];
    expect(read(JSON.stringify({ offload: NOTHING, servers })).servers).toEqual([aRecord('b')]);
  });

  it('never allows more than what was written', () => {
    const ranks = ['nothing', 'inputs', 'secrets'];
    const written = {
      offload: { mode: 'ask', tier: 'may-offload', whenLost: 'wait' },
      servers: [aRecord('a', { permission: 'inputs', token: 'x' }), aRecord('b', { permission: 'nothing' })],
    };
    const text = JSON.stringify(written);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(12), fc.string({ maxLength: 12 }), (at, cut, put) => {
        const { servers, offload } = read(text.slice(0, at) + put + text.slice(at + cut));
        expect([written.offload.mode, 'here']).toContain(offload.mode);
        for (const { id, url, permission } of servers) {
          const before = written.servers.find((one) => one.id === id)?.permission ?? 'inputs';
          expect(ranks.indexOf(permission)).toBeLessThanOrEqual(ranks.indexOf(before));
          expect(URL.canParse(url)).toBe(true);
        }
      }),
      { numRuns: runs(500, 10_000), seed: testSeed },
    );
    for (const permission of ['everything', 'Secrets', true, null, 2, ['secrets']]) {
      const one = { ...aRecord('a'), permission };
      expect(read(JSON.stringify({ servers: [one] })).servers[0]?.permission).toBe('nothing');
    }
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(read(json)).toEqual({ servers: [], offload: expect.anything() });
      }),
      { numRuns: runs(200, 2_000), seed: testSeed },
    );
  });
});
