// What was dropped on the Verify page, once read.
import type { ErrorData } from '../../../core/errors.ts';
import type { ClaimFile } from '../../../reputation/claim-file.ts';

export type Item =
  | { kind: 'claim'; name: string; claim: ClaimFile }
  | { kind: 'raw'; name: string; proof: unknown; publicSignals: unknown; vkey: unknown }
  | { kind: 'bad'; name: string; error: ErrorData };
