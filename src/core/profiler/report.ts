// A profile's report as versioned JSON. Whoever reads one gets the figures computed anew from the proofs in it, so
// that a report never says what its samples do not.
import * as v from 'valibot';
import { GnomonError } from '../errors.ts';
import { type Advice, recommend } from './recommend.ts';
import {
  figuresOf,
  type ProfileSamples,
  REPORT_FORMAT,
  REPORT_VERSION,
  type ReportCell,
  SamplesSchema,
} from './samples.ts';

/** Far more than the largest plan's report has. */
const MAX_REPORT_CHARS = 64 * 1024 * 1024;

export interface ProfileReport extends Omit<ProfileSamples, 'cells'> {
  cells: ReportCell[];
  advice: Advice;
}

/** The report of what was measured. */
export function reportOf(samples: ProfileSamples): ProfileReport {
  const cells = samples.cells.map((cell) => ({ ...cell, figures: figuresOf(cell) }));
  return { ...samples, cells, advice: recommend(cells) };
}

export function toJson(report: ProfileReport): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** Reads a report as JSON, or as the HTML page that carries it. Throws `input.profile-report`. */
export function readReport(text: string): ProfileReport {
  if (text.length > MAX_REPORT_CHARS) throw unreadable('it is too large');
  const carried = /<script type="application\/json" id="profile">([\s\S]*?)<\/script>/.exec(text)?.[1];
  let value: unknown;
  try {
    value = JSON.parse(carried ?? text) as unknown;
  } catch {
    throw unreadable('it is neither JSON nor a page with a report in it');
  }
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as {
    format?: unknown;
    version?: unknown;
  };
  if (format !== REPORT_FORMAT) throw unreadable('it is no report of a profile');
  if (version !== REPORT_VERSION) throw unreadable('it was written by another version of Gnomon');
  const parsed = v.safeParse(SamplesSchema, value);
  if (parsed.success) return reportOf(parsed.output);
  const [issue] = parsed.issues;
  throw unreadable('a part of it is not as it must be', v.getDotPath(issue) ?? undefined);
}

function unreadable(why: string, where?: string): GnomonError {
  return new GnomonError('input.profile-report', `The report cannot be read: ${why}.`, {
    nextStep: 'Take a report as the profiler saved it: HTML or JSON.',
    ...(where === undefined ? {} : { where }),
  });
}
