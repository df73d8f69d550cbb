// Servers that prove for this browser, when a person has allowed it: their connections, what may go to them, and
// what became of it. Consent is enforced in `openFor`, the one function here that opens a connection, and once more
// for each input that is about to be sent.
import { type PlacementPolicy, rungOn, viewOf } from '../core/backend-view.ts';
import type { ErrorData } from '../core/errors.ts';
import { GnomonError } from '../core/errors.ts';
import type { Estimates, Expectation } from '../core/estimates.ts';
import { RUNGS } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { type PlacedJob, placement } from '../core/placement.ts';
import type { AttemptRequest, Backend, BackendList, Clock, Random } from '../core/ports.ts';
import type { StageTimes } from '../core/time-left.ts';
import type { ConnectionPhase } from '../remote/connection.ts';
import { makeRemoteBackend, type RemoteBackend } from '../remote/remote-backend.ts';
import type { SocketLike } from '../remote/socket.ts';
import { isOnLocalNetwork, readServerAddress, readToken } from './server-address.ts';
import {
  MAX_SERVERS,
  type OffloadSettings,
  type ServerRecord,
  type ServerRecords,
} from './server-records.ts';

export interface ServersOptions {
  records: ServerRecords;
  /** Where jobs run on this device. */
  local: readonly Backend[];
  /** `(url) => new WebSocket(url)`. */
  createSocket: (url: string) => SocketLike;
  /** This page's own address. */
  page: URL;
  estimates: Estimates;
  /** The person's limit for this device, as it stands now. */
  hereConstraintsMost?: () => number | null;
  clock: Clock;
  random: Random;
  /** Whether an observer connects to servers that nobody has allowed yet, so that the person sees what a server that
   * they added says of itself; true when left out. A page that names servers by itself must not. */
  looksFirst?: boolean;
}

export interface ServerView extends Omit<ServerRecord, 'token'> {
  host: string;
  hasToken: boolean;
  onLocalNetwork: boolean;
  phase: ConnectionPhase;
  error: ErrorData | null;
  roundTripMs: number | null;
  /** What it says of itself; null until it has been reached. */
  says: {
    privacy: string;
    slots: number;
    busy: number;
    queued: number;
    circuits: { id: string; typicalMs: number | null }[];
  } | null;
}

export interface Servers {
  list(): ServerView[];
  offload(): OffloadSettings;
  setOffload(settings: OffloadSettings): void;
  /** Throws `input.server-…`. Nothing is allowed yet. */
  add(address: string, token: string): ServerView;
  remove(id: string): void;
  setPermission(id: string, permission: ServerRecord['permission']): void;
  /** After a wrong proof: the person wants to use it all the same. */
  trustAgain(id: string): void;
  /** Where a proof would be made if it were started now, and why. */
  forecast(job: ForecastJob): string;
  foresee(job: ForecastJob): Foresight;
  /** The address that this page came from, which may be a server as well; null once it is in the list. */
  ownAddress(): string | null;
  /** What jobs call the server of this id. */
  backendId(id: string): string;
  retryNow(): void;
  kept(): boolean;
  /** Connects to all servers, allowed or not, so that a page can show how they are. Returns what ends it. */
  observe(): () => void;
  watch(listener: () => void): () => void;
  /** For the scheduler: this device and the servers. Connections last while somebody watches it. */
  backends: BackendList;
  policy(): PlacementPolicy;
  onWrongProof(backendId: string, detail: string): void;
}

export interface ForecastJob extends Pick<PlacedJob, 'privacy' | 'sendTo'> {
  circuit: CircuitEntry;
  /** It carries an identity's secret. */
  secrets: boolean;
}

export interface Foresight {
  /** Null: nowhere yet; `reason` says what for it would wait. */
  backendId: string | null;
  reason: string;
  /** Of that backend, witness and proof; null while nothing is known. */
  expected: Expectation | null;
  /** To get there and back, and until it would begin. */
  waitMs: number;
  stages: StageTimes;
}

const PREFIX = 'server:';

