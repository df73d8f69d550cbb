// Flags and environment of the server.
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../worker-server/config.ts';
import { helpText, SETTINGS } from '../../worker-server/settings.ts';

const defaults = { appFolder: '/app', circuitsFolder: '/circuits' };
const machine = { cores: 8, memoryBytes: 16 * 1024 ** 3, hostName: 'here' };
const read = (args: string[], env: Record<string, string> = {}) => readConfig(args, env, defaults, machine);
const TOKEN = 'a-token-that-is-long-enough';

describe('server configuration', () => {
  it('tells a name that was chosen from the machine’s own', () => {
    expect(read([])).toMatchObject({ name: 'here', chosenName: null });
    expect(read(['--name', 'Office'])).toMatchObject({ name: 'Office', chosenName: 'Office' });
  });

  it('listens on loopback, port 3001, unless told otherwise', () => {
    expect(read([])).toMatchObject({
      host: '127.0.0.1',
      port: 3001,
      logLevel: 'info',
      circuitsFolder: '/circuits',
      name: 'here',
      headless: false,
      tokens: [],
      allowedOrigins: [],
    });
    expect(read([], { PORT: '4000' }).port).toBe(4000);
    expect(read(['--port', '5000'], { PORT: '4000' }).port).toBe(5000);
    expect(read([], { PORT: '' }).port).toBe(3001);
    expect(read(['--host', 'localhost']).host).toBe('localhost');
    expect(read(['--headless']).headless).toBe(true);
    expect(read([], { HEADLESS: '1' }).headless).toBe(true);
  });

  it('proves as many at once as cores allow, four at most unless asked', () => {
    const of = (cores: number, args: string[] = []) => {
      const { threads, concurrency } = readConfig(args, {}, defaults, { ...machine, cores });
      return [threads, concurrency];
    };
    expect([1, 2, 4, 8, 16, 64].map((cores) => of(cores))).toEqual([
      [1, 1],
      [2, 1],
      [4, 1],
      [4, 2],
      [4, 4],
      [4, 4],
    ]);
    expect(of(64, ['--threads', '2'])).toEqual([2, 4]);
    expect(of(2, ['--concurrency', '9'])).toEqual([2, 9]);
    expect(read([]).proofBytes * read([]).concurrency).toBeLessThan(machine.memoryBytes);
  });

  it.each([
    [['--port', '70000'], {}, '--port'],
    [[], { PORT: 'http' }, 'PORT'],
    [[], { PORT: '-1' }, 'PORT'],
    [['--host', '0.0.0.0'], {}, '--host'],
    [[], { HOST: '192.168.1.5' }, 'HOST'],
    [[], { HOST: '0.0.0.0', ADMIN_TOKEN: TOKEN }, 'HOST'],
    [[], { HOST: '0.0.0.0', TOKEN: 'short' }, 'TOKEN'],
    [[], { HOST: '0.0.0.0', TOKEN: `${TOKEN},short` }, 'TOKEN'],
    [[], { TOKEN: `a=${TOKEN},a=${TOKEN}2` }, 'TOKEN'],
    [[], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [[], { WS_URL: 'https://example.org' }, 'WS_URL'],
    [[], { WS_URL: 'wss://' }, 'WS_URL'],
    [['--allowed-origins', 'example.org'], {}, '--allowed-origins'],
    [[], { CONCURRENCY: '0' }, 'CONCURRENCY'],
    [[], { RATE: 'many' }, 'RATE'],
  ])('refuses %j %j and names %s', (args, env, where) => {
    expect(() => read(args, env as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'input.config', where }),
    );
  });

  it('listens to others once a token is set, and says in plain words that it must be', () => {
    expect(read([], { HOST: '0.0.0.0', TOKEN }).tokens).toEqual([{ name: 'token-1', token: TOKEN }]);
    expect(read([], { HOST: '::', JWT_JWKS: 'keys.json' }).jwt).toEqual({
      jwks: 'keys.json',
      issuer: null,
      audience: null,
    });
    expect(() => read(['--host', '0.0.0.0'])).toThrow(/would let anyone who reaches this machine use it/);
    expect(read(['--host', '0.0.0.0', '--help']).help).toBe(true);
  });

  it('gives tokens their names, also where they end like base64', () => {
    const names = (TOKEN: string) => read([], { TOKEN }).tokens;
    expect(names('alice=0123456789abcdef, bob=fedcba9876543210')).toEqual([
      { name: 'alice', token: '0123456789abcdef' },
      { name: 'bob', token: 'fedcba9876543210' },
    ]);
    expect(names('c29tZSBsb25nIHRva2Vu=')).toEqual([{ name: 'token-1', token: 'c29tZSBsb25nIHRva2Vu=' }]);
  });

  it('allows the pages that are configured, among them that of the public address', () => {
    const { allowedOrigins, wsUrl } = read([], {
      WS_URL: 'wss://prove.example.org/ws',
      ALLOWED_ORIGINS: 'https://app.example.org/, http://192.168.1.5:3001',
    });
    expect(wsUrl).toBe('wss://prove.example.org/ws');
    expect(allowedOrigins).toEqual([
      'https://app.example.org',
      'http://192.168.1.5:3001',
      'https://prove.example.org',
    ]);
  });

  it('names an unknown flag', () => {
    expect(() => read(['--prot', '1'])).toThrow(/--prot/);
  });

  it('lets no client’s token be called as the operator’s', () => {
    const token = 'client-token-0123456789';
    expect(() => read(['--token', `bob=${token}x,admin=${token}`])).toThrow(/called admin/);
    expect(read(['--token', `admins=${token}`]).tokens).toEqual([{ name: 'admins', token }]);
  });

  it('explains every setting, and reads every one', () => {
    for (const { flag, env } of SETTINGS) {
      expect(helpText()).toContain(`--${flag}`);
      expect(helpText()).toContain(env);
    }
    expect(
      helpText()
        .split('\n')
        .every((line) => line.length <= 130),
    ).toBe(true);
  });
});
