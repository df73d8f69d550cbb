// Servers in two tabs at once, each of which hears late of what the other has written: what a person has allowed is
// never written over by what a machine has found out, nor one finding by another.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  makeServerRecords,
  type ServerRecord,
  type ServerRecords,
} from '../../src/browser/server-records.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const aRecord = (digit: string, change: Partial<ServerRecord> = {}): ServerRecord => ({
  id: digit.repeat(32),
  url: `wss://prover-${digit}.example/ws`,
  name: `Prover ${digit}`,
  permission: 'secrets',
  setAside: null,
  ...change,
});
const { id } = aRecord('a');
const AUTOMATIC = { mode: 'automatic', tier: 'may-offload', whenLost: 'wait' } as const;
const HERE = { ...AUTOMATIC, mode: 'here' } as const;

interface Tab {
  records: ServerRecords;
  /** It reads what others wrote only now, where its browser has it in another process, and is told of it. */
  hear(): void;
}

/** Tabs of one site. `shared`: they read one memory, and only hear late; else each reads its own copy, as tabs in
 * processes of their own do, until it hears. */
function makeTabs(count: number, shared: boolean, first: Record<string, string> = {}) {
  const all = new Map(Object.entries(first));
  const copies: Map<string, string>[] = [];
  const unheard: Set<string>[] = [];
  const set = (map: Map<string, string>, key: string, value: string | undefined) =>
    value === undefined ? map.delete(key) : map.set(key, value);
  const tabs = Array.from({ length: count }, (_, at): Tab => {
    const copy = shared ? all : new Map(all);
    copies[at] = copy;
    unheard[at] = new Set();
    const write = (key: string, value?: string) => {
      set(all, key, value);
      set(copy, key, value);
      for (const [other, keys] of unheard.entries()) if (other !== at) keys.add(key);
    };
    const storage = {
      getItem: (key: string) => copy.get(key) ?? null,
      setItem: (key: string, value: string) => write(key, value),
      removeItem: (key: string) => write(key),
    } as Storage;
    const page = new EventTarget();
    return {
      records: makeServerRecords(() => storage, page),
      hear() {
        const keys = [...unheard[at]!];
        unheard[at]!.clear();
        for (const key of keys) set(copy, key, all.get(key));
        for (const key of keys) page.dispatchEvent(Object.assign(new Event('storage'), { key }));
      },
    };
  });
  return { tabs, all };
}

function stored(all: Map<string, string>): ServerRecords {
  const storage = { getItem: (key: string) => all.get(key) ?? null } as Storage;
  return makeServerRecords(() => storage, new EventTarget());
}

const FOUND: [string, (records: ServerRecords) => void][] = [
  ['a new name', (records) => records.learn(id, { name: 'Renamed' })],
  ['that it seals', (records) => records.learn(id, { sealed: true })],
  ['that a proof was wrong', (records) => records.learn(id, { setAside: 'a proof that it sent was wrong' })],
];
const DONE: [string, (records: ServerRecords) => void, (records: ServerRecords) => unknown, unknown][] = [
  [
    '“Stop allowing”',
    (records) => records.change(id, { permission: 'nothing', sealed: undefined }),
    (records) => records.get(id)?.permission,
    'nothing',
  ],
  ['“Only here”', (records) => records.setOffload(HERE), (records) => records.offload().mode, 'here'],
  ['“Remove”', (records) => records.remove(id), (records) => records.get(id), undefined],
  ['“Delete everything”', (records) => records.clear(), (records) => records.list(), []],
];

