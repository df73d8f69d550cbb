// Whom REST tells to come again: those for whom that may help.
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import type { GnomonError } from '../../src/core/errors.ts';
import { problem } from '../../worker-server/api/http.ts';
import { cannotTell, goingAway, nearlyFull } from '../../worker-server/fleet/refusals.ts';
import { requestFor } from '../contract/job-store.support.ts';

it.each<[string, GnomonError, number, string | null]>([
  ['a gateway that goes away', goingAway(), 503, '5'],
  ['a fleet without room', nearlyFull(), 429, '5'],
  [
    'a gateway that lacks a file, which its operator alone can mend',
    cannotTell(requestFor('x').circuit),
    503,
    null,
  ],
])('says when to come again, or not: %s', async (_who, error, status, retryAfter) => {
  const app = new Hono().get('/', (context) => problem(context, error, 'mine'));
  const answer = await app.request('/');
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([status, retryAfter]);
  expect(await answer.json()).toMatchObject({ error: { code: error.code }, requestId: 'mine' });
});
