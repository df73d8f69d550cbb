// Flags and environment of the server.
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../worker-server/config.ts';

const defaults = { appFolder: '/app', circuitsFolder: '/circuits' };
const read = (args: string[], env: Record<string, string> = {}) => readConfig(args, env, defaults);

describe('server configuration', () => {
  it('listens on loopback, port 3001, unless told otherwise', () => {
    expect(read([])).toMatchObject({
      host: '127.0.0.1',
      port: 3001,
      logLevel: 'info',
      circuitsFolder: '/circuits',
    });
    expect(read([], { PORT: '4000' }).port).toBe(4000);
    expect(read(['--port', '5000'], { PORT: '4000' }).port).toBe(5000);
    expect(read(['--host', 'localhost']).host).toBe('localhost');
  });

  it.each([
    [['--port', '70000'], {}, '--port'],
    [[], { PORT: 'http' }, 'PORT'],
    [[], { PORT: '-1' }, 'PORT'],
    [['--host', '0.0.0.0'], {}, '--host'],
    [[], { HOST: '192.168.1.5' }, 'HOST'],
    [[], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ])('refuses %j %j and names %s', (args, env, where) => {
    expect(() => read(args, env as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'input.config', where }),
    );
  });

  it('names an unknown flag', () => {
    expect(() => read(['--prot', '1'])).toThrow(/--prot/);
  });
});
