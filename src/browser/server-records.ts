// The servers that a person has added, and what they have allowed each to see: in localStorage, so that every tab
// knows at once. Unknown or damaged entries are left out; nothing here opens a connection. Only what a person does
// writes what is allowed: what is found out about servers lies beside it (server-facts.ts).

import * as v from 'valibot';
import type { Permission } from '../core/backend-view.ts';
import { createListeners } from '../core/listeners.ts';
import type { OffloadSettings } from '../services/servers.ts';
import { MAX_TOKEN_CHARS, MAX_URL_CHARS } from './server-address.ts';
import {
  NameSchema,
  removeFacts,
  type ServerFacts,
  SetAsideSchema,
  withFacts,
  writeFacts,
} from './server-facts.ts';

export interface ServerRecord extends ServerFacts {
  id: string;
  /** ws or wss. */
  url: string;
  token?: string | undefined;
  permission: Permission;
}

const KEY = 'gnomon.servers';
const CHANGED = 'gnomon-servers';
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
  name: NameSchema,
  // Whatever cannot be read allows nothing.
  permission: v.fallback(v.picklist(['nothing', 'inputs', 'secrets']), 'nothing'),
  sealed: v.optional(v.literal(true)),
  setAside: v.fallback(SetAsideSchema, null),
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
  /** A new one. */
  put(record: ServerRecord): void;
  /** A person's act; what is not named stays as it is, whoever has changed it meanwhile. */
  change(id: string, part: Partial<Omit<ServerRecord, 'id' | 'url'>>): void;
  /** What this tab found out: leaves alone what a person has allowed. */
  learn(id: string, facts: Partial<ServerFacts>): void;
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

/** Heard by every client of the page, of other copies of the library as well. */
class RecordsEvent extends Event {
  readonly about: string;
  readonly by: object;

  constructor(about: string, by: object) {
    super(CHANGED);
    this.about = about;
    this.by = by;
  }
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

function parseText(text: string | null): State {
  try {
    return parseState(JSON.parse(text ?? '{"servers":[]}'));
  } catch {
    return NOTHING;
  }
}

/** `storage` gives `localStorage`, and throws where it is forbidden; `page` hears of other tabs' changes, and of those
 * by others on this page, to whom no browser tells of them: what a person takes back must hold at once. */
export function makeServerRecords(storage: () => Storage, page: EventTarget, key = KEY): ServerRecords {
  const listeners = createListeners<void>();
  const own = {};
  let state = read() ?? NOTHING;
  let kept = true;

  /** Null: there is no reading it. */
  function read(): State | null {
    try {
      const from = storage();
      const { offload, servers } = parseText(from.getItem(key));
      return { offload, servers: servers.map((record) => withFacts(from, key, record)) };
    } catch {
      return null;
    }
  }

  /** As it is now: another tab may have written what this one has not been told of yet. What could not be kept is
   * known here only. */
  function fresh(): State {
    if (kept) state = read() ?? state;
    return state;
  }

  function keep(next: State, write: (to: Storage) => void): void {
    state = next;
    try {
      write(storage());
      kept = true;
    } catch {
      kept = false;
    }
    listeners.emit();
    page.dispatchEvent(new RecordsEvent(key, own));
  }

  const write = (next: State) => keep(next, (to) => to.setItem(key, JSON.stringify(next)));

  const changed = (before: State, id: string, part: Partial<ServerRecord>): State => ({
    ...before,
    servers: before.servers.map((one) => (one.id === id ? { ...one, ...part } : one)),
  });
  const has = ({ servers }: State, id: string) => servers.some((record) => record.id === id);

  function heard(about: string | null): void {
    if (about !== null && about !== key && !about.startsWith(`${key}.`)) return;
    state = read() ?? state;
    listeners.emit();
  }
  page.addEventListener('storage', (event) => heard((event as StorageEvent).key));
  page.addEventListener(CHANGED, (event) => {
    const { about, by } = event as RecordsEvent;
    if (by !== own) heard(about);
  });

  return {
    list: () => state.servers,
    get: (id) => state.servers.find((record) => record.id === id),
    put(record) {
      const { offload, servers } = fresh();
      write({ offload, servers: [...servers.filter(({ id }) => id !== record.id), record] });
    },
    change(id, part) {
      const before = fresh();
      if (!has(before, id)) return;
      const next = changed(before, id, part);
      keep(next, (to) => {
        if ('permission' in part || 'token' in part) to.setItem(key, JSON.stringify(next));
        writeFacts(to, key, id, part);
      });
    },
    learn(id, facts) {
      const before = fresh();
      if (has(before, id)) keep(changed(before, id, facts), (to) => writeFacts(to, key, id, facts));
    },
    remove(id) {
      const before = fresh();
      const next = { ...before, servers: before.servers.filter((record) => record.id !== id) };
      keep(next, (to) => {
        to.setItem(key, JSON.stringify(next));
        removeFacts(to, key, id);
      });
    },
    offload: () => state.offload,
    setOffload: (offload) => write({ ...fresh(), offload }),
    archive: () => state,
    restore(archived) {
      const { offload, servers } = parseState(archived);
      const now = fresh();
      const isNew = ({ id, url }: ServerRecord) =>
        !now.servers.some((known) => known.id === id || known.url === url);
      const added = servers.filter(isNew).slice(0, Math.max(0, MAX_SERVERS - now.servers.length));
      const untouched = now.servers.length === 0 && now.offload.mode === 'here';
      const next = { offload: untouched ? offload : now.offload, servers: [...now.servers, ...added] };
      keep(next, (to) => {
        to.setItem(key, JSON.stringify(next));
        // One of the same id may have been here before.
        for (const record of added) writeFacts(to, key, record.id, record);
      });
      return { added: added.length, skipped: servers.length - added.length };
    },
    clear() {
      const { servers } = fresh();
      keep(NOTHING, (to) => {
        to.setItem(key, JSON.stringify(NOTHING));
        for (const { id } of servers) removeFacts(to, key, id);
      });
    },
    kept: () => kept,
    watch: (listener) => listeners.add(listener),
  };
}