describe.each([true, false])('in tabs that share their memory: %s', (shared) => {
  describe.each(DONE)('%s in one tab', (_what, act, look, wanted) => {
    it.each(FOUND)('holds when another finds %s before it has heard, or after', (_found, find) => {
      for (const order of ['act, find', 'find, act', 'act, hear, find', 'find, hear, act']) {
        const { tabs, all } = makeTabs(2, shared);
        const [finder, person] = tabs as [Tab, Tab];
        finder.records.put(aRecord('a'));
        finder.records.setOffload(AUTOMATIC);
        person.hear();
        for (const step of order.split(', ')) {
          if (step === 'act') act(person.records);
          else if (step === 'find') find(finder.records);
          else for (const tab of tabs) tab.hear();
        }
        for (const tab of tabs) tab.hear();
        for (const records of [finder.records, person.records, stored(all)]) {
          expect(look(records), order).toEqual(wanted);
        }
      }
    });
  });

  it('keeps each of what two tabs find out at once', () => {
    const { tabs, all } = makeTabs(2, shared);
    const [one, two] = tabs as [Tab, Tab];
    one.records.put(aRecord('a'));
    two.hear();
    one.records.learn(id, { name: 'Renamed' });
    two.records.learn(id, { setAside: 'a proof that it sent was wrong' });
    one.records.learn(id, { sealed: true });
    for (const tab of tabs) tab.hear();
    const wanted = aRecord('a', {
      ...{ name: 'Renamed', setAside: 'a proof that it sent was wrong', sealed: true },
    });
    for (const records of [one.records, two.records, stored(all)]) expect(records.list()).toEqual([wanted]);
  });

  it('comes to what was last said of each thing, whatever the order of acts, findings and news', () => {
    const digit = fc.constantFrom('a', 'b');
    const tab = fc.nat(2);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('hear' as const), tab }),
      fc.record({
        ...{ kind: fc.constant('learn' as const), tab, digit },
        facts: fc.oneof(
          fc.record({ name: fc.constantFrom('Office', 'Home') }),
          fc.record({ sealed: fc.constant(true as const) }),
          fc.record({ setAside: fc.constant('a proof that it sent was wrong') }),
        ),
      }),
      fc.record({
        ...{ kind: fc.constant('change' as const), tab, digit },
        part: fc.oneof(
          fc.record({
            permission: fc.constantFrom('nothing' as const, 'inputs' as const, 'secrets' as const),
            sealed: fc.constantFrom(undefined, true as const),
          }),
          fc.record({ setAside: fc.constant(null) }),
          fc.record({ token: fc.constantFrom('one', 'two') }),
        ),
      }),
      fc.record({
        ...{ kind: fc.constant('offload' as const), tab },
        settings: fc.constantFrom(AUTOMATIC, HERE),
      }),
      fc.record({ kind: fc.constant('remove' as const), tab, digit }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { tabs, all } = makeTabs(3, shared);
        let wanted: ServerRecord[] = ['a', 'b'].map((one) => aRecord(one));
        for (const record of wanted) tabs[0]!.records.put(record);
        tabs[0]!.records.setOffload(AUTOMATIC);
        for (const one of tabs) one.hear();
        let offload: typeof AUTOMATIC | typeof HERE = AUTOMATIC;
        for (const one of steps) {
          const { records, hear } = tabs[one.tab]!;
          // Whoever presses a button looks at a page that is awake.
          if (one.kind !== 'learn') hear();
          const about = 'digit' in one ? aRecord(one.digit).id : '';
          const take = (part: Partial<ServerRecord>) => {
            wanted = wanted.map((record) => (record.id === about ? { ...record, ...part } : record));
          };
          if (one.kind === 'learn') {
            records.learn(about, one.facts);
            take(one.facts);
          } else if (one.kind === 'change') {
            records.change(about, one.part);
            take(one.part);
          } else if (one.kind === 'offload') {
            records.setOffload(one.settings);
            offload = one.settings;
          } else if (one.kind === 'remove') {
            records.remove(about);
            wanted = wanted.filter((record) => record.id !== about);
          }
        }
        for (const one of tabs) one.hear();
        for (const records of [...tabs.map((one) => one.records), stored(all)]) {
          expect(records.list()).toEqual(wanted);
          expect(records.offload()).toEqual(offload);
        }
      }),
      { numRuns: runs(300, 20_000), seed: testSeed },
    );
  });
});

describe('what an older version kept with the record', () => {
  const old = aRecord('a', { sealed: true, setAside: 'a proof that it sent was wrong' });
  const kept = { 'gnomon.servers': JSON.stringify({ offload: AUTOMATIC, servers: [old] }) };

  it('counts until something newer is known, and is not brought back by anything', () => {
    const { tabs, all } = makeTabs(2, true, kept);
    const [one, two] = tabs as [Tab, Tab];
    expect(one.records.list()).toEqual([old]);
    one.records.change(id, { setAside: null });
    one.records.learn(id, { name: 'Renamed' });
    two.hear();
    two.records.change(id, { permission: 'inputs', sealed: undefined });
    one.hear();
    const wanted = { ...aRecord('a', { name: 'Renamed', permission: 'inputs' }) };
    for (const records of [one.records, two.records, stored(all)]) expect(records.list()).toEqual([wanted]);
  });

  it('goes into a backup with what is newer, and comes back from it', () => {
    const { tabs } = makeTabs(1, true, kept);
    tabs[0]!.records.learn(id, { name: 'Renamed' });
    const archived = JSON.parse(JSON.stringify(tabs[0]!.records.archive()));
    const other = makeTabs(1, true);
    other.tabs[0]!.records.restore(archived);
    for (const records of [other.tabs[0]!.records, stored(other.all)]) {
      expect(records.list()).toEqual([{ ...old, name: 'Renamed' }]);
      expect(records.offload()).toEqual(AUTOMATIC);
    }
  });

  it('leaves nothing behind when all is deleted, or the server is removed', () => {
    for (const end of [
      (records: ServerRecords) => records.clear(),
      (records: ServerRecords) => records.remove(id),
    ]) {
      const { tabs, all } = makeTabs(1, true, kept);
      for (const [, find] of FOUND) find(tabs[0]!.records);
      expect(all.size).toBe(4);
      end(tabs[0]!.records);
      expect([...all.keys()]).toEqual(['gnomon.servers']);
      expect(all.get('gnomon.servers')).not.toContain('prover');
    }
  });

  it.each([
    ['empty', ''],
    ['cut short', '{'],
    ['a number', '7'],
    ['an open text', '"x'],
    ['an object', '{"a":1}'],
    ['too long', JSON.stringify('x'.repeat(501))],
  ])('goes before what is newer and damaged: %s', (_what, text) => {
    const facts = Object.fromEntries(
      ['name', 'sealed', 'setAside'].map((fact) => [`gnomon.servers.${fact}.${id}`, text]),
    );
    const { tabs } = makeTabs(1, true, { ...kept, ...facts });
    expect(tabs[0]!.records.list()).toEqual([old]);
  });
});
