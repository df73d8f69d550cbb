// Entry of a worker thread in Node; scripts/kernels.ts bundles it into a string that spawn.ts starts.
import { type Envelope, Host, type Request } from './messages.ts';

interface Port {
  on(event: 'message', listener: (message: Envelope<Request>) => void): void;
  postMessage(message: unknown): void;
}

// A variable keeps bundlers for the browser from looking for the module.
const moduleName = 'node:worker_threads';
const host = new Host();
import(moduleName).then(({ parentPort }: { parentPort: Port }) => {
  parentPort.on('message', ({ id, body }) => parentPort.postMessage({ id, body: host.answer(body) }));
});
