// The servers that a person has added, and what they have allowed each to see: in localStorage, so that every tab
// knows at once. Unknown or damaged entries are left out; nothing here opens a connection.
import * as v from 'valibot';
import type { OffloadMode, Permission } from '../core/backend-view.ts';
import type { PrivacyTier } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import { MAX_TOKEN_CHARS, MAX_URL_CHARS } from './server-address.ts';

export interface ServerRecord {
  id: string;
  /** ws or wss. */
  url: string;
  token?: string | undefined;
  /** As it called itself last; its host before that. */
  name: string;
  /** What it said it does with inputs when it was allowed to see them. */
  permission: Permission;
  /** Why it gets nothing more until the person says so: a proof of it was wrong. */
  setAside: string | null;
}

export interface OffloadSettings {
  mode: OffloadMode;
  /** Of new proofs that carry no identity's secret. */
  tier: PrivacyTier;
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
  setAside: v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(500))), null),
});
const FileSchema = v.object({
  offload: v.fallback(
    v.object({
      mode: v.picklist(['here', 'ask', 'automatic']),
      tier: v.picklist(['local-only', 'may-offload']),
    }),
    { mode: 'here', tier: 'local-only' },
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
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  kept(): boolean;
  watch(listener: () => void): () => void;
}

interface State {
  offload: OffloadSettings;
  servers: ServerRecord[];
}

/** `storage` gives `localStorage`, and throws where it is forbidden; `page` hears of other tabs' changes. */
export function makeServerRecords(storage: () => Storage, page: EventTarget): ServerRecords {
  const listeners = createListeners<void>();
  let state = read();
  let kept = true;

  function read(): State {
    try {
      const parsed = v.safeParse(FileSchema, JSON.parse(storage().getItem(KEY) ?? '{"servers":[]}'));
      if (!parsed.success) return { offload: { mode: 'here', tier: 'local-only' }, servers: [] };
      const servers = parsed.output.servers.flatMap((entry) => {
        const record = v.safeParse(RecordSchema, entry);
        return record.success ? [record.output] : [];
      });
      return { offload: parsed.output.offload, servers: servers.slice(0, MAX_SERVERS) };
    } catch {
      return { offload: { mode: 'here', tier: 'local-only' }, servers: [] };
    }
  }

  function write(next: State): void {
    state = next;
    try {
      storage().setItem(KEY, JSON.stringify(next));
      kept = true;
    } catch {
      kept = false;
    }
    listeners.emit();
  }

  page.addEventListener('storage', (event) => {
    const { key } = event as StorageEvent;
    if (key !== KEY && key !== null) return;
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
    kept: () => kept,
    watch: (listener) => listeners.add(listener),
  };
}
