// Whether the leading tab works or stands still: a frozen page keeps its Web Lock. Waiting tabs ask, the
// leader answers. Messages are heard even where timers are throttled (hidden tabs), so silence means that
// the page does not run at all.

export interface PulseTiming {
  askEveryMs?: number;
  /** Questions in a row that may stay without an answer. */
  patience?: number;
}

export interface Pulse {
  /** Asks until stopped; calls once when the leader has not answered for too long. */
  watch(onSilent: () => void): () => void;
  /** This tab begins to lead: nobody needs to ask for a while. */
  beat(): void;
  close(): void;
}

/** Takeover well within ten seconds, and longer than any task of the page's own blocks its thread (proving
 * is the workers'). A wrong guess costs one attempt, since the store's epoch fences the old leader. */
const ASK_EVERY_MS = 1_500;
const PATIENCE = 3;

type Message = 'are you there?' | 'here';

/** `leading` says whether this tab is the one to answer. */
export function makePulse(name: string, leading: () => boolean, timing: PulseTiming = {}): Pulse {
  const { askEveryMs = ASK_EVERY_MS, patience = PATIENCE } = timing;
  const channel = new BroadcastChannel(name);
  let unanswered = 0;
  const say = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data === 'here') unanswered = 0;
    else if (leading()) say('here');
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
    beat: () => say('here'),
    close: () => channel.close(),
  };
}
