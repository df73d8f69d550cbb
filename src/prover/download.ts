// One artifact's bytes from the network into a buffer: resumes with Range and If-Range, never takes more
// than the manifest says, never waits for good. What the bytes are is for the digest to tell.
import { GnomonError } from '../core/errors.ts';
import type { Artifact } from '../core/manifest.ts';

export interface DownloadOptions {
  artifact: Artifact;
  /** Of exactly `artifact.bytes`. */
  buffer: Uint8Array<ArrayBuffer>;
  /** Bytes already in the buffer; a whole number of chunks. */
  from: number;
  etag: string | null;
  signal: AbortSignal;
  chunkBytes: number;
  stallMs: number;
  fetch: typeof fetch;
  baseUrl: string;
  onBytes: (bytes: number) => void;
  /** A response has begun. */
  onStart: (etag: string | null) => Promise<void>;
  onChunk: (index: number, chunk: Uint8Array<ArrayBuffer>) => Promise<void>;
}

/** Broken connections are taken up again at once, as long as each brings something. */
const MAX_RECONNECTS = 5;

/** Fills the buffer. Rejects with `network.…`, `artifact.…` or `cancelled.aborted`. */
export async function download(options: DownloadOptions): Promise<{ etag: string | null }> {
  const state = { at: options.from, saved: options.from, etag: options.etag };
  for (let reconnects = 0; ; reconnects++) {
    const before = state.at;
    try {
      await connect(options, state);
      return { etag: state.etag };
    } catch (thrown) {
      if (options.signal.aborted) throw cancelled();
      const error = thrown instanceof GnomonError ? thrown : unreachable(options.artifact, thrown);
      const brokeOff = error.code === 'network.cut-short' || error.code === 'network.stalled';
      if (!brokeOff || state.at <= before || reconnects >= MAX_RECONNECTS) throw error;
    }
  }
}

interface State {
  /** Bytes in the buffer. */
  at: number;
  /** Bytes handed to onChunk. */
  saved: number;
  etag: string | null;
}

async function connect(options: DownloadOptions, state: State): Promise<void> {
  const { artifact, stallMs } = options;
  const controller = new AbortController();
  const abort = () => controller.abort();
  options.signal.addEventListener('abort', abort, { once: true });
  let stalled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const beat = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      abort();
    }, stallMs);
  };
  try {
    beat();
    const response = await request(options, state, controller.signal);
    beat();
    await options.onStart(state.etag);
    const body = response.body?.getReader();
    if (body === undefined) throw cutShort(artifact);
    try {
      await pump(body, options, state, beat);
    } finally {
      body.cancel().catch(() => undefined);
    }
  } catch (thrown) {
    if (stalled && !options.signal.aborted) throw stalledError(artifact);
    throw thrown;
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', abort);
    abort();
  }
}

async function request(options: DownloadOptions, state: State, signal: AbortSignal): Promise<Response> {
  const { artifact } = options;
  const url = resolve(artifact, options.baseUrl);
  const headers: Record<string, string> = {};
  if (state.at > 0) {
    headers.Range = `bytes=${state.at}-`;
    if (state.etag !== null) headers['If-Range'] = state.etag;
  }
  // A variable, since not every realm's types know `cache`. The digest cache is ours; the HTTP one would double it.
  const init = { headers, signal, cache: 'no-store' as const, credentials: 'omit' as const };
  const response = await options.fetch(url, init);
  if (response.status === 206 && state.at > 0 && continues(response, artifact, state.at)) return response;
  if (response.status === 206 || response.status === 416) {
    // Not the part that was asked for: the file has changed there. Start over.
    await response.body?.cancel().catch(() => undefined);
    if (state.at === 0) throw statusError(artifact, response.status);
    restart(state, options);
    return request(options, state, signal);
  }
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => undefined);
    throw statusError(artifact, response.status);
  }
  restart(state, options);
  state.etag = strongEtag(response);
  return response;
}

