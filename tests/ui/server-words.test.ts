// A server's state in words.
import { describe, expect, it } from 'vitest';
import type { ServerView } from '../../src/services/servers.ts';
import { inUseWords, stateWords } from '../../src/ui/pages/servers/server-words.ts';

const ready: ServerView = {
  id: '1',
  name: 'Office',
  host: 'office.example',
  permission: 'inputs',
  setAside: null,
  sealsNoMore: false,
  hasToken: false,
  onLocalNetwork: false,
  access: null,
  phase: 'ready',
  error: null,
  roundTripMs: 1,
  running: 0,
  says: { privacy: '', keyId: null, slots: 2, busy: 0, queued: 0, circuits: [] },
};

describe('a server that seals no more', () => {
  const unsealed = { ...ready, sealsNoMore: true };

  it('is not said to be connected and well, but to wait for the person', () => {
    expect(stateWords(ready, 'automatic')).toBe('Connected');
    expect(stateWords(unsealed, 'automatic')).toBe('Gets nothing until you decide');
    expect(stateWords({ ...unsealed, setAside: 'a wrong proof' }, 'automatic')).toBe('Set aside');
  });

  it('does not count as reached among those in use', () => {
    expect(inUseWords([ready], 'automatic')).toMatchObject({ well: true, short: 'Office' });
    expect(inUseWords([unsealed], 'automatic')).toMatchObject({
      well: false,
      long: 'Office: gets nothing until you decide',
    });
    expect(inUseWords([ready, { ...unsealed, id: '2' }], 'automatic')?.long).toBe('1 of 2 servers reached');
    expect(inUseWords([unsealed, { ...unsealed, id: '2' }], 'automatic')?.well).toBe(false);
    expect(inUseWords([ready], 'here')).toBeNull();
  });
});
