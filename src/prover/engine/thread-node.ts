// Entry of a worker thread in Node; scripts/kernels.ts bundles it into a string that spawn.ts starts.
import { answerMessage, type Envelope, Host, type Request } from './messages.ts';

interface Port {
  on(event: 'message', listener: (message: Envelope<Request>) => void): void;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

// A variable keeps bundlers for the browser from looking for the module.
const moduleName = 'node:worker_threads';
const host = new Host();
import(moduleName).then(({ parentPort }: { parentPort: Port }) => {
  parentPort.on('message', (given) =>
    answerMessage(host, given, (message, transfer) => parentPort.postMessage(message, transfer)),
  );
});
