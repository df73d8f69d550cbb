// What a queue must be before a fleet trusts it with jobs. Pure: facts in, what is wrong out.
import { GnomonError } from '../../src/core/errors.ts';

export interface RedisFacts {
  server: 'redis' | 'valkey';
  version: string;
  /** `maxmemory-policy`; null when this user may not ask. */
  policy: string | null;
  aof: boolean;
  /** `appendfsync`; null when this user may not ask. */
  fsync: string | null;
}

export interface PostgresFacts {
  /** 15.18 is 15 and 18. */
  major: number;
  minor: number;
  fsync: boolean;
}

export interface Allowances {
  /** The operator says that fixes were backported. */
  patched: boolean;
  /** The operator takes jobs being lost: no AOF, or a policy that evicts. */
  unsafe: boolean;
}

export interface Findings {
  /** Refuse to start. */
  errors: GnomonError[];
  /** Say loudly. */
  warnings: string[];
}

/** BullMQ's least (its `minimumVersion`). */
const OLDEST_REDIS = '6.2.0';

interface Hole {
  name: string;
  server: RedisFacts['server'];
  /** Fixed from these on; a line that is not named was never fixed by its makers. */
  fixed: string[];
  /** Not there before this. */
  since: string;
}

/** Holes through which someone who may send commands can run code. Fixed versions as their makers announced them:
 * CVE-2025-49844 in October 2025, CVE-2026-23479 in May 2026 (Redis names 7.2.0 to 8.6.2 as affected; Valkey mended each
 * of its lines), CVE-2026-56684 and CVE-2026-63639 in July 2026 (Valkey). */
const HOLES: readonly Hole[] = [
  {
    name: 'CVE-2025-49844',
    server: 'redis',
    since: '0.0.0',
    fixed: ['6.2.20', '7.2.11', '7.4.6', '8.0.4', '8.2.2'],
  },
  { name: 'CVE-2026-23479', server: 'redis', since: '7.2.0', fixed: ['8.6.3'] },
  { name: 'CVE-2025-49844', server: 'valkey', since: '0.0.0', fixed: ['7.2.11', '8.0.6', '8.1.4'] },
  {
    name: 'CVE-2026-23479',
    server: 'valkey',
    since: '0.0.0',
    fixed: ['7.2.13', '8.0.9', '8.1.7', '9.0.4', '9.1.0'],
  },
  {
    name: 'CVE-2026-56684 and CVE-2026-63639',
    server: 'valkey',
    since: '0.0.0',
    fixed: ['7.2.14', '8.0.10', '8.1.9', '9.0.5', '9.1.1'],
  },
];

/** CVE-2026-6473, May 2026: the first minor version of each line that has it mended. Older lines never had. */
const POSTGRES_FIXED: Record<number, number> = { 14: 23, 15: 18, 16: 14, 17: 10, 18: 4 };
/** BullMQ's least is 13, which its makers have given up. */
const OLDEST_POSTGRES = 14;

export function examinePostgres({ major, minor, fsync }: PostgresFacts, allowed: Allowances): Findings {
  const errors: GnomonError[] = [];
  const warnings: string[] = [];
  const label = `PostgreSQL ${major}.${minor}`;
  if (major < OLDEST_POSTGRES) {
    const nextStep = `Use ${OLDEST_POSTGRES} or newer.`;
    errors.push(refusal('fleet-version', `${label} is too old for the queue.`, nextStep));
  }
  if (minor < (POSTGRES_FIXED[major] ?? 0)) {
    const message = `${label} has a known hole that lets others run code on it: CVE-2026-6473.`;
    const nextStep = `Update it to ${major}.${POSTGRES_FIXED[major]}. If its fix was backported, say so: --redis-patched.`;
    if (allowed.patched) warnings.push(`${message} You say that it is patched.`);
    else errors.push(refusal('fleet-holes', message, nextStep));
  }
  if (!fsync) {
    const message = `${label} does not wait for the disk (fsync off): a power cut would lose jobs, and the queue.`;
    const nextStep = 'Set fsync on. To run all the same: --queue-unsafe.';
    if (allowed.unsafe) warnings.push(message);
    else errors.push(refusal('fleet-fsync', message, nextStep));
  }
  return { errors, warnings };
}

export function examineRedis(facts: RedisFacts, { patched, unsafe }: Allowances): Findings {
  const errors: GnomonError[] = [];
  const warnings: string[] = [];
  const { server, version, policy, aof, fsync } = facts;
  const label = `${server === 'redis' ? 'Redis' : 'Valkey'} ${version}`;
  if (server === 'redis' && isBefore(version, OLDEST_REDIS)) {
    errors.push(
      refusal('fleet-version', `${label} is too old for the queue.`, `Use ${OLDEST_REDIS} or newer.`),
    );
  }
  const open = HOLES.filter((hole) => hole.server === server && isOpen(hole, version)).map(
    ({ name }) => name,
  );
  if (open.length > 0) {
    const message = `${label} has known holes that let others run code on it: ${open.join(', ')}.`;
    const nextStep =
      'Update it. If your distribution has backported the fixes (Debian’s 7.0.15 has), say so: --redis-patched.';
    if (patched) warnings.push(`${message} You say that it is patched.`);
    else errors.push(refusal('fleet-holes', message, nextStep));
  }
  if (policy !== 'noeviction') {
    const message =
      policy === null
        ? `${label} does not say whether it evicts keys: this user may not read its settings.`
        : `${label} drops keys when memory is short (maxmemory-policy ${policy}): jobs would vanish.`;
    const nextStep = 'Set maxmemory-policy noeviction. To run all the same: --queue-unsafe.';
    if (unsafe) warnings.push(message);
    else errors.push(refusal('fleet-eviction', message, nextStep));
  }
  if (!aof) {
    const message = `${label} keeps no append-only file: a restart would lose jobs.`;
    const nextStep = 'Set appendonly yes. To run all the same: --queue-unsafe.';
    if (unsafe) warnings.push(message);
    else errors.push(refusal('fleet-aof', message, nextStep));
  } else if (fsync !== 'everysec' && fsync !== 'always') {
    const message =
      fsync === null
        ? `${label} does not say how often its append-only file reaches the disk: this user may not ask.`
        : `${label} leaves it to the system when its append-only file reaches the disk (appendfsync ${fsync}): a power cut would lose half a minute of jobs.`;
    const nextStep =
      fsync === null
        ? 'Let it ask: ACL SETUSER name +config|get. To run all the same: --queue-unsafe.'
        : 'Set appendfsync everysec, or always. To run all the same: --queue-unsafe.';
    if (unsafe) warnings.push(message);
    else errors.push(refusal('fleet-fsync', message, nextStep));
  }
  return { errors, warnings };
}

function isOpen({ since, fixed }: Hole, version: string): boolean {
  if (isBefore(version, since)) return false;
  const line = (text: string) => text.split('.').slice(0, 2).join('.');
  const own = fixed.find((one) => line(one) === line(version));
  if (own !== undefined) return isBefore(version, own);
  // A line that is newer than all that were mended began mended; an older one never was.
  return fixed.some((one) => isBefore(version, one));
}

function isBefore(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let at = 0; at < 3; at++) {
    const difference = (a![at] ?? 0) - (b![at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function refusal(what: string, message: string, nextStep: string): GnomonError {
  return new GnomonError(`resource.${what}`, message, { where: 'GNOMON_QUEUE', nextStep });
}
