// Entry of a Web Worker; scripts/kernels.ts bundles it into a string that spawn.ts starts from a blob.
import { answerMessage, type Envelope, Host, type Request } from './messages.ts';

interface Scope {
  onmessage: ((event: { data: Envelope<Request> }) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

const scope = globalThis as unknown as Scope;
const host = new Host();
scope.onmessage = ({ data }) =>
  answerMessage(host, data, (message, transfer) => scope.postMessage(message, transfer));
