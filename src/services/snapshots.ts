// Networks and the campaigns that are published from them.
import type { ClaimBundle } from '../reputation/bundle.ts';
import type { CampaignFile } from '../reputation/campaign.ts';

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
