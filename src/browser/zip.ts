// Many small texts as one zip, streamed: each file is made, compressed and let go before the next, and
// finished parts go into a Blob, which the browser may keep on disk.
import { strToU8, Zip, ZipDeflate } from 'fflate';
import { GnomonError } from '../core/errors.ts';

export interface ZipEntry {
  name: string;
  text: string;
}

/** A plain zip counts its files in 16 bits. */
export const ZIP_FILES_MAX = 65_535;
const PART_BYTES = 4 * 2 ** 20;
/** Any fixed date that zip can hold (from 1980): the same snapshot gives the same zip. */
const ZIP_TIME = Date.UTC(2000, 0, 1, 12);

/** `onFile` is called after each file and may pause (return a promise) or throw to stop. */
export async function zipBlob(
  entries: Iterable<ZipEntry>,
  count: number,
  onFile: (done: number) => void | Promise<void>,
): Promise<Blob> {
  if (count > ZIP_FILES_MAX) {
    throw new GnomonError('input.too-many-for-zip', 'A zip holds at most 65,535 files.', {
      nextStep: 'Hand out the bundles one by one, or split the campaign.',
    });
  }
  const finished: Blob[] = [];
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    if (error !== null) failure = error;
    else if (chunk !== undefined && chunk.length > 0) {
      parts.push(chunk as Uint8Array<ArrayBuffer>);
      bytes += chunk.length;
    }
  });
  let done = 0;
  for (const { name, text } of entries) {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = ZIP_TIME;
    zip.add(file);
    file.push(strToU8(text), true);
    if (failure !== null) throw failure;
    if (bytes >= PART_BYTES) {
      finished.push(new Blob(parts));
      parts = [];
      bytes = 0;
    }
    done++;
    await onFile(done);
  }
  zip.end();
  if (failure !== null) throw failure;
  return new Blob([...finished, ...parts], { type: 'application/zip' });
}

/** A file name that every system takes, made of a person's id; `number` keeps two that look alike apart. */
export function safeFileName(number: number, id: string, ending: string): string {
  const readable = id.replaceAll(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^[._]+|[._]+$/gu, '');
  return `${String(number).padStart(5, '0')}-${readable.slice(0, 60) || 'person'}${ending}`;
}