function restart(state: State, { onBytes }: DownloadOptions): void {
  state.at = 0;
  state.saved = 0;
  state.etag = null;
  onBytes(0);
}

/** Whether a 206 brings exactly what is missing. */
function continues(response: Response, { bytes }: Artifact, at: number): boolean {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (range === null) return false;
  const [, start, , total] = range;
  return Number(start) === at && (total === '*' || Number(total) === bytes);
}

function strongEtag(response: Response): string | null {
  const etag = response.headers.get('etag');
  return etag === null || etag.startsWith('W/') ? null : etag;
}

async function pump(
  body: ReadableStreamDefaultReader<Uint8Array>,
  options: DownloadOptions,
  state: State,
  beat: () => void,
): Promise<void> {
  const { artifact, buffer, chunkBytes, onBytes, onChunk } = options;
  const save = async (end: number): Promise<void> => {
    const chunk = buffer.slice(state.saved, end);
    const index = state.saved / chunkBytes;
    state.saved = end;
    await onChunk(index, chunk);
  };
  for (;;) {
    let part: { done: boolean; value?: Uint8Array };
    try {
      part = await body.read();
    } catch (thrown) {
      throw cutShort(artifact, thrown);
    }
    beat();
    if (part.done || part.value === undefined) break;
    if (part.value.length > artifact.bytes - state.at) throw tooLong(artifact);
    buffer.set(part.value, state.at);
    state.at += part.value.length;
    onBytes(state.at);
    while (state.at - state.saved >= chunkBytes) await save(state.saved + chunkBytes);
    // Saving may be slow; that is not the connection's fault.
    beat();
  }
  if (state.at < artifact.bytes) throw cutShort(artifact);
  if (state.saved < state.at) await save(state.at);
}

function resolve({ url }: Artifact, baseUrl: string): string {
  let resolved: URL | undefined;
  try {
    resolved = new URL(url, baseUrl);
  } catch {
    // Answered below.
  }
  if (resolved?.protocol === 'https:' || resolved?.protocol === 'http:') return resolved.href;
  throw new GnomonError('artifact.url', 'A circuit’s file has an address that cannot be fetched.', {
    where: url,
    nextStep: 'Use a list of circuits with http or https addresses.',
    retryable: false,
  });
}

export function cancelled(): GnomonError {
  return new GnomonError('cancelled.aborted', 'Loading was cancelled.', {
    nextStep: 'Start it again when you like.',
  });
}

function unreachable({ url }: Artifact, cause: unknown): GnomonError {
  return new GnomonError(
    'network.unreachable',
    'A circuit’s file is not on this device and could not be fetched.',
    {
      where: url,
      nextStep: 'Connect to the network and try again; once fetched, this circuit works offline.',
      cause,
    },
  );
}

function cutShort({ url }: Artifact, cause?: unknown): GnomonError {
  return new GnomonError('network.cut-short', 'The connection ended before a circuit’s file was complete.', {
    where: url,
    nextStep: 'Try again; it goes on where it stopped.',
    cause,
  });
}

function stalledError({ url }: Artifact): GnomonError {
  return new GnomonError('network.stalled', 'Nothing more arrived of a circuit’s file.', {
    where: url,
    nextStep: 'Check the connection and try again; it goes on where it stopped.',
  });
}

function tooLong({ url }: Artifact): GnomonError {
  return new GnomonError('artifact.too-long', 'A circuit’s file is larger than the list says.', {
    where: url,
    nextStep: 'Nothing of it was used. Ask whoever runs the server to check its files.',
    retryable: false,
  });
}

function statusError({ url }: Artifact, status: number): GnomonError {
  if (status === 404 || status === 410) {
    return new GnomonError('artifact.not-found', 'A circuit’s file is not on the server.', {
      where: url,
      nextStep: 'Wait until the server has made it, or ask whoever runs the server.',
    });
  }
  return new GnomonError('network.status', `The server answered ${status} for a circuit’s file.`, {
    where: url,
    nextStep: 'Try again in a while.',
  });
}
