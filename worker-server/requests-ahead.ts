// Requests that a client sends ahead on one connection, before it has read the answers to the ones before. Node makes
// objects for each request of a piece that was read, some thousand in 64 KiB, keeps them until the connection is closed,
// and reads on in that piece though it is closed: hundreds of connections at once are gigabytes. What comes after the
// allowed ones is therefore passed off as an upgrade, after which the parser reads no further.
import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Classes = Required<Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>>;

/** For an HTTP server on which at most so many requests of one connection are under way: one more ends it. Whoever
 * listens for upgrades gets that one, with its stream destroyed. */
export function boundRequestsAhead(most: number): Classes {
  const underWay = new WeakMap<Socket, number>();

  class CountedRequest extends IncomingMessage {
    constructor(socket: Socket) {
      super(socket);
      if ((underWay.get(socket) ?? 0) < most) return;
      socket.destroy();
      // What the parser is told of a request: 2, an upgrade. Newer versions of Node say 0 to it where they mean that.
      const { parser } = socket as { parser?: { onIncoming: () => number } | null };
      if (parser) parser.onIncoming = () => 2;
      // Node sets it from the request's headers, and asks it afterwards.
      Object.defineProperty(this, 'upgrade', { get: () => true, set() {} });
    }
  }

  class CountedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    constructor(...all: ConstructorParameters<typeof ServerResponse<Request>>) {
      super(...all);
      const [request] = all;
      const { socket } = request;
      underWay.set(socket, (underWay.get(socket) ?? 0) + 1);
      // Sent, or its connection closed.
      this.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    }
  }

  return { IncomingMessage: CountedRequest, ServerResponse: CountedResponse };
}
