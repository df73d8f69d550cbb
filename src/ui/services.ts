// What the pages need from the outside. Adapters arrive by context, never by import;
// the composition root (main.tsx) builds them.
import { createContext, useContext } from 'solid-js';
import type { Groth16Proof, VerificationKey } from '../core/groth16.ts';
import type { InputRetention, Job, JobRequest, Priority, Progress } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { ClaimBundle } from '../reputation/bundle.ts';
import type { CampaignFile } from '../reputation/campaign.ts';

import type { MetricsService } from './metrics-service.ts';
import type { ServersService } from './servers-service.ts';

export type Unsubscribe = () => void;

export type JobEvent =
  | { type: 'changed'; job: Job }
  | { type: 'removed'; jobId: string }
  | { type: 'queue'; paused: boolean }
  /** The page had been put away, and news went past it: whoever keeps a list reads it anew. */
  | { type: 'missed' }
  | { type: 'progress'; jobId: string; progress: Progress };

export interface JobsService {
  /** Resolves once the job is durably saved; the same id twice is the same job. */
  submit(request: JobRequest): Promise<Job>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(): Promise<Job[]>;
  cancel(id: string): Promise<void>;
  /** A failed or cancelled job whose input is still kept runs again. */
  retry(id: string): Promise<void>;
  /** A new job like this one, from its input; rejects with `input.gone` when that has been deleted. */
  again(id: string): Promise<Job>;
  /** Of a job that has not ended; others stay as they are. */
  setPriority(id: string, priority: Priority): Promise<void>;
  /** A paused job waits and keeps its place; a running one is put back first, and starts over later. */
  setPaused(id: string, paused: boolean): Promise<void>;
  /** Of the whole queue: what runs is finished, and nothing more begins until it goes on. */
  setQueuePaused(paused: boolean): Promise<void>;
  queuePaused(): Promise<boolean>;
  remove(id: string): Promise<void>;
  watch(listener: (event: JobEvent) => void): Unsubscribe;
}

export interface CircuitsService {
  /** Circuits that can be used now; grows while the server is still making keys. */
  list(): Promise<CircuitEntry[]>;
  /** The verification key, checked by digest. */
  vkey(circuit: CircuitEntry): Promise<VerificationKey>;
  /** Fetches all its files; `onBytes` counts what is here of all of them together. */
  keepForOffline(
    circuit: CircuitEntry,
    signal: AbortSignal,
    onBytes?: (bytes: number) => void,
  ): Promise<void>;
  /** The whole files that are kept on this device, of any circuit. */
  kept(): Promise<{ sha256: string; bytes: number; lastUsedAtMs: number }[]>;
  /** Deletes the circuit's files from this device. */
  drop(circuit: CircuitEntry): Promise<void>;
}

/** A circuit that a person brought. */
export interface OwnCircuit {
  circuit: CircuitEntry;
  /** What its files or its list call it. */
  name: string;
  /** "files", or the address of the list it came from. */
  from: string;
  /** Values that all its input signals take together. */
  inputValues: number;
  addedAtMs: number;
}

