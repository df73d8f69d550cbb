// Progress as a share of counted work, reading a key included: it only grows, and ends at 1.

/** Field products that reading, checking and laying out a byte of a key takes as long as: about 4 ns; half for each
 * of the two passes. */
const PER_KEY_BYTE = 0.08;

export class Work {
  private readonly onProgress: (share: number) => void;
  private done = 0;
  private total = 0;
  private share = 0;
  private keyCost = 0;

  constructor(onProgress: (share: number) => void) {
    this.onProgress = onProgress;
  }

  /** A key of so many bytes is to be read, twice. */
  key(bytes: number): void {
    this.keyCost = 2 * PER_KEY_BYTE * bytes;
  }

  /** What the proof will cost; said again when it is known better. */
  proof(cost: number): void {
    this.total = this.keyCost + cost;
  }

  readonly readBytes = (bytes: number): void => this.did(PER_KEY_BYTE * bytes);

  readonly did = (cost: number): void => {
    this.done += cost;
    this.share = Math.max(this.share, Math.min(1, this.done / this.total));
    this.onProgress(this.share);
  };
}
