// Starts threads: worker threads in Node, Web Workers in a page or worker. Both answer Requests; both reject
// what is pending when the thread dies or is ended.
import { EngineError, fromData } from './errors.ts';
import type { Answer, Envelope, Request } from './messages.ts';
import { Host } from './messages.ts';

type Result = Exclude<Answer, { error: unknown }>['result'];

/** One thread, wherever it runs. */
export interface ThreadPort {
  /** What is in `transfer` is the thread's afterwards. */
  request(body: Request, transfer?: ArrayBuffer[]): Promise<Result>;
  /** Ends the thread; whatever is pending rejects with `reason`. */
  end(reason: EngineError): void;
  /** Called once when the thread dies by itself. */
  onDeath: (error: EngineError) => void;
}

/** What Node's Worker and the web's have in common, after `listen`. */
interface RawWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
  /** Node only: whether the thread keeps the process alive. */
  ref?(): void;
  unref?(): void;
}

interface NodeWorker extends RawWorker {
  on(event: string, listener: (value: unknown) => void): void;
}

interface WebWorker extends RawWorker {
  addEventListener(event: string, listener: (event: { data: unknown }) => void): void;
}

const threadDied = (cause?: unknown) =>
  new EngineError('resource.thread-died', 'A proving thread ended before its work was done.', {
    nextStep: 'Close other tabs or programs to free memory, then try again.',
    cause,
  });

class WorkerPort implements ThreadPort {
  onDeath: (error: EngineError) => void = () => undefined;
  private readonly pending = new Map<
    number,
    { resolve: (result: Result) => void; reject: (error: unknown) => void }
  >();
  private readonly worker: RawWorker;
  private nextId = 0;
  private ended: EngineError | undefined;

  constructor(
    worker: RawWorker,
    listen: (onMessage: (message: unknown) => void, onDeath: () => void) => void,
  ) {
    this.worker = worker;
    listen(
      (message) => this.receive(message as Envelope<Answer>),
      () => {
        if (this.ended !== undefined) return;
        const error = threadDied();
        this.end(error);
        this.onDeath(error);
      },
    );
    // At rest a thread must not keep the process alive. After listening, which would undo it.
    worker.unref?.();
  }

  request(body: Request, transfer: ArrayBuffer[] = []): Promise<Result> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      if (this.pending.size === 0) this.worker.ref?.();
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ id, body } satisfies Envelope<Request>, transfer);
    });
  }

  end(reason: EngineError): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    this.worker.terminate();
    for (const { reject } of this.pending.values()) reject(reason);
    this.pending.clear();
  }

  private receive({ id, body }: Envelope<Answer>): void {
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref?.();
    if ('error' in body) waiting?.reject(fromData(body.error));
    else waiting?.resolve(body.result);
  }
}

/** The calling thread itself: when one thread is wanted and none can or should be started. */
export function localThread(): ThreadPort {
  const host = new Host();
  let ended: EngineError | undefined;
  return {
    onDeath: () => undefined,
    async request(body) {
      // A turn of the event loop, so that cancelling is heard between tasks.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (ended !== undefined) throw ended;
      const answer = host.answer(body);
      if ('error' in answer) throw fromData(answer.error);
      return answer.result;
    },
    end(reason) {
      ended = reason;
    },
  };
}

declare function setTimeout(run: (value: unknown) => void, ms: number): unknown;

const isNode = (): boolean => {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
};

/** Starts one thread on this platform. */
export async function startThread(): Promise<ThreadPort> {
  const { nodeThread, webThread } = await import('./generated/threads.ts');
  try {
    return await (isNode() ? startNodeThread(nodeThread) : startWebThread(webThread));
  } catch (cause) {
    // No Worker here at all, or a policy that refuses them on the spot.
    throw threadDied(cause);
  }
}

/** All of them, or none. */
export async function startThreads(count: number): Promise<ThreadPort[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => startThread()));
  const threads = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed === undefined) return threads;
  for (const thread of threads) thread.end(failed.reason as EngineError);
  throw failed.reason;
}

async function startNodeThread(source: string): Promise<ThreadPort> {
  const moduleName = 'node:worker_threads';
  const { Worker } = (await import(/* @vite-ignore */ moduleName)) as {
    Worker: new (source: string, options: object) => NodeWorker;
  };
  const worker = new Worker(source, { eval: true, stdin: false, execArgv: [] });
  return new WorkerPort(worker, (onMessage, onDeath) => {
    worker.on('message', onMessage);
    worker.on('error', onDeath);
    worker.on('exit', onDeath);
  });
}

interface WebGlobals {
  Worker: new (url: string) => WebWorker;
  Blob: new (parts: string[], options: object) => object;
  URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

function startWebThread(source: string): ThreadPort {
  const { Worker, Blob, URL } = globalThis as unknown as WebGlobals;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  return new WorkerPort(worker, (onMessage, onDeath) => {
    worker.addEventListener('message', ({ data }) => {
      URL.revokeObjectURL(url);
      onMessage(data);
    });
    worker.addEventListener('error', onDeath);
    worker.addEventListener('messageerror', onDeath);
  });
}
