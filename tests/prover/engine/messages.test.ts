// What threads with private memories carry to each other: it goes over without copies, and nothing of a witness waits
// for the garbage collector.
import { expect, it } from 'vitest';
import { type Answer, answerMessage, type Host, type Request } from '../../../src/prover/engine/messages.ts';

/** What is posted for a request that is answered like this, and the buffers that go over with it. */
function answered(body: Request, answer: Answer) {
  const posted: unknown[] = [];
  const host = { answer: () => answer } as unknown as Host;
  answerMessage(host, { id: 7, body }, (message, transfer) => posted.push(message, transfer));
  return posted;
}

it('hands what was read over, and copies nothing', () => {
  const result = Uint8Array.of(1, 2, 3);
  const read: Request = { op: 'read', at: 0, bytes: 3 };
  expect(answered(read, { result })).toEqual([{ id: 7, body: { result } }, [result.buffer]]);
  expect(answered({ op: 'wipe', common: true }, { result: undefined })[1]).toEqual([]);
});

it('overwrites what came with a request, once it is done', () => {
  const secret = Uint8Array.of(5, 6, 7);
  const seen: Uint8Array[] = [];
  const host = {
    answer(request: Request) {
      seen.push(
        Uint8Array.from(request.op === 'write' ? request.data : (request as { values: Uint8Array }).values),
      );
      return { result: undefined };
    },
  } as unknown as Host;
  const left = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
  for (const body of [
    { op: 'write', at: 0, data: secret.slice() },
    { op: 'witness', values: secret.slice(), blinding: secret.slice() },
  ] satisfies Request[]) {
    answerMessage(host, { id: 1, body }, () => undefined);
    // Taken away from here where the platform can, and empty.
    for (const bytes of body.op === 'write' ? [body.data] : [body.values, body.blinding])
      expect(left(bytes)).toBe(true);
  }
  expect(seen).toEqual([secret, secret]);
});
