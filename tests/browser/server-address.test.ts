// From what a person types to a server's address: tokens leave the address, nothing goes unencrypted beyond this
// device, and what cannot be read is refused without being repeated.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isOnLocalNetwork, readServerAddress } from '../../src/browser/server-address.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const page = new URL('https://gnomon.example/');
const TOKEN = 'CANARY-7f3a';

function refusal(typed: string, from = page): GnomonError {
  try {
    readServerAddress(typed, from);
  } catch (thrown) {
    if (thrown instanceof GnomonError) return thrown;
    throw thrown;
  }
  throw new Error(`${typed} was not refused.`);
}

it.each([
  ['https://prover.example', 'wss://prover.example/ws'],
  [' prover.example ', 'wss://prover.example/ws'],
  ['prover.example:8443/gnomon/ws', 'wss://prover.example:8443/gnomon/ws'],
  ['WSS://Prover.Example/', 'wss://prover.example/ws'],
  ['localhost:3001', 'ws://localhost:3001/ws'],
  ['http://127.0.0.1:3001', 'ws://localhost:3001/ws'],
  ['http://[::1]:3001/ws', 'ws://localhost:3001/ws'],
  ['https://prover.example/?room=2', 'wss://prover.example/ws?room=2'],
])('reads %s', (typed, url) => {
  expect(readServerAddress(typed, page)).toEqual({ url });
});

it('takes a token out of the address wherever it stands', () => {
  const url = 'wss://prover.example/ws';
  expect(readServerAddress(`https://prover.example#token=${TOKEN}`, page)).toEqual({ url, token: TOKEN });
  expect(readServerAddress('https://prover.example#token=', page)).toEqual({ url });
  expect(readServerAddress(`https://prover.example/?token=${TOKEN}`, page)).toEqual({ url, token: TOKEN });
  expect(readServerAddress(`https://prover.example/?token=${TOKEN}&room=2`, page)).toEqual({
    url: `${url}?room=2`,
    token: TOKEN,
  });
});

it.each([
  ['http://prover.example', page],
  ['ws://192.168.1.5:3001', page],
  ['http://localhost.example', page],
  ['http://192.168.1.6:3001', new URL('http://192.168.1.5:3001')],
  ['http://192.168.1.5:3001', new URL('https://192.168.1.5:3001')],
])('sends nothing unencrypted to %s', (typed, from) => {
  expect(refusal(typed, from).code).toBe('input.server-insecure');
});

it('lets a page that came unencrypted talk to the machine that it came from', () => {
  const from = new URL('http://192.168.1.5:3001');
  expect(readServerAddress('http://192.168.1.5:3002', from).url).toBe('ws://192.168.1.5:3002/ws');
});

it.each([
  '',
  '#',
  `#token=${TOKEN}`,
  'https://',
  'file:///etc/passwd',
  'javascript://alert(1)',
  `https://user:${TOKEN}@prover.example`,
  `https://${TOKEN}@prover.example`,
  `https://pro ver.example/?token=${TOKEN}`,
  'https://prover.example:99999',
])('refuses %s and does not repeat it', (typed) => {
  const error = refusal(typed);
  expect(error.code).toBe('input.server-address');
  expect(JSON.stringify([error.toData(), String(error), String(error.cause ?? '')])).not.toContain(TOKEN);
});

it('refuses an address that is too long to be kept', () => {
  expect(refusal(`https://prover.example/${'a'.repeat(2048)}`).code).toBe('input.server-address');
});

it('refuses a token that the protocol does not carry', () => {
  const error = refusal(`https://prover.example#token=${TOKEN.repeat(800)}`);
  expect(error.code).toBe('input.server-token');
  expect(JSON.stringify(error.toData())).not.toContain(TOKEN);
});

it('either refuses, or gives an encrypted address or one of this device, without the token', () => {
  const part = fc.constantFrom(
    ...['https', 'http', 'ws', 'wss', 'ftp', '://', ':', '/', '//', '@', '#', '?', '&', '[::1]', ' ', '%'],
    ...['localhost', '127.0.0.1', 'prover.example', '192.168.1.5', 'token=', TOKEN, '3001', 'ws', '\\', '\t'],
  );
  const typed = fc.oneof(
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.string(),
  );
  fc.assert(
    fc.property(typed, (text) => {
      let url: string;
      try {
        ({ url } = readServerAddress(text, page));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GnomonError);
        return;
      }
      const read = new URL(url);
      expect(read.protocol === 'wss:' || (read.protocol === 'ws:' && read.hostname === 'localhost')).toBe(
        true,
      );
      expect([read.username, read.password, read.hash, read.searchParams.get('token')]).toEqual([
        '',
        '',
        '',
        null,
      ]);
      // Read once more, it is the same server: else adding it twice would make two of it.
      expect(readServerAddress(url, page).url).toBe(url);
    }),
    { numRuns: runs(300, 20_000), seed: testSeed },
  );
});

it.each([
  ['ws://localhost/ws', true],
  ['wss://192.168.1.5/ws', true],
  ['wss://10.0.0.1/ws', true],
  ['wss://172.16.0.1/ws', true],
  ['wss://172.32.0.1/ws', false],
  ['wss://[fd00::1]/ws', true],
  ['wss://box.local/ws', true],
  ['wss://prover.example/ws', false],
  ['wss://10.example/ws', false],
])('knows whether the browser asks before it may reach %s', (url, asks) => {
  expect(isOnLocalNetwork(url)).toBe(asks);
});
