// One attempt on a worker server, from submitting to its end, over as many connections as it takes. It ends
// once: by its result, its failure, an abort, or because the server is gone or keeps it waiting.

import { GnomonError } from '../core/errors.ts';
import { type Progress, type ProofResult, STAGES } from '../core/job.ts';
import type { AttemptRequest, Clock } from '../core/ports.ts';
import { framesOf } from '../core/wire/frames.ts';
import type { ClientMessageInput, ServerData, ServerMessage } from '../core/wire/messages.ts';
import { parseInputBytes } from '../core/wire/parse.ts';
import { fractionOf } from '../core/wire/percent.ts';
import type { Connection } from './connection.ts';
import { aborted, cannotSeal, failedThere, keptWaiting, lostServer, tooLarge } from './errors.ts';
import type { seal } from './sealing.ts';

export interface RemoteJobOptions {
  /** Random, so that nobody who shares the server can name it. */
  wireId: string;
  label: string;
  connection: Connection;
  clock: Clock;
  lostAfterMs: number;
  maxWaitMs: number;
  /** Asked again before anything of the input is sent; what it throws ends the job. */
  guard?: (() => void) | undefined;
  onProgress: (progress: Progress) => void;
  /** It ended here, and not there: called at once, before the connection may be closed for the same reason. */
  onGivenUp: () => void;
}

export interface RemoteJob {
  readonly result: Promise<ProofResult>;
  /** Submits it, once whoever waits for it listens. */
  start(): void;
  take(
    message: Extract<ServerMessage, { type: 'accepted' | 'progress' | 'result' | 'failed' | 'subscribed' }>,
  ): void;
  /** The server lives, though it says nothing of this job. */
  alive(): void;
  connected(sameProcess: boolean): void;
  lost(): void;
  abort(): void;
  /** Ends it if its guard does not let it go on. */
  recheck(): void;
  /** The connection is not coming back. */
  giveUp(): void;
}

/** A text message may hold 20,000 values; one takes four bytes at least. */
const INLINE_BYTES = 64 * 1024;
/** Frames wait while more than this is unsent, so that cancels and pongs get through. */
const SEND_AHEAD_BYTES = 512 * 1024;
const SEND_PAUSE_MS = 20;
const DAY_MS = 86_400_000;
const TICK_MS = 500;
/** A server that is asked for a job, and says nothing of it, may have refused the message: it is asked again after
 * this, then after twice that. */
const ASK_AGAIN_MS = 2_000;
const ASK_AGAIN_MOST_MS = 8_000;

