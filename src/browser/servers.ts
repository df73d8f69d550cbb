// Servers that prove for this browser, when a person has allowed it: their connections, what may go to them, and
// what became of it. Consent is enforced in `openFor`, the one function here that opens a connection, and once more
// for each input that is about to be sent, or that a server has.

import type { PlacementPolicy } from '../core/backend-view.ts';
import { GnomonError } from '../core/errors.ts';
import type { Estimates } from '../core/estimates.ts';
import type { Faults } from '../core/faults.ts';
import { createListeners } from '../core/listeners.ts';
import type { AttemptRequest, Backend, BackendList, Clock, Random } from '../core/ports.ts';
import { makeRemoteBackend, type RemoteBackend } from '../remote/remote-backend.ts';
import type { SocketLike } from '../remote/socket.ts';
import type { ServersService, ServerView } from '../services/servers.ts';
import type { LocalNetwork } from './local-network.ts';
import { isOnLocalNetwork, pairingLink, readServerAddress, readToken } from './server-address.ts';
import { type Forecasts, makeForecasts } from './server-forecast.ts';
import { MAX_SERVERS, type ServerRecord, type ServerRecords } from './server-records.ts';
import { NOT_CONNECTED, ownStatus, type ServerStatus, type SharedStatus } from './server-status.ts';

export interface ServersOptions {
  records: ServerRecords;
  /** Where jobs run on this device. */
  local: readonly Backend[];
  /** `(url) => new WebSocket(url)`. */
  createSocket: (url: string) => SocketLike;
  /** This page's own address. */
  page: URL;
  estimates: Estimates;
  /** The scheduler's, so that forecasts say what it will do. */
  faults?: Faults;
  /** The person's limit for this device, as it stands now. */
  hereConstraintsMost?: () => number | null;
  clock: Clock;
  random: Random;
  /** What tabs tell each other; left out: nothing. */
  shared?: SharedStatus;
  /** Left out: nobody asks before this page may reach the person's own network. */
  network?: LocalNetwork;
  /** Whether an observer connects to servers that nobody has allowed yet, so that the person sees what a server that
   * they added says of itself; true when left out. A page that names servers by itself must not. */
  looksFirst?: boolean;
}

export interface Servers extends Omit<ServersService, keyof Forecasts>, Forecasts {
  /** What jobs call the server of this id. */
  backendId(id: string): string;
  /** For the scheduler: this device and the servers. Connections last while somebody watches it. */
  backends: BackendList;
  policy(): PlacementPolicy;
  onWrongProof(backendId: string, detail: string): void;
}

const PREFIX = 'server:';