export function makeServers(options: ServersOptions): Servers {
  const { records, clock, random } = options;
  const remotes = new Map<string, { record: ServerRecord; backend: RemoteBackend }>();
  const changed = createListeners<void>();
  let schedulers = 0;
  let observers = 0;

  /** What the person has allowed decides, as it stands now, whether a page talks to a server at all. */
  function mayConnect(id: string): boolean {
    const record = records.get(id);
    if (record === undefined) return false;
    if (observers > 0 && options.looksFirst !== false) return true;
    return schedulers + observers > 0 && mayUse(record);
  }
  const mayUse = ({ permission, setAside }: ServerRecord): boolean =>
    records.offload().mode !== 'here' && permission !== 'nothing' && setAside === null;

  function openFor(id: string, url: string): SocketLike {
    if (records.get(id)?.url !== url || !mayConnect(id)) throw notAllowed();
    return options.createSocket(url);
  }

  function guard(id: string, { leaves }: AttemptRequest): void {
    const record = records.get(id);
    const secrets = leaves?.secrets ?? true;
    if (record === undefined || !mayUse(record) || (secrets && record.permission !== 'secrets')) {
      throw notAllowed();
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
    });
    backend.watch(() => {
      const name = backend.status().welcome?.name.trim();
      const known = records.get(id);
      if (known !== undefined && name && known.name !== name) records.put({ ...known, name });
      changed.emit();
    });
    return backend;
  }

  /** Brings connections in line with the records and with who wants them. */
  function follow(): void {
    const wanted = new Map(records.list().map((record) => [record.id, record]));
    for (const [id, { record, backend }] of remotes) {
      const now = wanted.get(id);
      if (now !== undefined && now.url === record.url && now.token === record.token) continue;
      backend.close();
      remotes.delete(id);
    }
    for (const record of wanted.values()) {
      if (!remotes.has(record.id)) remotes.set(record.id, { record, backend: makeBackend(record) });
    }
    for (const [id, { backend }] of remotes) {
      const connects = mayConnect(id);
      const { phase } = backend.status();
      if (connects && phase === 'idle') backend.start();
      else if (!connects && phase !== 'idle') backend.close();
    }
    changed.emit();
  }
  records.watch(follow);
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
    const { token, ...shown } = record;
    const status = remotes.get(record.id)?.backend.status();
    const welcome = status?.welcome;
    return {
      ...shown,
      host: new URL(record.url).host,
      hasToken: token !== undefined,
      onLocalNetwork: isOnLocalNetwork(record.url),
      phase: status?.phase ?? 'idle',
      error: status?.error ?? null,
      roundTripMs: status?.roundTripMs ?? null,
      says: welcome
        ? {
            privacy: welcome.privacy,
            ...welcome.capacity,
            circuits: welcome.circuits.map(({ id, typicalMs }) => ({ id, typicalMs })),
          }
        : null,
    };
  }

  const change = (id: string, part: Partial<ServerRecord>): void => {
    const record = records.get(id);
    if (record !== undefined) records.put({ ...record, ...part });
  };

  const self: Servers = {
    list: () => records.list().map(shownOf),
    offload: () => records.offload(),
    setOffload: (settings) => records.setOffload(settings),
    add(address, token) {
      const read = readServerAddress(address, options.page);
      const given = readToken(token.trim()) || read.token;
      const known = records.list().find(({ url }) => url === read.url);
      if (known === undefined && records.list().length >= MAX_SERVERS) throw tooMany();
      const record: ServerRecord = {
        id: known?.id ?? random.id(),
        url: read.url,
        name: known?.name ?? new URL(read.url).host,
        permission: known?.permission ?? 'nothing',
        setAside: known?.setAside ?? null,
        ...(given === undefined ? {} : { token: given }),
      };
      records.put(record);
      return shownOf(record);
    },
    remove: (id) => records.remove(id),
    setPermission: (id, permission) => change(id, { permission }),
    trustAgain: (id) => change(id, { setAside: null }),
    forecast(job) {
      const { backendId, reason } = self.foresee(job);
      return backendId === null ? `not yet: ${reason}` : reason;
    },
    foresee({ circuit, secrets, privacy, sendTo }) {
      const job: PlacedJob & { circuit: CircuitEntry } = {
        circuit,
        privacy,
        ...(sendTo === undefined ? {} : { sendTo }),
        rung: RUNGS[0] as PlacedJob['rung'],
        expectedPublicSignals: null,
        secrets: secrets ? [{ signal: 'secret', identityId: 'any' }] : [],
        attempts: [],
        queuedAtMs: 0,
      };
      const policy = self.policy();
      const views = self.backends.list().map((backend) => viewOf(backend, 0, policy, options.estimates, job));
      const placed = placement(job, views, policy);
      const isPlaced = 'backendId' in placed;
      const view = isPlaced ? views.find(({ id }) => id === placed.backendId) : views[0];
      const rung = view === undefined || view.kind === 'remote' ? null : rungOn(view.rungs, job.rung);
      return {
        backendId: isPlaced ? placed.backendId : null,
        reason: isPlaced ? placed.reason : placed.waitingFor,
        expected: view === undefined ? null : options.estimates.expect(view.id, rung, circuit),
        waitMs: (view?.reachMs ?? 0) + (view?.waitMs ?? 0),
        stages: options.estimates.stages(view?.id ?? '', rung, circuit),
      };
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
    observe: count((by) => {
      observers += by;
    }),
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
      permission: (backendId) => records.get(backendId.slice(PREFIX.length))?.permission ?? 'nothing',
      setAside: (backendId) => records.get(backendId.slice(PREFIX.length))?.setAside ?? null,
      withoutExpectation: 'compute',
      hereConstraintsMost: options.hereConstraintsMost?.() ?? null,
    }),
    onWrongProof: (backendId, detail) =>
      change(backendId.slice(PREFIX.length), {
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

function notAllowed(): GnomonError {
  return new GnomonError('backend.not-allowed', 'You have not allowed this server.', {
    nextStep: 'Allow it on the Servers page, or prove on this device.',
    retryable: true,
  });
}
