// All that leaves a browser's context, to be searched: requests of every kind with address, headers and body, and
// WebSockets with address and frames.
import type { BrowserContext, Page, Request } from 'playwright-core';
import type { Place } from './canaries.ts';

export interface Outgoing {
  places(): Place[];
  forget(): void;
}

/** From now on. */
export function watchOutgoing(context: BrowserContext): Outgoing {
  const places: Place[] = [];
  const add = (name: string, bytes: Buffer | string) => places.push([name, Buffer.from(bytes)]);
  // Those of workers, beacons and the service worker too.
  context.on('request', (request) => add(...described(request)));
  const watchSockets = (page: Page) => {
    page.on('websocket', (socket) => {
      add('address of a WebSocket', decoded(socket.url()));
      socket.on('framesent', ({ payload }) => add('frame', payload));
    });
  };
  for (const page of context.pages()) watchSockets(page);
  context.on('page', watchSockets);
  return {
    places: () => [...places],
    forget: () => places.splice(0),
  };
}

function described(request: Request): Place {
  const { pathname } = new URL(request.url());
  const head = [decoded(request.url()), ...Object.entries(request.headers()).flat()].join('\n');
  const body = request.postDataBuffer() ?? Buffer.alloc(0);
  return [`${request.method()} ${pathname}`, Buffer.concat([Buffer.from(`${head}\n`), body])];
}

/** As it is, and without escapes where it has any. */
function decoded(address: string): string {
  try {
    return `${address}\n${decodeURIComponent(address)}`;
  } catch {
    return address;
  }
}

export const LEAKS = [
  'address',
  'header',
  'body',
  'form',
  'XMLHttpRequest',
  'beacon',
  'beacon of a Blob',
  'image',
  'worker',
  'address of a WebSocket',
  'frame',
  'frame of a worker',
] as const;

/** In the page: sends the secret to /control in one of the ways in which a page can send anything. */
export async function leak(options: {
  way: (typeof LEAKS)[number];
  secret: string;
  socket: string;
}): Promise<void> {
  const { way, secret, socket } = options;
  const at = new URL('/control', location.href).href;
  const post = (body: BodyInit) => fetch(at, { method: 'POST', body });
  const inWorker = (source: string) => {
    const blob = new Blob([source], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(blob));
  };
  const sendFrame = `const socket = new WebSocket('${socket}'); socket.onopen = () => socket.send('${secret}');`;
  if (way === 'address') await fetch(`${at}?${secret}`);
  if (way === 'header') await fetch(at, { headers: { 'X-Control': secret } });
  if (way === 'body') await post(secret);
  if (way === 'form') {
    const form = new FormData();
    form.set('file', new Blob([secret]), 'file');
    await post(form);
  }
  if (way === 'XMLHttpRequest') {
    const request = new XMLHttpRequest();
    request.open('POST', at);
    request.send(new TextEncoder().encode(secret));
  }
  if (way === 'beacon') navigator.sendBeacon(at, secret);
  if (way === 'beacon of a Blob') navigator.sendBeacon(at, new Blob([secret]));
  if (way === 'image') new Image().src = `${at}?${secret}`;
  if (way === 'worker') inWorker(`fetch('${at}', { method: 'POST', body: '${secret}' })`);
  if (way === 'address of a WebSocket') new WebSocket(`${socket}?${secret}`);
  if (way === 'frame') {
    const opened = new WebSocket(socket);
    opened.onopen = () => opened.send(secret);
  }
  if (way === 'frame of a worker') inWorker(sendFrame);
}
