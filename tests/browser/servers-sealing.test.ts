// A server that was allowed while inputs went to it sealed gets none in another way until the person is asked again.
import { expect, it } from 'vitest';
import { makeServerRecords } from '../../src/browser/server-records.ts';
import type { AttemptRequest } from '../../src/core/ports.ts';
import type { SealingKey } from '../../src/remote/sealing.ts';
import { makeOpeningKey } from '../../worker-server/fleet/opening.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';
import { makeServersWorld, type World } from '../helpers/servers-world.ts';
import { until } from '../helpers/worker-server.ts';

const { circuit, input } = requestFor('x');
const attempt: AttemptRequest = {
  ...{ jobId: 'x', number: 1, circuit, input, rung: 'snarkjs-single', deadlineMs: 1e6 },
  leaves: { secrets: false },
};
const key: SealingKey = (await makeOpeningKey()).offered;
const asked = { circuit, secrets: false, privacy: 'may-offload', sendTo: '' } as const;

interface Sealing extends World {
  id: string;
  storage: Storage;
}

function load(storage: Storage): World {
  const world = makeServersWorld({ records: makeServerRecords(() => storage, new EventTarget()) });
  world.servers.observe();
  return world;
}

/** One server, connected, with or without a key, and allowed inputs. */
function allowed(offered?: SealingKey): Sealing {
  const storage = memoryStorage();
  const world = load(storage);
  world.servers.setOffload({ mode: 'ask', tier: 'may-offload', whenLost: 'wait' });
  const { id } = world.servers.add('https://office.example', '');
  world.sockets[0]?.welcome('Office', 'first process', offered);
  world.servers.setPermission(id, 'inputs');
  return { ...world, id, storage };
}

/** Cut off, and back as another process with or without a key. */
async function restart({ sockets, clock }: World, offered?: SealingKey): Promise<void> {
  sockets.at(-1)?.emit('close', { code: 1006 });
  await clock.advance(5_000);
  sockets.at(-1)?.welcome('Office', 'another process', offered);
}

/** What a proof comes to whose input is sent, or is not; the error's code where it is not. */
async function tryOn({ servers, sockets }: World): Promise<'sealed' | 'as it is' | string> {
  const { sent } = sockets.at(-1) ?? { sent: [] };
  const before = sent.length;
  let code = '';
  const stop = new AbortController();
  servers.backends
    .list()[0]
    ?.prove(attempt, stop.signal, () => {})
    .catch((thrown: { code: string }) => {
      code = thrown.code;
    });
  const submit = () => sent.slice(before).find((text) => text.includes('"submit"'));
  await until(() => code !== '' || submit() !== undefined);
  stop.abort();
  if (submit() === undefined) return code;
  return submit()?.includes('"sealedBytes"') ? 'sealed' : 'as it is';
}

const shown = ({ servers }: World) => servers.list()[0];
const foreseen = ({ servers, id }: Sealing) =>
  servers.foresee({ ...asked, sendTo: servers.backendId(id) }).reason;

it('goes on sealed while it offers a key, also another one', async () => {
  const world = allowed(key);
  expect(await tryOn(world)).toBe('sealed');
  await restart(world, (await makeOpeningKey()).offered);
  expect(await tryOn(world)).toBe('sealed');
  expect(shown(world)?.sealsNoMore).toBe(false);
});

it('gets nothing once it offers none, says so, and may have inputs as they are when that is allowed', async () => {
  const world = allowed(key);
  await restart(world);
  expect(await tryOn(world)).toBe('backend.not-allowed');
  expect(foreseen(world)).toBe('Office takes no sealed inputs any more, as it did when you allowed it');
  expect(shown(world)).toMatchObject({ sealsNoMore: true, permission: 'inputs', phase: 'ready' });
  world.servers.setPermission(world.id, 'inputs');
  expect(shown(world)?.sealsNoMore).toBe(false);
  expect(await tryOn(world)).toBe('as it is');
});

it('is remembered after a reload, and when the server is added again or was cut off', async () => {
  const first = allowed(key);
  first.servers.add('https://office.example', 'another token');
  const again = load(first.storage);
  again.sockets[0]?.welcome('Office', 'another process');
  expect(await tryOn(again)).toBe('backend.not-allowed');
  expect(shown(again)?.sealsNoMore).toBe(true);
  // Whoever allows it while it is not there has seen what it was before.
  const third = load(first.storage);
  third.servers.setPermission(first.id, 'inputs');
  third.sockets[0]?.welcome('Office', 'another process');
  expect(await tryOn(third)).toBe('backend.not-allowed');
});

it('holds for a server that offers a key later, and not for one whose permission was given anew', async () => {
  const plain = allowed();
  expect(await tryOn(plain)).toBe('as it is');
  await restart(plain, key);
  expect(await tryOn(plain)).toBe('sealed');
  await restart(plain);
  expect(await tryOn(plain)).toBe('backend.not-allowed');
  plain.servers.setPermission(plain.id, 'nothing');
  expect(shown(plain)?.sealsNoMore).toBe(false);
  plain.servers.setPermission(plain.id, 'inputs');
  expect(await tryOn(plain)).toBe('as it is');
});

it('ends a proof that was on its way there when it comes back without a key', async () => {
  const world = allowed(key);
  let code = '';
  world.servers.backends
    .list()[0]
    ?.prove(attempt, new AbortController().signal, () => {})
    .catch((thrown: { code: string }) => {
      code = thrown.code;
    });
  await until(() => world.sockets[0]?.sent.join().includes('"sealedBytes"') === true);
  await restart(world);
  await world.clock.advance(1_000);
  expect(code).toBe('backend.not-allowed');
  expect(world.sockets.at(-1)?.sent.join()).not.toContain('"submit"');
});
