// A file that a caller gave, opened: what every kind of source comes to.
import type { KeyFile } from '../prover/engine/key-file.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

/** A file that is read only when it is needed, and a key piece by piece. */
export interface OpenSource {
  /** The same for the same bytes only. Of a path by the file's times and place, of an address by the version that
   * its server tells, else by content. */
  name(): Promise<string>;
  file(): Promise<KeyFile>;
  bytes(): Promise<Bytes>;
  close(): void;
}
