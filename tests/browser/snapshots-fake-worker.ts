// A worker's two ends in one thread: what matters to these tests is the message channel and its loss.
import { type Endpoint, expose } from 'comlink';
import type { WorkerLike } from '../../src/browser/worker-task.ts';

export class FakeWorker extends EventTarget {
  terminated = false;
  readonly #channel = new MessageChannel();

  constructor(api: object) {
    super();
    expose(api, this.#channel.port2 as unknown as Endpoint);
    this.#channel.port1.addEventListener('message', (event) =>
      this.dispatchEvent(new MessageEvent('message', { data: (event as MessageEvent).data })),
    );
    this.#channel.port1.start();
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#channel.port1.postMessage(message, transfer as never);
  }

  terminate(): void {
    this.terminated = true;
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}

/** Starts such workers and remembers them. */
export function makeSpawner(api: () => object): { spawn: () => WorkerLike; spawned: FakeWorker[] } {
  const spawned: FakeWorker[] = [];
  return {
    spawned,
    spawn: () => {
      const worker = new FakeWorker(api());
      spawned.push(worker);
      return worker as unknown as WorkerLike;
    },
  };
}
