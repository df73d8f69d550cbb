// A guide of docs/ as a test follows it: its blocks of commands are run as they stand, with the places of this machine
// in place of the guide's, and what was never run is known.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../scripts/steps.ts';
import { POSTGRES } from './postgres-server.ts';

export interface Guide {
  text: string;
  /** The block that holds these words, as it stands; it counts as tried. */
  block(words: string): string;
  /** A file of the guide's, with this machine's places. */
  file(name: string): string;
  /** The text with this machine's places. */
  here(text: string): string;
  /** Runs the block that holds these words in one shell, which stops at the first line that fails. Answers what it
   * printed; rejects with that. */
  follow(words: string, options?: { input?: string; asPostgres?: boolean }): Promise<string>;
  /** Blocks that nobody has looked at. */
  untried(): string[];
}

export interface GuideSettings {
  /** Stands for the root of the file system. */
  folder: string;
  /** What the guide says, and what this machine has instead. */
  places: [theirs: string, ours: string][];
  env?: Record<string, string>;
}

const FOLDERS = ['/etc/redis', '/etc/gnomon', '/etc/postgresql', '/var/lib/redis', '/var/backups'];
/** Of another user, where the test is root: PostgreSQL's programs refuse that. */
const NOBODY = 65_534;

export function openGuide(name: string, { folder, places, env = {} }: GuideSettings): Guide {
  const text = readFileSync(join(projectFolder, 'docs', name), 'utf8');
  const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)\n```$/gm)].map(([, block = '']) => block);
  const left = new Set(blocks.filter((block) => !block.includes('►')));
  for (const path of FOLDERS) mkdirSync(join(folder, path), { recursive: true });
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  // Whoever follows the guide is root here already, or the one user there is.
  writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nif [ "$1" = -u ]; then shift 2; fi\nexec "$@"\n');
  chmodSync(join(bin, 'sudo'), 0o755);

  const here = (words: string): string => {
    const all = [...FOLDERS.map((path) => [path, `${folder}${path}`] as const), ...places];
    return all.reduce((so, [theirs, ours]) => so.replaceAll(theirs, ours), words);
  };
  function block(words: string): string {
    const found = blocks.filter((one) => one.includes(words));
    if (found.length !== 1) throw new Error(`${found.length} blocks of ${name} hold "${words}".`);
    left.delete(found[0]!);
    return found[0]!;
  }
  return {
    text,
    block,
    here,
    file: (path) => here(readFileSync(join(projectFolder, 'docs', path), 'utf8')),
    untried: () => [...left],
    follow(words, { input = '', asPostgres = false } = {}) {
      const user = asPostgres && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
      const programs = [bin, POSTGRES, process.env.PATH].filter(Boolean).join(':');
      // A session of its own: without a terminal passwords are read from the input.
      const child = spawn('sh', ['-euc', here(block(words))], {
        ...user,
        cwd: asPostgres ? folder : projectFolder,
        detached: true,
        env: { LC_ALL: 'C', HOME: folder, ...env, PATH: programs },
      });
      // Most read nothing, and some end before this is written.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      return printed(child, words);
    },
  };
}

function printed(child: ChildProcess, label: string): Promise<string> {
  let all = '';
  child.stdout?.on('data', (data) => (all += String(data)));
  child.stderr?.on('data', (data) => (all += String(data)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(all);
      else reject(new Error(`The guide’s "${label}" ended with ${code}: ${all}`));
    });
  });
}
