// Every store's connection: held up by an older tab it says so at once, gives way to a newer one, and opens again.
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { type Connection, makeConnection } from '../../src/browser/connection.ts';

const connect = (name: string, version: number): Connection<unknown> =>
  makeConnection<unknown>(name, version, (database) => {
    if (!database.objectStoreNames.contains('things')) database.createObjectStore('things');
  });
const put = (connection: Connection<unknown>, key: string) =>
  connection.use((database) => database.put('things', 1, key));

test('an older tab that does not give way is named instead of waited for; once it has gone, all is well', async () => {
  const older = await openDB('held', 1);
  const newer = connect('held', 2);
  await expect(put(newer, 'a')).rejects.toMatchObject({
    code: 'resource.storage-blocked',
    nextStep: expect.stringContaining('Close the other Gnomon tabs'),
  });
  older.close();
  await put(newer, 'a');
  await newer.close();
});

test('an open connection gives way to a newer version, and says afterwards that the page is old', async () => {
  const older = connect('upgraded', 1);
  await put(older, 'a');
  const newer = connect('upgraded', 2);
  await put(newer, 'b');
  await expect(put(older, 'c')).rejects.toMatchObject({ code: 'resource.storage-newer' });
  await newer.close();
});

test('a closed connection opens again', async () => {
  const connection = connect('again', 1);
  await put(connection, 'a');
  await connection.close();
  await put(connection, 'b');
  expect(await connection.use((database) => database.count('things'))).toBe(2);
  await connection.close();
});
