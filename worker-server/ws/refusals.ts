// What a session answers when it does not do as it was told.
import { GnomonError } from '../../src/core/errors.ts';
import { unknownJob as unknownToAll } from '../refusals.ts';

export function helloFirst(): GnomonError {
  return new GnomonError('input.token-missing', 'This server asks for a token first.', {
    nextStep: 'Send hello with the token before anything else.',
  });
}

export function otherToken(): GnomonError {
  return new GnomonError('input.token', 'This connection has said hello as someone else.', {
    nextStep: 'Open a new connection for another token.',
  });
}

export function unknownCircuit(): GnomonError {
  return new GnomonError('circuit.not-found', 'This server does not prove that circuit.', {
    where: 'circuit',
    nextStep: 'Prove it elsewhere; the welcome lists the circuits of this server.',
  });
}

export function unknownJob(): GnomonError {
  return unknownToAll('Submit it again under the same id.');
}

export function stalled(): GnomonError {
  return new GnomonError('network.stalled', 'The input stopped arriving.', {
    nextStep: 'Submit the job again.',
  });
}

export function opensNothing(): GnomonError {
  return new GnomonError('protocol.sealed', 'This server has no key to open sealed inputs with.', {
    nextStep: 'Send the input itself, or use another server.',
  });
}

/** Jobs of other servers go no further, so that they cannot go in circles. */
export function passesNothingOn(): GnomonError {
  return new GnomonError('backend.passes-nothing-on', 'This server proves nothing itself.', {
    nextStep: 'Register its workers with your server instead.',
    retryable: true,
  });
}
