// What sockets have not taken yet: bounded for each owner over all of their connections.
import { describe, expect, it } from 'vitest';
import { makeUnsent } from '../../worker-server/ws/unsent.ts';

/** Takes nothing until it is told to. */
function makeSocket() {
  const waiting: { bytes: number; taken: () => void }[] = [];
  return {
    get bufferedAmount() {
      return waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    send: (text: string, taken: () => void) => void waiting.push({ bytes: text.length, taken }),
    take() {
      for (const { taken } of waiting.splice(0)) taken();
    },
  };
}

const KB = 1024;
const text = 'x'.repeat(KB);

describe('what sockets have not taken', () => {
  it('is bounded over all connections of one owner: those that lag are dropped, the others are not', () => {
    const unsent = makeUnsent(100 * KB);
    const alices = Array.from({ length: 50 }, () => {
      const socket = makeSocket();
      return { socket, outlet: unsent.outlet(socket, () => 'alice') };
    });
    let sent = 0;
    // As a session does: none that is hopelessly behind is sent anything.
    for (let round = 0; round < 4; round++) {
      for (const { outlet } of alices) {
        if (outlet.buffered() > 8 * KB) continue;
        outlet.send(text);
        sent++;
      }
    }
    // A connection without anything to take gets one message more.
    expect(sent).toBeLessThanOrEqual(76 + 50);
    expect(unsent.usedBytes()).toBe(sent * KB);
    expect(alices.every(({ outlet }) => outlet.buffered() === Number.POSITIVE_INFINITY)).toBe(true);
    alices[0]!.socket.take();
    expect(alices[0]!.outlet.buffered()).toBe(0);
    const bob = makeSocket();
    const his = unsent.outlet(bob, () => 'bob');
    his.send('y');
    for (const { socket } of alices) socket.take();
    expect([unsent.usedBytes(), his.buffered()]).toEqual([1, 1]);
  });

  it('is counted for who sent it, though they say only later who they are', () => {
    const unsent = makeUnsent(100 * KB);
    let owner: string | null = null;
    const socket = makeSocket();
    const outlet = unsent.outlet(socket, () => owner);
    outlet.send(text);
    owner = 'alice';
    outlet.send(text);
    expect(unsent.usedBytes()).toBe(2 * KB);
    socket.take();
    expect(unsent.usedBytes()).toBe(0);
    // Nothing is left on either side: all of both fits again.
    for (let at = 0; at < 75; at++) outlet.send(text);
    expect(outlet.buffered()).toBe(75 * KB);
  });
});