export function makeServers(options: ServersOptions): Servers {
  const { records, clock, random } = options;
  const remotes = new Map<string, { record: ServerRecord; backend: RemoteBackend }>();
  const changed = createListeners<void>();
  let schedulers = 0;
  const observers = { all: 0, allowed: 0 };
  /** Whoever the browser was to ask about, by the person's wish. */
  const asked = new Set<string>();

  /** What the person has allowed decides, as it stands now, whether a page talks to a server at all. */
  function mayConnect(id: string): boolean {
    const record = records.get(id);
    if (record === undefined) return false;
    // The browser's question comes after ours has said what it is about.
    if (options.network?.of(record.url) === 'prompt' && !asked.has(id)) return false;
    if (observers.all > 0 && options.looksFirst !== false) return true;
    return schedulers + observers.all + observers.allowed > 0 && mayUse(record);
  }
  const mayUse = ({ permission, setAside }: ServerRecord): boolean =>
    records.offload().mode !== 'here' && permission !== 'nothing' && setAside === null;

  function openFor(id: string, url: string): SocketLike {
    if (records.get(id)?.url !== url || !mayConnect(id))
      throw notAllowed('You have not allowed this server.');
    return options.createSocket(url);
  }

  function guard(id: string, { leaves }: AttemptRequest): void {
    const record = records.get(id);
    const secrets = leaves?.secrets ?? true;
    if (record === undefined) throw notAllowed('You have removed this server.');
    const { name, permission, setAside } = record;
    if (setAside !== null) throw notAllowed(`${name} is set aside.`);
    if (records.offload().mode === 'here') throw notAllowed('You have chosen to prove only here.');
    if (permission === 'nothing') throw notAllowed(`You have not allowed ${name} to see inputs.`);
    if (secrets && permission !== 'secrets') {
      throw notAllowed(`You have not allowed ${name} to see your identities’ secrets.`);
    }
  }

  function makeBackend(record: ServerRecord): RemoteBackend {
    const { id, url, token } = record;
    const backend = makeRemoteBackend({
      id: PREFIX + id,
      url,
      ...(token === undefined ? {} : { token }),
      open: (address) => openFor(id, address),
      clock,
      random,
      guard: (attempt) => guard(id, attempt),
      mustSeal: () => records.get(id)?.sealed === true,
    });
    backend.watch(() => {
      const { welcome } = backend.status();
      const name = welcome?.name.trim();
      const known = records.get(id);
      if (known !== undefined && name && known.name !== name) records.learn(id, { name });
      if (welcome !== null && welcome.key !== undefined) seenSealing(id);
      tell();
    });
    return backend;
  }

  function seenSealing(id: string): void {
    const known = records.get(id);
    if (known === undefined || known.sealed === true || known.permission === 'nothing') return;
    records.learn(id, { sealed: true });
  }

  /** Brings connections in line with the records and with who wants them. */
  function follow(): void {
    const wanted = new Map(records.list().map((record) => [record.id, record]));
    for (const [id, { record, backend }] of remotes) {
      const now = wanted.get(id);
      if (now !== undefined && now.url === record.url && now.token === record.token) continue;
      // One that is removed may have nothing more, which is not the same as being lost.
      backend.recheck();
      backend.close();
      remotes.delete(id);
    }
    for (const record of wanted.values()) {
      if (!remotes.has(record.id)) remotes.set(record.id, { record, backend: makeBackend(record) });
    }
    for (const [id, { backend }] of remotes) {
      // A connection may outlast what was allowed: the Servers page keeps it.
      backend.recheck();
      const connects = mayConnect(id);
      const { phase } = backend.status();
      if (connects && phase === 'idle') backend.start();
      else if (!connects && phase !== 'idle') backend.close();
    }
    tell();
  }

  /** Whoever schedules is connected to all that may be used, and tells the other tabs. */
  function tell(): void {
    if (schedulers > 0) {
      const statuses = [...remotes].map(([id, { backend }]): [string, ServerStatus] => [
        id,
        ownStatus(backend),
      ]);
      options.shared?.publish(Object.fromEntries(statuses));
    }
    changed.emit();
  }
  records.watch(follow);
  options.shared?.watch(() => changed.emit());
  options.network?.watch(() => {
    follow();
    for (const { backend } of remotes.values()) backend.retryNow();
  });
  follow();

  const count = (add: (by: 1 | -1) => void) => () => {
    let counted = true;
    add(1);
    follow();
    return () => {
      if (!counted) return;
      counted = false;
      add(-1);
      follow();
    };
  };
  const schedule = count((by) => {
    schedulers += by;
  });

  function shownOf(record: ServerRecord): ServerView {
    const { url, token, sealed, ...shown } = record;
    const backend = remotes.get(record.id)?.backend;
    const own = backend === undefined ? NOT_CONNECTED : ownStatus(backend);
    const told =
      schedulers === 0 && own.phase === 'idle' && mayUse(record) ? options.shared?.of(record.id) : null;
    const status = told ?? own;
    return {
      ...shown,
      ...status,
      sealsNoMore: sealed === true && status.says !== null && status.says.keyId === null,
      host: new URL(url).host,
      hasToken: token !== undefined,
      onLocalNetwork: isOnLocalNetwork(url),
      access: options.network?.of(url) ?? null,
    };
  }

  const self: Servers = {
    list: () => records.list().map(shownOf),
    offload: () => records.offload(),
    setOffload: (settings) => records.setOffload(settings),
    add(address, token) {
      const read = readServerAddress(address, options.page);
      const given = readToken(token.trim()) || read.token;
      const known = records.list().find(({ url }) => url === read.url);
      if (known !== undefined) {
        records.change(known.id, { token: given });
        return shownOf({ ...known, token: given });
      }
      if (records.list().length >= MAX_SERVERS) throw tooMany();
      const record: ServerRecord = {
        id: random.id(),
        url: read.url,
        name: new URL(read.url).host,
        permission: 'nothing',
        setAside: null,
        ...(given === undefined ? {} : { token: given }),
      };
      records.put(record);
      return shownOf(record);
    },
    remove: (id) => records.remove(id),
    setPermission(id, permission) {
      // What is allowed is what the person sees now; of one that is not there, what they saw last.
      const welcome = remotes.get(id)?.backend.status().welcome ?? null;
      const sealed = welcome === null ? records.get(id)?.sealed : welcome.key !== undefined || undefined;
      records.change(id, { permission, sealed: permission === 'nothing' ? undefined : sealed });
    },
    trustAgain: (id) => records.change(id, { setAside: null }),
    ...makeForecasts(
      () => self.backends.list(),
      () => self.policy(),
      options.estimates,
    ),
    pairingLink(id) {
      const record = records.get(id);
      if (record === undefined) return null;
      const { url, token } = record;
      return pairingLink({ url, ...(token === undefined ? {} : { token }) }, options.page);
    },
    askNetwork(id) {
      asked.add(id);
      follow();
    },
    ownAddress() {
      const { origin, protocol, hostname } = options.page;
      const { url } = readServerAddress(origin, { protocol, hostname });
      return records.list().some((record) => record.url === url) ? null : origin;
    },
    backendId: (id) => PREFIX + id,
    retryNow() {
      for (const { backend } of remotes.values()) backend.retryNow();
    },
    kept: () => records.kept(),
    observe: (which = 'all') =>
      count((by) => {
        observers[which] += by;
      })(),
    watch: (listener) => changed.add(listener),
    backends: {
      list: () => [...options.local, ...[...remotes.values()].map(({ backend }) => backend)],
      watch(listener) {
        const end = schedule();
        const unwatch = changed.add(listener);
        return () => {
          unwatch();
          end();
        };
      },
    },
    policy: () => ({
      mode: records.offload().mode,
      whenLost: records.offload().whenLost,
      permission: (backendId) => records.get(backendId.slice(PREFIX.length))?.permission ?? 'nothing',
      setAside: (backendId) => records.get(backendId.slice(PREFIX.length))?.setAside ?? null,
      falters: (backendId, ours) => options.faults?.falters(backendId, ours) ?? false,
      withoutExpectation: 'compute',
      hereConstraintsMost: options.hereConstraintsMost?.() ?? null,
    }),
    onWrongProof: (backendId, detail) =>
      records.learn(backendId.slice(PREFIX.length), {
        setAside: `a proof that it sent was wrong${detail === '' ? '' : ` (${detail.slice(0, 300)})`}`,
      }),
  };
  return self;
}

function tooMany(): GnomonError {
  return new GnomonError('input.server-count', `There are ${MAX_SERVERS} servers already.`, {
    nextStep: 'Remove one that you no longer use.',
  });
}

function notAllowed(what: string): GnomonError {
  return new GnomonError('backend.not-allowed', what, {
    nextStep: 'Allow it on the Servers page, or prove on this device.',
    retryable: true,
  });
}