export interface OwnCircuitsService {
  /** Newest first. */
  list(): Promise<OwnCircuit[]>;
  /** Checks that the files belong together, and keeps them by digest. Without a vkey, the zkey's own is taken. */
  bringFiles(
    files: { wasm: File; zkey: File; vkey: File | null },
    onStep: (step: string) => void,
    signal: AbortSignal,
  ): Promise<OwnCircuit>;
  /** Asks that address for its list of circuits. */
  readManifest(url: string): Promise<CircuitEntry[]>;
  /** Fetches and checks one circuit of such a list; `onBytes` counts what is here of all its files. */
  bringListed(
    url: string,
    circuit: CircuitEntry,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<OwnCircuit>;
  /** How many values each named input takes; 0: there is none of that name; null: cannot be told. */
  inputLengths(circuit: CircuitEntry, names: string[]): Promise<Record<string, number | null>>;
  /** Deletes it with its files. */
  remove(id: string): Promise<void>;
}

export interface StorageFacts {
  usedBytes: number | null;
  freeBytes: number | null;
  /** The browser does not clear this site's data by itself. */
  persistent: boolean | null;
  /** It was asked for and refused. */
  refused: boolean;
}

export interface StorageService {
  facts(): Promise<StorageFacts>;
  /** Asks the browser to keep this site's data; its answer. */
  persist(): Promise<boolean>;
  /** Deletes all that is kept here, and the app's own copy; leave the page right after. */
  deleteEverything(): Promise<void>;
}

/** Everything that is kept here, but for the app's own circuits, in one file under a passphrase. */
export interface BackupService {
  exportAll(passphrase: string): Promise<Blob>;
  /** Adds what is not here yet; nothing that is here is changed. */
  importAll(file: Blob, passphrase: string): Promise<{ added: number; skipped: number }>;
}

export interface Settings {
  /** Null: as many as the device has. Takes effect when the app is opened next. */
  threads: number | null;
  /** What a proof may take; null: as much as the device has. */
  memoryLimitBytes: number | null;
  /** When the input of a job that has ended is deleted. */
  keepInput: InputRetention;
  /** The screen stays on while a proof is made and the page is seen. */
  keepAwake: boolean;
  /** A notification when a long proof has ended and no page is seen. */
  notify: boolean;
}

export interface SettingsService {
  read(): Settings;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  write(settings: Settings): boolean;
}

export type NotificationState = 'allowed' | 'refused' | 'not-asked' | 'unsupported';

export interface NotificationsService {
  state(): NotificationState;
  /** Has the browser ask the person; call it on their click only. */
  ask(): Promise<NotificationState>;
}

export interface IdentitySummary {
  id: string;
  name: string;
  /** Canonical decimal. */
  commitment: string;
  createdAtMs: number;
  backedUp: boolean;
  /** Derived from a published seed: anyone can act as it. */
  demo?: boolean;
  /** In this tab. */
  unlocked: boolean;
}

/** Kept identities: encrypted at rest, unlocked in memory only. */
export interface IdentitiesService {
  list(): Promise<IdentitySummary[]>;
  create(name: string, passphrase: string): Promise<IdentitySummary>;
  /** Takes a Semaphore export string. */
  importExported(exported: string, name: string, passphrase: string): Promise<IdentitySummary>;
  unlock(id: string, passphrase: string): Promise<void>;
  lock(id: string): Promise<void>;
  /** The Semaphore export string: the unencrypted key. Marks the identity as backed up. */
  exportString(id: string, passphrase: string): Promise<string>;
  /** Poseidon2(scope, secret), decimal; the identity must be unlocked. */
  nullifier(id: string, scope: string): Promise<string>;
  /** The line `subject,commitment,signature` that a campaign takes, signed over (campaign id, subject); the
   * identity must be unlocked. */
  signRegistration(id: string, campaignId: string, subject: string): Promise<string>;
  remove(id: string): Promise<void>;
  watch(listener: () => void): Unsubscribe;
}

export interface CryptographicCheck {
  name: string;
  ok: boolean;
  /** What was found, in words. */
  detail: string;
}

export interface VerifierService {
  /** Strict verification by both independent verifiers; one entry for each check. */
  verify(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<CryptographicCheck[]>;
  /** snarkjs' Solidity calldata for a proof. */
  solidityCalldata(proof: Groth16Proof, publicSignals: string[]): Promise<string>;
}

export interface AcceptedClaim {
  scope: string;
  nullifier: string;
  campaignName: string;
  claimantPayload: string;
  /** What it showed, in words: "at least 0.7". */
  shows?: string;
  /** A demo campaign's, so it proves nothing. */
  demo?: boolean;
  acceptedAtMs: number;
}

/** Accepted claims, keyed on (scope, nullifier); spending is atomic. */
export interface LedgerService {
  spend(claim: AcceptedClaim): Promise<'accepted' | 'already-used'>;
  list(): Promise<AcceptedClaim[]>;
  clear(): Promise<void>;
}

export interface PersonRow {
  subject: string;
  commitment: string;
  /** Records after import, before padding. */
  records: number;
  scorePpm: number;
}

export interface SnapshotProgress {
  step: string;
  /** 0…1 over the whole import. */
  fraction: number;
}

export interface NetworkImport {
  name: string;
  format: 'ratings-csv' | 'attestations-json';
  data: Blob;
}

/** Terms of a campaign as its maker types them; the rest is computed. */
export interface CampaignTerms {
  name: string;
  issuer: string;
  campaignId: string;
  /** Unix seconds. */
  asOf: number;
  baseRatePpm: number;
  proofType: 'exact' | 'threshold' | 'band' | 'membership';
  lowerPpm: number;
  upperPpm: number;
  acceptedSizes: number[];
  weights: { kind: 'uniform' } | { kind: 'flow'; seeds: string[] };
  demo: boolean;
  /** CSV `subject,commitment[,signature]`; not used by demos. */
  commitmentsCsv: string | null;
  /** Takes rows without a signature: whoever wrote the table vouches for it. */
  allowUnsigned?: boolean;
  /** The verifier's 64 hex digits; random when missing. */
  challenge?: string;
}

export interface PublishedSnapshot {
  id: string;
  campaign: CampaignFile;
  people: number;
  rejected: { where: string; reason: string }[];
  rejectedTotal: number;
  /** Subjects left out for want of a commitment. */
  unregistered: string[];
  /** Subjects whose evidence no accepted size holds; they cannot claim. */
  tooLarge: string[];
  /** SHA-256 of the campaign file, hex. */
  campaignDigest: string;
  /** Scores that only one subject has: an exact claim identifies them. */
  uniqueScores: number;
  /** Statements left out by the import's rules: about oneself, from after asOf, replaced by a newer one. */
  dropped: { self: number; future: number; superseded: number };
  createdAtMs: number;
}

/** What a network holds, before any of it is published. */
export interface NetworkFacts {
  statements: number;
  subjects: number;
  /** Subjects by the smallest size that holds their evidence. */
  bySize: { size: number; subjects: number }[];
  /** Subjects whose evidence no size holds. */
  tooLarge: number;
  rejected: { where: string; reason: string }[];
  rejectedTotal: number;
  /** When the newest statement was made, Unix seconds; null without any. */
  newestS: number | null;
}

/** A published snapshot file, recomputed. */
export interface SnapshotCheck {
  root: string;
  asOf: number;
  people: number;
  demo: boolean;
}

/** Snapshots are computed and held in a worker, and kept in IndexedDB. */
export interface SnapshotsService {
  /** Reads a network and counts, without hashing or keeping anything. */
  inspect(network: NetworkImport, signal: AbortSignal): Promise<NetworkFacts>;
  publish(
    network: NetworkImport,
    terms: CampaignTerms,
    onProgress: (progress: SnapshotProgress) => void,
    signal: AbortSignal,
  ): Promise<PublishedSnapshot>;
  list(): Promise<PublishedSnapshot[]>;
  /** Subjects whose id contains the query, best evidence first. */
  people(snapshotId: string, query: string, limit: number): Promise<PersonRow[]>;
  bundle(snapshotId: string, subject: string): Promise<ClaimBundle>;
  /** Every subject's bundle in one zip. */
  bundlesZip(
    snapshotId: string,
    signal: AbortSignal,
    onProgress?: (progress: SnapshotProgress) => void,
  ): Promise<Blob>;
  /** The published snapshot file, from which anyone can recompute the root. */
  snapshotFile(snapshotId: string): Promise<Blob>;
  /** Recomputes the root of a published snapshot file; one that does not hash to its own root is refused. */
  checkSnapshotFile(
    file: Blob,
    onProgress: (progress: SnapshotProgress) => void,
    signal: AbortSignal,
  ): Promise<SnapshotCheck>;
  remove(snapshotId: string): Promise<void>;
}

/** Which campaign file a scope was first used under; a scope is refused under another. */
export interface ScopesService {
  claimFor(scope: string, campaignDigest: string): Promise<'new' | 'same' | 'other'>;
}

export interface DeviceFacts {
  crossOriginIsolated: boolean;
  threads: number;
  /** Null where the browser does not say. */
  memoryBytes: number | null;
  online: boolean;
}

export interface Services {
  jobs: JobsService;
  circuits: CircuitsService;
  ownCircuits: OwnCircuitsService;
  storage: StorageService;
  settings: SettingsService;
  notifications: NotificationsService;
  backup: BackupService;
  identities: IdentitiesService;
  verifier: VerifierService;
  ledger: LedgerService;
  snapshots: SnapshotsService;
  scopes: ScopesService;
  servers: ServersService;
  metrics: MetricsService;
  device: DeviceFacts;
}

const ServicesContext = createContext<Services>();
export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error('A page was rendered outside ServicesProvider.');
  return services;
}