export function createRemoteJob(attempt: AttemptRequest, options: RemoteJobOptions): RemoteJob {
  const { wireId, label, connection, clock, onProgress } = options;
  /** What goes in frames unless it is sealed: null when it fits into the message itself. */
  const payload = attempt.witness ?? largeInput(attempt);
  let open = true;
  let accepted = false;
  let started = false;
  let last: Progress = { stage: 'artifacts', fraction: 0, etaMs: null };
  /** Grows with each submit, so that an earlier one's frames stop. */
  let sending = 0;
  let submittedMs: number | null = null;
  let waitedMs = 0;
  let awayMs = 0;
  let away = false;
  /** Asked for after a reconnect, and not answered yet. */
  let asking = false;
  let askingMs = 0;
  let unsetTick = () => {};
  let unsetAsk = () => {};

  let resolve: (result: ProofResult) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const result = new Promise<ProofResult>((yes, no) => {
    resolve = yes;
    reject = no;
  });

  function end(settle: () => void): void {
    if (!open) return;
    open = false;
    sending++;
    unsetTick();
    answered();
    settle();
  }

  function fail(error: Error): void {
    end(() => {
      options.onGivenUp();
      reject(error);
    });
  }

  function ask(againMs = ASK_AGAIN_MS): void {
    asking = true;
    connection.send({ type: 'subscribe', requestId: wireId });
    unsetAsk = clock.setTimer(againMs, () => ask(Math.min(2 * againMs, ASK_AGAIN_MOST_MS)));
  }

  function answered(): void {
    asking = false;
    askingMs = 0;
    unsetAsk();
  }

  /** What was allowed when it began may have been withdrawn since. */
  function mayGoOn(): boolean {
    try {
      options.guard?.();
    } catch (thrown) {
      fail(thrown as Error);
    }
    return open;
  }

  // Time that this machine sleeps through counts a little only: the network slept as well.
  let tickedMs = clock.monotonicMs();
  function tick(): void {
    const nowMs = clock.monotonicMs();
    const passedMs = Math.min(nowMs - tickedMs, 4 * TICK_MS);
    tickedMs = nowMs;
    if (asking) askingMs += passedMs;
    if (away) awayMs += passedMs;
    else if (!started || last.stage === 'artifacts') waitedMs += passedMs;
    if (Math.max(awayMs, askingMs) >= options.lostAfterMs) fail(lostServer(label));
    else if (waitedMs >= options.maxWaitMs) fail(keptWaiting(label));
    else unsetTick = clock.setTimer(TICK_MS, tick);
  }
  unsetTick = clock.setTimer(TICK_MS, tick);

  function submit(): void {
    if (!mayGoOn()) return;
    const mine = ++sending;
    const key = connection.welcome?.key;
    if (key === undefined || attempt.witness !== undefined) {
      send(payload, announcement(attempt, payload), mine);
      return;
    }
    const what = { circuit: attempt.circuit.artifacts.zkey.sha256, jobId: wireId };
    const text = payload ?? jsonOf(attempt);
    sealed(text, key, what).then(
      (bytes) => mine === sending && mayGoOn() && send(bytes, { sealedBytes: bytes.length }, mine),
      (thrown) => mine === sending && fail(thrown instanceof GnomonError ? thrown : cannotSeal(label)),
    );
  }

  function send(frames: Uint8Array | null, announced: Announcement, mine: number): void {
    const { expectedPublicSignals, circuit } = attempt;
    if (frames !== null && frames.length > (connection.welcome?.maxPayloadBytes ?? 0)) {
      fail(tooLarge(label));
      return;
    }
    submittedMs = frames === null ? clock.monotonicMs() : null;
    connection.send({
      type: 'submit',
      jobId: wireId,
      circuit: circuit.artifacts.zkey.sha256,
      ...announced,
      ...(expectedPublicSignals === undefined ? {} : { expectedPublicSignals }),
      // Waiting and fetching are not part of the deadline; ours is enforced here in any case.
      deadlineMs: Math.min(DAY_MS, Math.ceil(attempt.deadlineMs + options.maxWaitMs)),
    });
    if (frames !== null) sendFrames(framesOf(wireId, frames), mine);
  }

  function sendFrames(frames: Generator<Uint8Array>, mine: number): void {
    while (mine === sending && open) {
      if (connection.buffered() > SEND_AHEAD_BYTES) {
        clock.setTimer(SEND_PAUSE_MS, () => sendFrames(frames, mine));
        return;
      }
      if (!mayGoOn()) return;
      const next = frames.next();
      if (next.done || !connection.send(next.value as Uint8Array<ArrayBuffer>)) return;
      alive();
    }
  }

  function alive(): void {
    const waitsFor = away ? 'connection' : accepted && !started ? 'turn' : undefined;
    tell(waitsFor === undefined ? last : { ...last, waitsFor });
  }

  function tell(progress: Progress): void {
    if (open) onProgress(progress);
  }

  function report(next: Progress): void {
    const back = STAGES.indexOf(next.stage) < STAGES.indexOf(last.stage);
    if (!open || back) return;
    // Each stage is told of from its beginning, whatever a slow line has swallowed.
    for (const stage of STAGES.slice(STAGES.indexOf(last.stage) + 1, STAGES.indexOf(next.stage))) {
      tell({ stage, fraction: 1, etaMs: null });
    }
    const fraction = next.stage === last.stage ? Math.max(last.fraction, next.fraction) : next.fraction;
    last = { ...next, fraction };
    tell(last);
  }

  function onState({ status, stage, progress, estimatedRemainingMs }: ServerData['progress']): void {
    if (status === 'running') started = true;
    if (status !== 'running' || stage === null) alive();
    // Checking what it made is our own last stage, and begins here.
    else if (stage === 'verifying') report({ stage: 'proving', fraction: 1, etaMs: estimatedRemainingMs });
    else report({ stage, fraction: fractionOf(stage, progress), etaMs: estimatedRemainingMs });
  }

  function onResult({ proof, publicSignals, timings, prover, threads }: ServerData['result']): void {
    report({ stage: 'proving', fraction: 1, etaMs: 0 });
    const { artifacts = 0, witness = 0, proving = 0 } = timings;
    end(() =>
      resolve({
        proof,
        publicSignals,
        timingsMs: { artifacts, witness, proving },
        prover: prover === '' ? 'unknown' : prover,
        threads: Math.max(1, threads),
      }),
    );
  }

  return {
    result,
    start() {
      tell(last);
      // Whoever heard that may have ended it.
      if (open) submit();
    },
    alive,
    take(message) {
      if (!open) return;
      awayMs = 0;
      const wasAsked = asking;
      answered();
      switch (message.type) {
        case 'accepted':
          if (submittedMs !== null) connection.measured(clock.monotonicMs() - submittedMs);
          submittedMs = null;
          accepted = true;
          alive();
          break;
        case 'progress':
          onState(message.data);
          break;
        case 'result':
          onResult(message.data);
          break;
        case 'failed':
          end(() => reject(failedThere(label, message.data)));
          break;
        case 'subscribed':
          // Forgotten, or never arrived: the same id is the same job, so nothing runs twice.
          if (message.data.status === 'unknown') {
            // Asked twice, it may say so twice.
            if (wasAsked) submit();
          } else if (message.data.status === 'running') started = true;
          break;
      }
    },
    connected(sameProcess) {
      if (!open) return;
      away = false;
      awayMs = 0;
      alive();
      // Whoever heard that may have ended it.
      if (!open) return;
      if (sameProcess) ask();
      else {
        // It begins there anew; here the bar stays where it was.
        accepted = false;
        started = false;
        submit();
      }
    },
    lost() {
      if (!open) return;
      away = true;
      answered();
      submittedMs = null;
      sending++;
      alive();
    },
    abort: () => fail(aborted()),
    recheck: () => void mayGoOn(),
    giveUp: () => fail(lostServer(label)),
  };
}

/** Null: it fits into the message itself. */
function largeInput(attempt: AttemptRequest): Uint8Array | null {
  const json = jsonOf(attempt);
  return json.length > INLINE_BYTES ? json : null;
}

function jsonOf({ input, inputJson }: AttemptRequest): Uint8Array {
  return inputJson ?? new TextEncoder().encode(JSON.stringify(input));
}

/** Fetched when the first server asks for it: most never do. */
const sealed: typeof seal = async (...what) => (await import('./sealing.ts')).seal(...what);

type Announcement = Pick<ClientMessageInput & { type: 'submit' }, PayloadField>;
type PayloadField = 'input' | 'inputBytes' | 'witnessBytes' | 'sealedBytes';

function announcement(attempt: AttemptRequest, payload: Uint8Array | null): Announcement {
  const { input, inputJson, witness } = attempt;
  if (payload === null) return { input: inputJson === undefined ? input : parseInputBytes(inputJson) };
  return witness === undefined ? { inputBytes: payload.length } : { witnessBytes: payload.length };
}
