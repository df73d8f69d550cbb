// A server's state and what it may see, in words. Pure, so that every page says it alike.
import type { Permission } from '../../../core/backend-view.ts';
import { plural } from '../../components/format.ts';
import type { OffloadSettings, ServerView } from '../../services/servers.ts';

export function stateWords(server: ServerView, mode: OffloadSettings['mode']): string {
  if (server.setAside !== null) return 'Set aside';
  if (server.phase === 'ready') {
    const { slots = 0, busy = 0, queued = 0 } = server.says ?? {};
    if (queued > 0) return `Connected, ${plural(queued, 'proof waits', 'proofs wait')} there`;
    return busy >= slots && slots > 0 ? 'Connected, all places taken' : 'Connected';
  }
  if (server.phase === 'connecting') return 'Connecting';
  if (server.phase === 'refused') return 'Not accepted by the server';
  if (server.phase === 'waiting') return 'Not reached';
  return mode === 'here' || server.permission === 'nothing' ? 'Not in use' : 'Not connected';
}

export const PERMISSION_WORDS: Record<Permission, string> = {
  nothing: 'Nothing. No input goes there',
  inputs: 'Inputs of proofs that may leave',
  secrets: 'Inputs, and the secrets of your identities',
};

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

/** What was said in the dialog and accepted. */
export const SECRETS_WARNING = 'This server could act as you everywhere this identity is used, for good.';
