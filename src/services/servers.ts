// What the pages need to know of servers that prove for this browser.
import type { OffloadMode, Permission, WhenLost } from '../core/backend-view.ts';
import type { ErrorData } from '../core/errors.ts';
import type { Job, PrivacyTier } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';

export interface ServerView {
  id: string;
  name: string;
  host: string;
  permission: Permission;
  /** Why it gets nothing more until the person says so. */
  setAside: string | null;
  /** It offered a key to seal inputs to, and now offers none: it gets nothing until it is allowed again. */
  sealsNoMore: boolean;
  hasToken: boolean;
  onLocalNetwork: boolean;
  /** Where the browser asks before this page may reach it: what it was told. */
  access: 'granted' | 'prompt' | 'denied' | null;
  phase: 'idle' | 'connecting' | 'ready' | 'waiting' | 'refused';
  error: ErrorData | null;
  roundTripMs: number | null;
  /** Proofs of ours that it makes now. */
  running: number;
  /** What it says of itself; null until it has been reached. */
  says: {
    privacy: string;
    /** The id of the key that inputs are sealed to before they go there; null: it offers none. */
    keyId: string | null;
    slots: number;
    busy: number;
    queued: number;
    circuits: { id: string; typicalMs: number | null }[];
  } | null;
}

export interface OffloadSettings {
  mode: OffloadMode;
  /** Of new proofs. */
  tier: PrivacyTier;
  /** When the server that has a proof is lost. */
  whenLost: WhenLost;
}

export interface ServersService {
  list(): ServerView[];
  offload(): OffloadSettings;
  setOffload(settings: OffloadSettings): void;
  /** An address or a pairing link. Throws `input.server-…`. Nothing is allowed yet. */
  add(address: string, token: string): ServerView;
  remove(id: string): void;
  setPermission(id: string, permission: Permission): void;
  /** After a wrong proof. */
  trustAgain(id: string): void;
  /** Where a proof would be made if it were started now, and why; without a backend, what it would wait for. */
  foresee(job: {
    circuit: CircuitEntry;
    secrets: boolean;
    privacy: PrivacyTier;
    sendTo?: string;
    /** Of a job that is in the queue already. */
    soFar?: Pick<Job, 'attempts' | 'queuedAtMs' | 'rung'>;
  }): { backendId: string | null; reason: string };
  /** How long a proof on this circuit would take in each place, in words; the first is this device. */
  outlooks(circuit: CircuitEntry): { backendId: string; words: string; refused: boolean }[];
  /** For another device: a link that holds the server's address and token. Null: there is no such server. */
  pairingLink(id: string): string | null;
  /** Lets the browser ask whether this page may reach it. */
  askNetwork(id: string): void;
  /** The address that this page came from; null once it is in the list. */
  ownAddress(): string | null;
  retryNow(): void;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  kept(): boolean;
  /** Connects to all servers, or to those that may be used, so that the page can show how they are. Returns what
   * ends it. */
  observe(which?: 'all' | 'allowed'): () => void;
  watch(listener: () => void): () => void;
}
