// A tab as its user has it, watched by nobody. Playwright listens to a page's network, and for that the browser keeps
// a copy of all that the page fetches, in the page's own process: as large again as the key.
import type { Browser, CDPSession } from 'playwright-core';
import { type Renderer, rendererOf } from './memory.ts';

export interface Tab {
  /** The process that the page runs in. */
  renderer: Renderer;
  /** Runs a function in the page; what it takes and gives goes as JSON. */
  evaluate<A, R>(run: (given: A) => R, given?: A): Promise<Awaited<R>>;
  /** Waits until it says yes. */
  until(ready: () => boolean): Promise<void>;
}

interface Reply {
  id?: number;
  error?: { message: string };
  result?: {
    result: { value?: unknown };
    exceptionDetails?: { text: string; exception?: { description?: string } };
  };
}

const LOOK_MS = 50;

/** A tab of its own, outside Playwright's contexts. It goes with the browser. */
export async function openTab(browser: Browser, url: string): Promise<Tab> {
  const session = await browser.newBrowserCDPSession();
  const { targetId } = await session.send('Target.createTarget', { url });
  const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
  const run = evaluator(session, sessionId);
  const evaluate: Tab['evaluate'] = async (f, given) =>
    (await run(`(${f})(${JSON.stringify(given ?? null)})`)) as never;
  const beBusy = (ms: number) =>
    evaluate((ms: number) => {
      for (const begun = performance.now(); performance.now() < begun + ms; );
    }, ms);
  const wait = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  // Before it has gone to its address, it may be in another process, or have nothing to run in.
  const isThere = () => location.protocol.startsWith('http') && document.readyState === 'complete';
  while (!(await evaluate(isThere).catch(() => false))) await wait();
  const until: Tab['until'] = async (ready) => {
    while (!(await evaluate(ready))) await wait();
  };
  return { renderer: await rendererOf(browser, beBusy), evaluate, until };
}

function evaluator(session: CDPSession, sessionId: string): (expression: string) => Promise<unknown> {
  const waiting = new Map<number, (reply: Reply) => void>();
  let last = 0;
  session.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
    const reply = JSON.parse(message) as Reply;
    if (from === sessionId && reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });
  return async (expression) => {
    const id = ++last;
    const params = { expression, awaitPromise: true, returnByValue: true };
    const answered = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    const message = JSON.stringify({ id, method: 'Runtime.evaluate', params });
    await session.send('Target.sendMessageToTarget', { sessionId, message });
    const { error, result } = await answered;
    waiting.delete(id);
    const thrown = result?.exceptionDetails;
    if (error !== undefined) throw new Error(error.message);
    if (thrown !== undefined) throw new Error(thrown.exception?.description ?? thrown.text);
    return result?.result.value;
  };
}
