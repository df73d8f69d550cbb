// The bundle that is open, kept while the person looks at other pages (never stored), and the ways in.
import { createSignal } from 'solid-js';
import { GnomonError } from '../../../core/errors.ts';
import { type ClaimBundle, readBundle } from '../../../reputation/bundle.ts';
import { readTextFile } from '../../components/files.ts';

export interface OpenBundle {
  bundle: ClaimBundle;
  /** Where it comes from, in words: a file's name, "the sample". */
  from: string;
  sample: boolean;
}

const [openBundle, setOpenBundle] = createSignal<OpenBundle | null>(null);

export { openBundle, setOpenBundle };

/** A bundle of 1,024 records with its sources and siblings stays under half of this. */
const BUNDLE_BYTES_MAX = 2_000_000;

/** Reads a bundle file; errors name the file, the field and what to do. */
export async function readBundleFile(file: File): Promise<ClaimBundle> {
  const text = await readTextFile(file, BUNDLE_BYTES_MAX);
  try {
    return readBundle(text);
  } catch (thrown) {
    if (!(thrown instanceof GnomonError)) throw thrown;
    const { where, ...data } = thrown.toData();
    throw GnomonError.fromData({
      ...data,
      where: where === undefined ? file.name : `${file.name}, ${where}`,
    });
  }
}
