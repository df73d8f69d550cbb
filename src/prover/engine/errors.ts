// The engine's one error type: the same fields as the app's, so that it crosses over as data, but its own
// class, so that the engine can be lifted out.

export type EngineErrorGroup = 'artifact' | 'witness' | 'resource' | 'cancelled' | 'internal';

/** `where` names a file, section or field; no message ever holds a value of the witness. */
export class EngineError extends Error {
  readonly code: string;
  readonly group: EngineErrorGroup;
  readonly nextStep: string;
  readonly where: string | undefined;

  constructor(
    code: `${EngineErrorGroup}.${string}`,
    message: string,
    options: { nextStep: string; where?: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.code = code;
    this.group = code.slice(0, code.indexOf('.')) as EngineErrorGroup;
    this.nextStep = options.nextStep;
    this.where = options.where;
  }
}

/** What crosses from a thread. */
export interface EngineErrorData {
  code: string;
  message: string;
  nextStep: string;
  where?: string;
}

export function toData(thrown: unknown): EngineErrorData {
  if (thrown instanceof EngineError) {
    const { code, message, nextStep, where } = thrown;
    return { code, message, nextStep, ...(where === undefined ? {} : { where }) };
  }
  if (thrown instanceof RangeError && /alloc|memory/i.test(thrown.message)) {
    return {
      code: 'resource.memory',
      message: 'There is not enough memory for this proof.',
      nextStep: 'Close other tabs or programs, or let a worker server prove.',
    };
  }
  // A foreign message may quote a value, so only its kind is told.
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return {
    code: 'internal.thread',
    message: `A proving thread failed (${kind}).`,
    nextStep: 'Try again; if it happens again, use another prover and report it.',
  };
}

export function fromData(data: EngineErrorData): EngineError {
  return new EngineError(data.code as `${EngineErrorGroup}.${string}`, data.message, {
    nextStep: data.nextStep,
    ...(data.where === undefined ? {} : { where: data.where }),
  });
}
