// A server's state and what it may see, in words. Pure, so that every page says it alike.
import type { Permission } from '../../../core/backend-view.ts';
import type { OffloadSettings, ServerView } from '../../../services/servers.ts';
import { plural } from '../../components/format.ts';

export function stateWords(server: ServerView, mode: OffloadSettings['mode']): string {
  if (server.setAside !== null) return 'Set aside';
  if (server.sealsNoMore) return 'Gets nothing until you decide';
  if (server.phase === 'ready') {
    const { slots = 0, busy = 0, queued = 0 } = server.says ?? {};
    if (queued > 0) return `Connected, ${plural(queued, 'proof waits', 'proofs wait')} there`;
    return busy >= slots && slots > 0 ? 'Connected, all places taken' : 'Connected';
  }
  if (server.phase === 'connecting') return 'Connecting';
  if (server.phase === 'refused') return 'Not accepted by the server';
  if (server.phase === 'waiting') return 'Not reached';
  if (server.access === 'prompt') return 'Waits for you';
  return mode === 'here' || server.permission === 'nothing' ? 'Not in use' : 'Not connected';
}

export const PERMISSION_WORDS: Record<Permission, string> = {
  nothing: 'Nothing. No input goes there',
  inputs: 'Inputs of proofs that may leave',
  secrets: 'Inputs, and the secrets of your identities',
};

/** On this very device, as far as its address says. */
export function isOnThisDevice({ host }: Pick<ServerView, 'host'>): boolean {
  return /^(localhost|127\.|\[::1\])/.test(host);
}

/** What Chromium calls the permission in its settings, since it asks for the two apart. */
export function networkPermission(server: Pick<ServerView, 'host'>): string {
  return isOnThisDevice(server) ? '“Apps on device” (in some browsers “Local network”)' : '“Local network”';
}

/** What exactly leaves with a proof. */
export function seesWords(secrets: boolean): string {
  return secrets ? 'your attestations and your identity’s secret' : 'your input';
}

/** Servers that a proof may go to, by what the person has allowed. */
export function allowedServers(servers: readonly ServerView[], secrets: boolean): ServerView[] {
  return servers.filter(
    ({ permission, setAside }) =>
      setAside === null && (secrets ? permission === 'secrets' : permission !== 'nothing'),
  );
}

/** The servers in use, in one short line for every page; null while none is. */
export function inUseWords(
  servers: readonly ServerView[],
  mode: OffloadSettings['mode'],
): { well: boolean; short: string; long: string } | null {
  if (mode === 'here') return null;
  const used = allowedServers(servers, false);
  const [only] = used;
  if (only === undefined) return null;
  const reached = used.filter(({ phase, sealsNoMore }) => phase === 'ready' && !sealsNoMore).length;
  const running = used.reduce((sum, server) => sum + server.running, 0);
  const making = running === 0 ? '' : `, making ${plural(running, 'proof', 'proofs')} for you`;
  if (used.length === 1) {
    return {
      well: reached === 1,
      short: only.name,
      long: `${only.name}: ${stateWords(only, mode).toLowerCase()}${making}`,
    };
  }
  return {
    well: reached > 0,
    short: `${reached} of ${used.length} servers`,
    long: `${reached} of ${used.length} servers reached${making}`,
  };
}

/** What was said in the dialog and accepted. */
export const SECRETS_WARNING = 'This server could act as you everywhere this identity is used, for good.';
