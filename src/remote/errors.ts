// What can go wrong between here and a worker server, in words. What a server says is shown as its words, cut
// to size, and never decides more than it may.
import { type ErrorData, type ErrorGroup, GnomonError } from '../core/errors.ts';
import {
  IDENTITY_LOCKED,
  NOT_ALLOWED,
  STAYS_HERE,
  TOO_SMALL,
  WRONG_PROOF,
  WRONG_REFUSAL,
} from '../core/retry.ts';
import { PROTOCOL_VERSION, type ServerData } from '../core/wire/messages.ts';

export function unreachable(url: string, cause?: unknown): GnomonError {
  return new GnomonError('network.server-unreachable', 'The server does not answer.', {
    nextStep: 'Check the address, and that the server is running.',
    where: new URL(url).host,
    ...(cause === undefined ? {} : { cause }),
  });
}

export function lostServer(label: string): GnomonError {
  return new GnomonError('network.server-lost', `The connection to ${label} was lost in mid-proof.`, {
    nextStep: 'It is tried again elsewhere or here, as you have set it.',
  });
}

export function keptWaiting(label: string): GnomonError {
  return new GnomonError('backend.busy', `${label} kept the job waiting for too long.`, {
    nextStep: 'It is tried again elsewhere, here, or later.',
  });
}

export function noSlot(label: string): GnomonError {
  return new GnomonError('backend.busy', `${label} has no free place.`, {
    nextStep: 'Wait until another proof is done.',
  });
}

export function notConnected(label: string): GnomonError {
  return new GnomonError('network.server-unreachable', `${label} is not connected.`, {
    nextStep: 'It is tried again elsewhere, here, or later.',
  });
}

export function notAllowed(label: string): GnomonError {
  return new GnomonError(NOT_ALLOWED, `You have not allowed ${label} to see this.`, {
    nextStep: 'Allow it on the Servers page, or prove on this device.',
    retryable: true,
  });
}

/** A server that offered a key, and now would have inputs as they are. */
export function sealsNoMore(label: string): GnomonError {
  return new GnomonError(
    NOT_ALLOWED,
    `${label} takes no sealed inputs any more, as it did when you allowed it.`,
    {
      nextStep: 'Nothing was sent. Look at it on the Servers page, or prove on this device.',
      retryable: true,
    },
  );
}

export function unknownCircuit(label: string, circuitId: string): GnomonError {
  return new GnomonError('circuit.not-offered', `${label} does not have this circuit.`, {
    nextStep: 'Choose another server, or prove on this device.',
    where: circuitId,
  });
}

export function tooLarge(label: string): GnomonError {
  return new GnomonError('input.too-large', `The input is larger than ${label} takes.`, {
    nextStep: 'Choose another server, or prove on this device.',
  });
}

/** Browsers give WebCrypto to secure pages only. */
export function cannotSeal(label = 'This server'): GnomonError {
  return new GnomonError(
    'resource.no-sealing',
    `${label} takes sealed inputs, and this page cannot seal them, since it did not come over https.`,
    { nextStep: 'Open this page over https, or prove on this device. Nothing was sent.' },
  );
}

export function aborted(): GnomonError {
  return new GnomonError('cancelled.aborted', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });
}

export function malformedAnswer(told?: ErrorData): GnomonError {
  return new GnomonError(
    'protocol.malformed-answer',
    'What answers there does not speak as a worker server does.',
    {
      nextStep: 'Check that the address is that of a Gnomon worker server of this version.',
      ...(told?.where === undefined ? {} : { where: told.where }),
    },
  );
}

/** What servers say to a token that is missing, wrong, or somebody else's. */
const TOKEN_CODES = ['protocol.unauthorised', 'input.token', 'input.token-missing'];

/** A server that would not have us, or would not take a message. */
export function refusedBy(
  data: Pick<ServerData['refused'], 'code' | 'message' | 'versions' | 'nextStep'>,
): GnomonError {
  if (data.code === 'protocol.version') {
    const theirs = data.versions?.length ? ` It speaks ${data.versions.join(', ')}.` : '';
    const older = (data.versions ?? []).every((version) => version < PROTOCOL_VERSION);
    return new GnomonError(
      'protocol.version',
      `This program speaks version ${PROTOCOL_VERSION} of the protocol, and the server another one.${theirs}`,
      {
        nextStep: older && theirs !== '' ? 'Ask its operator to update the server.' : 'Update this program.',
      },
    );
  }
  if (TOKEN_CODES.includes(data.code)) {
    return new GnomonError('protocol.unauthorised', 'The server does not accept this token.', {
      nextStep: 'Ask its operator for a token, and enter it on the Servers page.',
    });
  }
  const words =
    data.message === '' ? 'The server refused the connection.' : `The server says: ${oneLine(data.message)}`;
  return new GnomonError('protocol.refused', words, {
    nextStep: data.nextStep === undefined ? 'Ask its operator.' : oneLine(data.nextStep),
    where: data.code,
  });
}

/** Only these may come from elsewhere: `cancelled` is this machine's to say. */
const GROUPS: readonly ErrorGroup[] = [
  'input',
  'circuit',
  'artifact',
  'witness',
  'resource',
  'backend',
  'network',
];

/** What is about this machine, its person, or a proof that it has checked. */
const OURS_TO_SAY: readonly string[] = [
  IDENTITY_LOCKED,
  NOT_ALLOWED,
  STAYS_HERE,
  TOO_SMALL,
  WRONG_PROOF,
  WRONG_REFUSAL,
];

/** A job that failed on a server, as an error of that group. */
export function failedThere(label: string, data: ServerData['failed']): GnomonError {
  const group = data.code.slice(0, data.code.indexOf('.')) as ErrorGroup;
  const known = GROUPS.includes(group) && !OURS_TO_SAY.includes(data.code);
  const code = known ? (data.code as `${ErrorGroup}.${string}`) : 'backend.failed-there';
  return new GnomonError(code, `${label} says: ${oneLine(data.message)}`, {
    nextStep: data.nextStep === undefined ? 'Try again, or prove on this device.' : oneLine(data.nextStep),
    ...(data.where === undefined ? {} : { where: oneLine(data.where) }),
    retryable: known ? data.retryable : true,
  });
}

const MAX_WORDS = 300;

function oneLine(words: string): string {
  // Nothing that steers a terminal or turns the direction of a text.
  const clean = words.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return clean.length <= MAX_WORDS ? clean : `${clean.slice(0, MAX_WORDS)}…`;
}
