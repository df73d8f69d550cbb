// Files in and out of the page.
import { GnomonError } from '../../core/errors.ts';
import { bytesText } from './format.ts';

/** Reads a dropped file as text; refuses one larger than `maxBytes` before reading it. */
export async function readTextFile(file: File, maxBytes: number): Promise<string> {
  if (file.size > maxBytes) {
    throw new GnomonError(
      'input.file-too-large',
      `This file is ${bytesText(file.size)}; at most ${bytesText(maxBytes)} fit here.`,
      {
        nextStep: 'Check that it is the right file.',
        where: file.name,
      },
    );
  }
  return file.text();
}

/** Saves data under a name, through the browser's own download. */
export function saveFile(name: string, data: Blob | string, type = 'application/json'): void {
  const blob = typeof data === 'string' ? new Blob([data], { type }) : data;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own reference once it has begun; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
