// A blob as a source, also one that was fetched.
import { Checksum } from './checksum.ts';
import type { OpenSource } from './open-source.ts';

const PIECE_BYTES = 1 << 20;

let blobs = 0;
const blobNames = new WeakMap<Blob, string>();

/** Blobs never change. */
export function blobName(blob: Blob): string {
  const name = blobNames.get(blob) ?? `blob ${blobs++}`;
  blobNames.set(blob, name);
  return name;
}

/** Browsers keep large blobs out of the page's memory. Without a name it gets that of its content. */
export function ofBlob(blob: Blob, name: string | undefined): OpenSource {
  const read = async (at: number, bytes: number) =>
    new Uint8Array(await blob.slice(at, at + bytes).arrayBuffer());
  return {
    async name() {
      if (name !== undefined) return name;
      const sum = new Checksum();
      for (let at = 0; at < blob.size; at += PIECE_BYTES) sum.add(await read(at, PIECE_BYTES));
      return `bytes ${sum.text}`;
    },
    file: async () => ({ bytes: blob.size, read }),
    bytes: () => read(0, blob.size),
    close: () => undefined,
  };
}
