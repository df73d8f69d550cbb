// What a worker must say to be registered.
import { describe, expect, it } from 'vitest';
import { parseAs } from '../../src/core/wire/parse.ts';
import { type WorkerRegistration, WorkerRegistrationSchema } from '../../worker-server/pool-port.ts';

const good = { id: 'worker-1', url: 'https://10.0.0.5:3002', maxConcurrency: 4 };
const read = (value: unknown) => parseAs<WorkerRegistration>(WorkerRegistrationSchema, value);

describe('registering a worker', () => {
  it('takes an id, a URL and how much it may be given', () => {
    expect(read(good)).toEqual(good);
    expect(read({ ...good, url: 'ws://worker:3001/ws', token: 'secret' }).token).toBe('secret');
  });

  it.each([
    ['id', { ...good, id: '../etc' }],
    ['id', { ...good, id: 'a'.repeat(65) }],
    ['url', { ...good, url: 'not a url' }],
    ['url', { id: 'a', maxConcurrency: 1 }],
    ['maxConcurrency', { ...good, maxConcurrency: 0 }],
    ['maxConcurrency', { ...good, maxConcurrency: 1.5 }],
    ['maxConcurrency', { ...good, maxConcurrency: '4' }],
    ['isAdmin', { ...good, isAdmin: true }],
  ])('names %s when it is wrong', (where, value) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code: 'protocol.shape', where }));
  });
});
