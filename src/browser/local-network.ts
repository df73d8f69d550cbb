// Whether the browser lets this page reach the person's own network. Some ask them first (Chrome 142, for
// WebSockets 147: https://developer.chrome.com/blog/local-network-access), so the page says why before they do.
import { createListeners } from '../core/listeners.ts';
import { isLoopback, isOnLocalNetwork } from './server-address.ts';

export type NetworkAccess = 'granted' | 'prompt' | 'denied';

export interface LocalNetwork {
  /** Null: this browser does not ask before this page may reach that address, or does not say. */
  of(url: string): NetworkAccess | null;
  watch(listener: () => void): () => void;
}

type Kind = 'loopback' | 'local';

/** Newer browsers tell the two apart; the first name that one knows counts. */
const NAMES: Record<Kind, readonly string[]> = {
  loopback: ['loopback-network', 'local-network-access'],
  local: ['local-network', 'local-network-access'],
};

/** `permissions` is `navigator.permissions`; `page` this page's own address. */
export function makeLocalNetwork(
  permissions: Pick<Permissions, 'query'> | undefined,
  page: Pick<URL, 'hostname' | 'href'>,
): LocalNetwork {
  const listeners = createListeners<void>();
  const known = new Map<Kind, PermissionStatus>();

  async function ask(kind: Kind): Promise<void> {
    for (const name of NAMES[kind]) {
      try {
        const status = await permissions?.query({ name: name as PermissionName });
        if (status === undefined) return;
        known.set(kind, status);
        status.addEventListener('change', () => listeners.emit());
        listeners.emit();
        return;
      } catch {
        // A name that this browser does not know.
      }
    }
  }
  // Pages from this very device, or from that network, reach it without being asked.
  const pageIsLocal = isOnLocalNetwork(page.href);
  if (!isLoopback(page.hostname)) {
    void ask('loopback');
    if (!pageIsLocal) void ask('local');
  }

  return {
    of(url) {
      if (!isOnLocalNetwork(url)) return null;
      const kind: Kind = isLoopback(new URL(url).hostname) ? 'loopback' : 'local';
      return known.get(kind)?.state ?? null;
    },
    watch: (listener) => listeners.add(listener),
  };
}
