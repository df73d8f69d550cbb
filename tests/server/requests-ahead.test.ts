// Requests sent ahead on one connection, over real sockets: so many are answered, and Node makes nothing of the others.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundRequestsAhead } from '../../worker-server/requests-ahead.ts';
import { until } from '../helpers/worker-server.ts';

const MOST = 8;
const FULL = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
let server: Server;
/** Requests for which Node made a response, and those that were answered here. */
let made = 0;
let asked = 0;
/** Answers are held back until it resolves. */
let released: Promise<void>;
let release: () => void;
const count = (message: unknown) => {
  if ((message as { server: Server }).server === server) made++;
};

beforeEach(async () => {
  [made, asked] = [0, 0];
  released = new Promise((resolve) => {
    release = resolve;
  });
  server = createServer(boundRequestsAhead(MOST), async (request, response) => {
    asked++;
    request.resume();
    await released;
    response.end('answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  subscribe('http.server.request.start', count);
});
afterEach(() => {
  unsubscribe('http.server.request.start', count);
  server.closeAllConnections();
  server.close();
});

interface Client {
  socket: Socket;
  answers(): number;
  closed: Promise<unknown>;
}

async function client(): Promise<Client> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let heard = '';
  socket.on('error', () => {}).on('data', (data) => (heard += String(data)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  return { socket, answers: () => heard.split('answer').length - 1, closed };
}

describe.each(['with nobody for upgrades', 'with somebody for upgrades'])(
  '%s',
  { timeout: 10_000 },
  (who) => {
    beforeEach(() => {
      if (who === 'with somebody for upgrades') {
        server.on('upgrade', (_request, stream) => expect(stream.destroyed).toBe(true));
      }
    });

    it.each([
      ['whole ones', FULL],
      ['the shortest', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
      ['ones with a body', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}'],
      ['ones without Host, which Node refuses itself', 'GET / HTTP/1.1\r\n\r\n'],
      ['ones that expect what nobody does', 'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: much\r\n\r\n'],
    ])('a thousand of %s in one piece: the connection ends, and no more were made', async (_kind, text) => {
      const { socket, closed } = await client();
      socket.write(text.repeat(1_000));
      await closed;
      expect(made).toBeLessThanOrEqual(MOST);
      expect(made).toBeGreaterThan(0);
    });

    it('as many as are allowed are all answered, and so are others after them', async () => {
      const { socket, answers } = await client();
      socket.write(FULL.repeat(MOST));
      await until(() => asked === MOST);
      expect(answers()).toBe(0);
      release();
      await until(() => answers() === MOST);
      for (let round = 2; round <= 20; round++) {
        socket.write(FULL.repeat(MOST));
        await until(() => answers() === round * MOST);
      }
      socket.destroy();
    });

    it('one too many ends its connection, and no other', async () => {
      const [greedy, modest] = await Promise.all([client(), client()]);
      modest.socket.write(FULL.repeat(MOST));
      greedy.socket.write(FULL.repeat(MOST));
      await until(() => asked === 2 * MOST);
      greedy.socket.write(FULL);
      await greedy.closed;
      release();
      await until(() => modest.answers() === MOST);
      modest.socket.destroy();
    });
  },
);
