// The settings of a fleet, as they stand in config.ts once they have been read.
import { hostname } from 'node:os';
import { GnomonError } from '../../src/core/errors.ts';

export const ROLES = ['gateway', 'prover', 'both'] as const;
export type Role = (typeof ROLES)[number];

export interface FleetSettings {
  address: string;
  role: Role;
  keyFile: string;
  /** Stays the same when the process starts again, so that what is said of the machine holds. */
  machine: string;
  caFile: string | null;
  /** The operator says that the queue's holes are mended. */
  patched: boolean;
  /** The operator takes jobs being lost. */
  unsafe: boolean;
}

/** Null: not part of a fleet. Throws `input.config`. */
export function readFleet(
  text: (flag: string) => string | undefined,
  isOn: (flag: string) => boolean,
): FleetSettings | null {
  const address = text('queue');
  const role = text('role') ?? 'both';
  if (address === undefined) {
    if (text('role') === undefined) return null;
    throw wrong(
      'ROLE',
      'A role is for a fleet, and no queue is named.',
      'Name it: --queue redis://HOST:6379.',
    );
  }
  if (!ROLES.includes(role as Role)) {
    throw wrong('ROLE', `"${role}" is not a role.`, `Use one of ${ROLES.join(', ')}.`);
  }
  const keyFile = text('fleet-key');
  if (keyFile === undefined) {
    const nextStep =
      'Make one (npm run fleet-key -- FILE), copy it to every machine, and name it: --fleet-key FILE.';
    throw wrong('FLEET_KEY', 'A fleet seals inputs, and no key file is named.', nextStep);
  }
  const machine = text('machine') ?? hostname();
  if (!/^[\w.:-]{1,200}$/.test(machine)) {
    const nextStep = 'Use letters, digits and . : - _, 200 at most.';
    throw wrong('MACHINE', `"${machine}" is not a name for a machine.`, nextStep);
  }
  return {
    address,
    machine,
    role: role as Role,
    keyFile,
    caFile: text('queue-ca') ?? null,
    patched: isOn('redis-patched'),
    unsafe: isOn('queue-unsafe'),
  };
}

function wrong(where: string, message: string, nextStep: string): GnomonError {
  return new GnomonError('input.config', message, { where, nextStep });
}
