// What a server says, as messages of the wire protocol: itself, how jobs stand, what it refuses.
import { type ErrorData, GnomonError } from '../../src/core/errors.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import {
  PING_INTERVAL_MS,
  PROTOCOL_VERSION,
  type ServerData,
  type ServerMessage,
} from '../../src/core/wire/messages.ts';
import { hasEnded, type JobView } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';

export function welcomeMessage(
  { serverId, name, privacy, limits, jobs, sealingKey }: ServerParts,
  circuits: readonly CircuitEntry[],
  capacity: ServerData['welcome']['capacity'],
): ServerMessage {
  return {
    type: 'welcome',
    data: {
      ...{ version: PROTOCOL_VERSION, serverId, name, privacy, capacity },
      circuits: circuits.map(({ id, artifacts, constraints }) => ({
        id,
        digest: artifacts.zkey.sha256,
        constraints,
        typicalMs: jobs.figures.typicalMs(id),
      })),
      pingIntervalMs: PING_INTERVAL_MS,
      maxPayloadBytes: limits.maxPayloadBytes,
      ...(sealingKey && { key: sealingKey() }),
    },
  };
}

/** The message that says how a job stands: its end, or its progress. */
export function standOf(view: JobView): ServerMessage {
  return hasEnded(view) ? endOf(view) : progressOf(view);
}

function progressOf(view: JobView): ServerMessage {
  return {
    type: 'progress',
    requestId: view.jobId,
    data: {
      requestId: view.jobId,
      status: view.state,
      stage: view.stage,
      progress: view.percent,
      estimatedRemainingMs: view.etaMs,
    },
  };
}

function endOf({ jobId, state, result, error }: JobView): ServerMessage {
  if (state === 'succeeded' && result !== null) {
    const { proof, publicSignals, timingsMs, prover, threads } = result;
    const data = { jobId, proof, publicSignals, timings: timingsMs, prover, threads };
    return { type: 'result', requestId: jobId, data };
  }
  return failedMessage(jobId, error ?? cancelled());
}

export function failedMessage(jobId: string, error: ErrorData): ServerMessage {
  const { code, message, nextStep, where, retryable } = error;
  const data = { jobId, code, message, nextStep, retryable, ...(where === undefined ? {} : { where }) };
  return { type: 'failed', requestId: jobId, data };
}

export function refusedMessage(error: ErrorData, versions?: number[]): ServerMessage {
  const { code, message, nextStep, where } = error;
  return {
    type: 'refused',
    data: {
      ...{ code, message, nextStep },
      ...(where === undefined ? {} : { where }),
      ...(versions === undefined ? {} : { versions }),
    },
  };
}

function cancelled(): ErrorData {
  return new GnomonError('cancelled.by-owner', 'The job was cancelled.', {
    nextStep: 'Submit it again when you like.',
  }).toData();
}
