// The servers that a person has added, and what they have allowed each to see: in localStorage, so that every tab
// knows at once. Unknown or damaged entries are left out; nothing here opens a connection.

import * as v from 'valibot';
import type { Permission } from '../core/backend-view.ts';
import { createListeners } from '../core/listeners.ts';
import type { OffloadSettings } from '../services/servers.ts';
import { MAX_TOKEN_CHARS, MAX_URL_CHARS } from './server-address.ts';

export interface ServerRecord {
  id: string;
  /** ws or wss. */
  url: string;
  token?: string | undefined;
  /** As it called itself last; its host before that. */
  name: string;
  permission: Permission;
  /** It has offered a key since it was allowed: the person has seen that inputs go there sealed, so that they go no
   * other way until the person is asked again. */
  sealed?: true | undefined;
  /** Why it gets nothing more until the person says so: a proof of it was wrong. */
  setAside: string | null;
}

const KEY = 'gnomon.servers';
export const MAX_SERVERS = 50;

const RecordSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  url: v.pipe(
    v.string(),
    v.maxLength(MAX_URL_CHARS),
    v.regex(/^wss?:\/\//),
    v.check((url) => URL.canParse(url)),
  ),
  token: v.optional(v.pipe(v.string(), v.maxLength(MAX_TOKEN_CHARS))),
  name: v.pipe(v.string(), v.maxLength(200)),
  // Whatever cannot be read allows nothing.
  permission: v.fallback(v.picklist(['nothing', 'inputs', 'secrets']), 'nothing'),
  sealed: v.optional(v.literal(true)),
  setAside: v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(500))), null),
});
const FileSchema = v.object({
  offload: v.fallback(
    v.object({
      mode: v.picklist(['here', 'ask', 'automatic']),
      tier: v.picklist(['local-only', 'may-offload']),
      whenLost: v.fallback(v.picklist(['elsewhere', 'wait']), 'elsewhere'),
    }),
    { mode: 'here', tier: 'local-only', whenLost: 'elsewhere' },
  ),
  servers: v.array(v.unknown()),
});

export interface ServerRecords {
  list(): readonly ServerRecord[];
  get(id: string): ServerRecord | undefined;
  put(record: ServerRecord): void;
  remove(id: string): void;
  offload(): OffloadSettings;
  setOffload(settings: OffloadSettings): void;
  /** All of it, tokens and permissions too, for a backup. */
  archive(): unknown;
  /** Adds servers that are not here yet; what is here stays as it is. The settings are taken only where nothing
   * has been set yet. */
  restore(archived: unknown): { added: number; skipped: number };
  /** Before all that is kept is deleted: nothing of it may be written again afterwards. */
  clear(): void;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  kept(): boolean;
  watch(listener: () => void): () => void;
}

interface State {
  offload: OffloadSettings;
  servers: ServerRecord[];
}

const NOTHING: State = { offload: { mode: 'here', tier: 'local-only', whenLost: 'elsewhere' }, servers: [] };

/** Nothing where it is damaged as a whole. */
function parseState(kept: unknown): State {
  const parsed = v.safeParse(FileSchema, kept);
  if (!parsed.success) return NOTHING;
  const servers = parsed.output.servers.flatMap((entry) => {
    const record = v.safeParse(RecordSchema, entry);
    return record.success ? [record.output] : [];
  });
  return { offload: parsed.output.offload, servers: servers.slice(0, MAX_SERVERS) };
}

/** `storage` gives `localStorage`, and throws where it is forbidden; `page` hears of other tabs' changes. */
export function makeServerRecords(storage: () => Storage, page: EventTarget, key = KEY): ServerRecords {
  const listeners = createListeners<void>();
  let state = read();
  let kept = true;

  function read(): State {
    try {
      return parseState(JSON.parse(storage().getItem(key) ?? '{"servers":[]}'));
    } catch {
      return NOTHING;
    }
  }

  function write(next: State): void {
    state = next;
    try {
      storage().setItem(key, JSON.stringify(next));
      kept = true;
    } catch {
      kept = false;
    }
    listeners.emit();
  }

  page.addEventListener('storage', (event) => {
    const changed = (event as StorageEvent).key;
    if (changed !== key && changed !== null) return;
    state = read();
    listeners.emit();
  });

  return {
    list: () => state.servers,
    get: (id) => state.servers.find((record) => record.id === id),
    put(record) {
      const known = state.servers.some(({ id }) => id === record.id);
      const servers = known
        ? state.servers.map((one) => (one.id === record.id ? record : one))
        : [...state.servers, record];
      write({ ...state, servers });
    },
    remove: (id) => write({ ...state, servers: state.servers.filter((record) => record.id !== id) }),
    offload: () => state.offload,
    setOffload: (offload) => write({ ...state, offload }),
    archive: () => state,
    restore(archived) {
      const { offload, servers } = parseState(archived);
      const isNew = ({ id, url }: ServerRecord) =>
        !state.servers.some((known) => known.id === id || known.url === url);
      const added = servers.filter(isNew).slice(0, Math.max(0, MAX_SERVERS - state.servers.length));
      const untouched = state.servers.length === 0 && state.offload.mode === 'here';
      write({ offload: untouched ? offload : state.offload, servers: [...state.servers, ...added] });
      return { added: added.length, skipped: servers.length - added.length };
    },
    clear: () => write(NOTHING),
    kept: () => kept,
    watch: (listener) => listeners.add(listener),
  };
}
