// Servers that are none, or will not have us; and the addresses they may be at.
import { describe, expect, it } from 'vitest';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';
import { socketUrl } from '../../src/remote/socket.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { makeWire, type Peer } from './wire.ts';

const SECOND = 1_000;

describe('a server that is none, or will not have us', () => {
  async function meet(answer: (peer: Peer) => void) {
    const clock = new VirtualClock();
    const random = new SeededRandom(testSeed);
    const wire = makeWire(clock, random, (peer) => {
      peer.onData = () => answer(peer);
    });
    wire.faulty = false;
    const backend = makeRemoteBackend({
      id: 's',
      url: 'wss://example.org/ws',
      open: wire.open,
      clock,
      random,
    });
    backend.start();
    await clock.advance(15 * SECOND);
    return { backend, clock, wire };
  }
  const refused = (data: object) => JSON.stringify({ type: 'refused', data });

  it.each<[string, (peer: Peer) => void, string, RegExp]>([
    [
      'another version',
      (peer) => {
        peer.send(refused({ code: 'protocol.version', message: 'no', versions: [2, 3] }));
        peer.close(4409);
      },
      'protocol.version',
      /speaks version 1 .* It speaks 2, 3/,
    ],
    [
      'a wrong token',
      (peer) => peer.send(refused({ code: 'input.token', message: 'no' })),
      'protocol.unauthorised',
      /token/,
    ],
    ['a closed door', (peer) => peer.close(4401), 'protocol.unauthorised', /token/],
    ['no worker server', (peer) => peer.send('<html>'), 'protocol.malformed-answer', /does not speak/],
    ['silence', () => {}, 'network.server-unreachable', /does not answer/],
    [
      'control characters',
      (peer) => peer.send(refused({ code: 'input.x', message: 'a\u001b[31m\u202eb' })),
      'protocol.refused',
      /^The server says: a \[31m b$/,
    ],
  ])('%s is told in words', async (_name, answer, code, words) => {
    const { backend } = await meet(answer);
    const { error, phase } = backend.status();
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(words);
    expect(error?.nextStep).not.toBe('');
    expect(['waiting', 'refused', 'connecting']).toContain(phase);
    backend.close();
  });

  it('is asked again seldom when it refuses, and often enough when it is away', async () => {
    const turnedAway = await meet((peer) => peer.close(4401));
    await turnedAway.clock.advance(300 * SECOND);
    expect(turnedAway.wire.counts.opened).toBeLessThan(10);
    const away = await meet((peer) => peer.close(1001));
    await away.clock.advance(300 * SECOND);
    expect(away.wire.counts.opened).toBeGreaterThan(15);
    expect(away.wire.counts.opened).toBeLessThan(200);
    for (const { backend, clock } of [turnedAway, away]) {
      backend.close();
      await clock.advance(60 * SECOND);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe('addresses', () => {
  it.each([
    ['http://localhost:3001', 'ws://localhost:3001/ws'],
    ['https://prover.example', 'wss://prover.example/ws'],
    ['wss://prover.example/deep', 'wss://prover.example/deep'],
    ['prover.example:8443', 'wss://prover.example:8443/ws'],
    ['ftp://prover.example', null],
    ['https://user:pass@prover.example', null],
    ['javascript:alert(1)', null],
    ['', null],
  ])('%s is %s', (address, url) => {
    expect(socketUrl(address)).toBe(url);
  });
});
