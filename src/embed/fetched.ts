// A file at an address: its body is read only when somebody needs it, and never waited for without end.
import { GnomonError } from '../core/errors.ts';
import { giveBack } from '../prover/engine/key-file.ts';
import { ofBlob } from './blob-source.ts';
import { follow } from './cancel.ts';
import type { OpenSource } from './open-source.ts';
import type { FetchOptions } from './types.ts';

/** A slow network has pauses of seconds; a connection that was silent for so long is dead, or its server is. */
const STALL_MS = 60_000;
/** The longest that timers take. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const PART_BYTES = 1 << 20;

/** Rejects with `network.unreachable`, `network.cut-short` or `network.stalled`, as do its functions. */
export async function openFetched(url: string, what: string, options: FetchOptions): Promise<OpenSource> {
  const following = follow(options.signal);
  const stallMs = Number(options.stallMs) > 0 ? Number(options.stallMs) : STALL_MS;
  const about = { what, where: placeOf(url) };
  const heard = <T>(work: Promise<T>) => unlessSilent(work, stallMs, () => stalled(about, stallMs));
  let response: Response;
  try {
    response = await heard(fetch(url, { signal: following.signal }));
  } catch (cause) {
    following.end();
    throw cause instanceof GnomonError ? cause : unreachable(about, cause);
  }
  if (!response.ok) {
    following.end();
    throw unreachable({ ...about, what: `${what}: HTTP ${response.status}` }, undefined);
  }
  const version = versionOf(response.headers);
  let fetched: Promise<OpenSource> | undefined;
  const content = () => {
    fetched ??= gather(response, heard).then(
      (blob) => ofBlob(blob, undefined),
      (cause) => {
        throw cause instanceof GnomonError ? cause : cutShort(about, cause);
      },
    );
    return fetched;
  };
  return {
    name: async () => (version === undefined ? (await content()).name() : `${response.url} ${version}`),
    file: async () => (await content()).file(),
    bytes: async () => (await content()).bytes(),
    // What is not needed, or does not come, is not fetched to its end.
    close: () => following.end(),
  };
}

/** The clock runs only while somebody waits for bytes. */
function unlessSilent<T>(work: Promise<T>, stallMs: number, onSilence: () => GnomonError): Promise<T> {
  if (stallMs > MAX_TIMER_MS) return work;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(onSilence()), stallMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** What `Response.blob` gives, with every part's arrival heard of. Bytes leave the page's memory part by part. */
async function gather(response: Response, heard: <T>(work: Promise<T>) => Promise<T>): Promise<Blob> {
  const reader = response.body?.getReader();
  if (reader === undefined) return heard(response.blob());
  const parts: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const put = () => {
    parts.push(new Blob(chunks));
    for (const chunk of chunks) if (chunk.length === chunk.buffer.byteLength) giveBack(chunk);
    [chunks, bytes] = [[], 0];
  };
  for (;;) {
    const { done, value } = await heard(reader.read());
    if (done) break;
    chunks.push(value as Uint8Array<ArrayBuffer>);
    bytes += value.length;
    if (bytes >= PART_BYTES) put();
  }
  put();
  return new Blob(parts);
}

/** What changes whenever the bytes do: a strong entity tag, or a date of change that is surely older than the
 * answer (RFC 9110, 8.8). Undefined where the server tells neither, or not to this page. */
export function versionOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  if (tag?.startsWith('"')) return tag;
  const changed = headers.get('last-modified');
  const [then, now] = [Date.parse(changed ?? ''), Date.parse(headers.get('date') ?? '')];
  return now - then > 60_000 ? `${changed} ${headers.get('content-length')}` : undefined;
}

/** Without its query, which may hold what is not for logs; undefined for what is no address of a server. */
function placeOf(url: string): string | undefined {
  const base = (globalThis as { location?: { href: string } }).location?.href;
  try {
    const { protocol, origin, pathname } = new URL(url, base);
    return /^https?:$/.test(protocol) ? origin + pathname : undefined;
  } catch {
    return undefined;
  }
}

interface About {
  what: string;
  where: string | undefined;
}

function failure(
  code: 'unreachable' | 'cut-short' | 'stalled',
  message: string,
  { where }: About,
  nextStep: string,
  cause?: unknown,
): GnomonError {
  return new GnomonError(`network.${code}`, message, {
    nextStep,
    cause,
    ...(where === undefined ? {} : { where }),
  });
}

function unreachable(about: About, cause: unknown): GnomonError {
  const nextStep = 'Check the address, and that this page may fetch from there.';
  return failure('unreachable', `The ${about.what} cannot be fetched.`, about, nextStep, cause);
}

function cutShort(about: About, cause: unknown): GnomonError {
  const message = `The connection ended before the ${about.what} was complete.`;
  return failure('cut-short', message, about, 'Check the connection, and try again.', cause);
}

function stalled(about: About, stallMs: number): GnomonError {
  const message = `Nothing of the ${about.what} arrived for ${stallMs / 1000} s, so the download was ended.`;
  const nextStep = 'Check the connection and the server, and try again; `stallMs` allows longer silences.';
  return failure('stalled', message, about, nextStep);
}
