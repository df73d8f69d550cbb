// The one error type of the project. Errors are values: they cross workers, sockets
// and storage as plain data, and each says what happened, where, and what to do.

/** Which part of the work failed; decides who can mend it. */
export type ErrorGroup =
  | 'input'
  | 'circuit'
  | 'artifact'
  | 'witness'
  | 'resource'
  | 'backend'
  | 'network'
  | 'protocol'
  | 'cancelled'
  | 'internal';

/** The plain form of an error, safe to store and to send. Never holds an input value. */
export interface ErrorData {
  group: ErrorGroup;
  /** Stable, dotted: `group.what`, e.g. `artifact.digest-mismatch`. */
  code: string;
  message: string;
  /** What the person can do now, in words. */
  nextStep: string;
  /** File, line, field or signal, where that is known. */
  where?: string;
  retryable: boolean;
  cause?: string;
}

const RETRYABLE: Record<ErrorGroup, boolean> = {
  input: false,
  circuit: false,
  artifact: true,
  witness: false,
  resource: true,
  backend: true,
  network: true,
  protocol: false,
  cancelled: false,
  internal: false,
};

/** `new GnomonError('input.csv-rating', 'Rating 12 is outside −10…10.', { nextStep: '…', where: 'line 7' })` */
export class GnomonError extends Error {
  readonly group: ErrorGroup;
  readonly code: string;
  readonly nextStep: string;
  readonly where: string | undefined;
  readonly retryable: boolean;

  constructor(
    code: `${ErrorGroup}.${string}`,
    message: string,
    options: { nextStep: string; where?: string; retryable?: boolean; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GnomonError';
    this.code = code;
    this.group = code.slice(0, code.indexOf('.')) as ErrorGroup;
    this.nextStep = options.nextStep;
    this.where = options.where;
    this.retryable = options.retryable ?? RETRYABLE[this.group];
  }

  toData(): ErrorData {
    return {
      group: this.group,
      code: this.code,
      message: this.message,
      nextStep: this.nextStep,
      retryable: this.retryable,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.cause instanceof Error ? { cause: this.cause.name } : {}),
    };
  }

  static fromData(data: ErrorData): GnomonError {
    const { nextStep, retryable, where } = data;
    return new GnomonError(data.code as `${ErrorGroup}.${string}`, data.message, {
      nextStep,
      retryable,
      ...(where === undefined ? {} : { where }),
    });
  }
}

/** Anything thrown, as data. Foreign errors become `internal.unexpected` and keep only their name,
 * since a message or a stack may quote an input. */
export function toErrorData(thrown: unknown): ErrorData {
  if (thrown instanceof GnomonError) return thrown.toData();
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return {
    group: 'internal',
    code: 'internal.unexpected',
    message: `Something unexpected happened (${name}).`,
    nextStep: 'Try again; if it happens again, report it with the steps that led here.',
    retryable: false,
    cause: name,
  };
}
