// What the pages need to know of servers that prove for this browser.
import type { OffloadMode, Permission } from '../../core/backend-view.ts';
import type { ErrorData } from '../../core/errors.ts';
import type { PrivacyTier } from '../../core/job.ts';
import type { CircuitEntry } from '../../core/manifest.ts';

export interface ServerView {
  id: string;
  name: string;
  host: string;
  permission: Permission;
  /** Why it gets nothing more until the person says so. */
  setAside: string | null;
  hasToken: boolean;
  /** The browser may ask before this page may reach it. */
  onLocalNetwork: boolean;
  phase: 'idle' | 'connecting' | 'ready' | 'waiting' | 'refused';
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

export interface OffloadSettings {
  mode: OffloadMode;
  /** Of new proofs. */
  tier: PrivacyTier;
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
  /** Where a proof would be made if it were started now, and why. */
  forecast(job: { circuit: CircuitEntry; secrets: boolean; privacy: PrivacyTier; sendTo?: string }): string;
  /** The address that this page came from; null once it is in the list. */
  ownAddress(): string | null;
  retryNow(): void;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  kept(): boolean;
  /** Connects to all servers, so that the page can show how they are. Returns what ends it. */
  observe(): () => void;
  watch(listener: () => void): () => void;
}
