// Makes the worker it is loaded into die, as on a device that runs out of something: the worker's name says how,
// and whether at its first message or once the proof is under way.
export type Death =
  /** V8 ends a worker whose heap is full. */
  | 'heap-memory'
  /** No address space is left for another WebAssembly memory. */
  | 'wasm-memory'
  /** One of the threads that it started itself is ended. */
  | 'thread-killed'
  | 'closes'
  | 'loops';
/** At the first message, at the first sign of the proof, or when some of it is done. */
export type When = 'at-once' | 'proving' | 'half-way';

const [death, when] = self.name.split(' ') as [Death, When];
const threads: Worker[] = [];
const hoard: unknown[] = [];
let dead = false;

function die(): void {
  if (dead) return;
  dead = true;
  new BroadcastChannel('deaths').postMessage(Date.now());
  if (death === 'heap-memory') for (;;) hoard.push(new Array(100_000).fill(0).map(String));
  if (death === 'wasm-memory') hoardMemories();
  if (death === 'thread-killed') threads[0]?.terminate();
  if (death === 'closes') close();
  if (death === 'loops') for (;;);
}

/** Until the browser refuses; the pages are never touched, so that nobody else goes without. */
function hoardMemories(): void {
  for (const initial of [1_024, 16, 1]) {
    try {
      for (;;) hoard.push(new WebAssembly.Memory({ initial, maximum: 65_536 }));
    } catch {
      // The next size.
    }
  }
}

const RealWorker = Worker;
globalThis.Worker = class extends RealWorker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args);
    threads.push(this);
  }
};

if (when === 'at-once') addEventListener('message', die);
else {
  // Reports go through a port of their own. What has been said is heard.
  const sign = when === 'proving' ? /"stage":"proving"/ : /"stage":"proving","fraction":(0\.[1-9]|1)/;
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
    postMessage.apply(this, args as Parameters<typeof postMessage>);
    if (sign.test(JSON.stringify(args[0]))) die();
  } as typeof postMessage;
}
