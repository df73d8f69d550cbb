// Whether the leading tab works or stands still: a frozen page keeps its Web Lock. Waiting tabs ask, the
// leader answers. Messages are heard even where timers are throttled (hidden tabs), so silence means that
// the page does not run at all.
import type { Random } from '../core/ports.ts';
import { systemRandom } from '../core/system.ts';

export interface PulseTiming {
  askEveryMs?: number;
  /** Questions in a row that may stay without an answer. */
  patience?: number;
  random?: Pick<Random, 'fraction'>;
}

export interface Pulse {
  /** Asks until stopped; calls once when the leader has not answered for too long. */
  watch(onSilent: () => void): () => void;
  /** Whether a leader answers now: asks for a second or so, until one does or `signal` is aborted. */
  answered(signal: AbortSignal): Promise<boolean>;
  /** This tab begins to lead: nobody needs to ask for a while. */
  beat(): void;
  close(): void;
}

/** Takeover well within ten seconds, and longer than any task of the page's own blocks its thread (proving
 * is the workers'). A wrong guess costs one attempt, since the store's epoch fences the old leader. */
const ASK_EVERY_MS = 1_500;
const PATIENCE = 3;

/** A first question: a page that is well answers within milliseconds. */
const FIRST_ASK_EVERY_MS = 300;
const FIRST_PATIENCE = 4;

type Message = 'are you there?' | 'here';

/** `leading` says whether this tab is the one to answer. */
export function makePulse(name: string, leading: () => boolean, timing: PulseTiming = {}): Pulse {
  const { askEveryMs = ASK_EVERY_MS, patience = PATIENCE, random = systemRandom } = timing;
  const channel = new BroadcastChannel(name);
  let unanswered = 0;
  let onAnswer = () => {};
  const say = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data === 'here') {
      unanswered = 0;
      onAnswer();
    } else if (leading()) say('here');
  };
  return {
    watch(onSilent) {
      unanswered = 0;
      const timer = setInterval(() => {
        if (unanswered >= patience) {
          clearInterval(timer);
          onSilent();
          return;
        }
        unanswered++;
        say('are you there?');
      }, askEveryMs);
      return () => clearInterval(timer);
    },
    answered: (signal) =>
      new Promise((resolve) => {
        let asked = 0;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const end = (answer: boolean) => {
          clearTimeout(timer);
          onAnswer = () => {};
          resolve(answer);
        };
        const ask = () => {
          if (signal.aborted || asked === FIRST_PATIENCE) return end(false);
          asked++;
          say('are you there?');
          // Tabs that a browser brings back together do not all begin at once.
          timer = setTimeout(ask, FIRST_ASK_EVERY_MS * (1 + random.fraction() / 2));
        };
        onAnswer = () => end(true);
        ask();
      }),
    beat: () => say('here'),
    close: () => channel.close(),
  };
}
