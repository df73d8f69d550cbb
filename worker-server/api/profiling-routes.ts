// /api/profiling: measuring this server with real proofs of a made-up person. It takes the whole machine for a while, hence
// the admin token; jobs go first.
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { GnomonError } from '../../src/core/errors.ts';
import type { ProfilePlan } from '../../src/core/profiler/plan.ts';
import { type ProfileReport, readReport } from '../../src/core/profiler/report.ts';
import { profileCsv } from '../../src/core/profiler/report-csv.ts';
import { profileHtml } from '../../src/core/profiler/report-html.ts';
import { type ProfileRequest, ProfileRequestSchema } from '../../src/core/profiler/request.ts';
import type { Profiling } from '../profiling/profiling.ts';
import { mustBeAdmin } from './access.ts';
import { describe } from './describe.ts';
import { problem, readBody } from './http.ts';
import { ProfileAcceptedSchema, ProfileProgressSchema } from './profiling-schemas.ts';

const BODY_BYTES = 16 * 1024;
const REPORT_BYTES = 16 * 1024 * 1024;
const NO_CHOICE = ['circuitTypes', 'networkSizes', 'provers', 'threads'] as const;
const ComprehensiveSchema = v.omit(ProfileRequestSchema, NO_CHOICE);
/** With a report as it was saved, the rest does not count; what is in it is checked when it is read. */
const ExportSchema = v.strictObject({
  ...ProfileRequestSchema.entries,
  report: v.optional(v.looseObject({ format: v.string() })),
});

export function profilingRoutes(profiling: Profiling): Hono {
  const routes = new Hono();
  /** Behind the admin's token, with errors as answers. */
  const guarded = (work: (context: Context) => Promise<Response> | Response) => async (context: Context) => {
    try {
      mustBeAdmin(context);
      return await work(context);
    } catch (thrown) {
      return problem(context, thrown);
    }
  };
  const accepted = { 202: { description: 'It has begun.', schema: ProfileAcceptedSchema } };

  routes.post(
    '/start',
    describe({
      summary: 'Measures circuits × sizes × provers × threads',
      tag: 'profiling',
      body: ProfileRequestSchema,
      answers: accepted,
      errors: [400, 409, 413, 415, 422],
    }),
    guarded(async (context) => {
      const request = await bodyOrNothing<ProfileRequest>(context, ProfileRequestSchema, BODY_BYTES);
      return context.json(acceptedAnswer(await profiling.start(request)), 202);
    }),
  );

  routes.post(
    '/comprehensive',
    describe({
      summary: 'Measures every size here, with both provers, with 1, 2, 4 … threads',
      tag: 'profiling',
      body: ComprehensiveSchema,
      answers: accepted,
      errors: [400, 409, 413, 415, 422],
    }),
    guarded(async (context) => {
      const request = await bodyOrNothing<ProfileRequest>(context, ComprehensiveSchema, BODY_BYTES);
      return context.json(acceptedAnswer(await profiling.comprehensive(request)), 202);
    }),
  );

  routes.get(
    '/progress',
    describe({
      summary: 'How far the profile is',
      tag: 'profiling',
      answers: { 200: { description: 'Its state.', schema: ProfileProgressSchema } },
    }),
    guarded((context) => context.json(profiling.state())),
  );

  routes.post(
    '/cancel',
    describe({
      summary: 'Ends the profile; what was measured stays as a report',
      tag: 'profiling',
      answers: {
        200: {
          description: 'Nothing of it runs any more.',
          schema: v.object({ success: v.literal(true), cancelled: v.boolean() }),
        },
      },
    }),
    guarded(async (context) => context.json({ success: true, cancelled: await profiling.cancel() })),
  );

  routes.get(
    '/report',
    describe({
      summary: 'The last report, as JSON or, with format=csv or format=html, as that',
      tag: 'profiling',
      answers: { 200: { description: 'format gnomon/profile, version 1.' } },
      errors: [404, 422],
      parameters: [{ name: 'format', in: 'query', description: 'json, csv or html' }],
    }),
    guarded((context) => {
      const report = profiling.report();
      if (report === null) throw noReport();
      const format = context.req.query('format') ?? 'json';
      if (format === 'json') return context.json(report);
      if (format === 'html') return page(context, report);
      if (format !== 'csv') throw unknownFormat();
      return context.body(profileCsv(report), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="gnomon-profile.csv"',
      });
    }),
  );

  routes.post(
    '/export/html',
    describe({
      summary:
        'A report as one page: the last one, a saved one, or one of this request, measured first if need be',
      tag: 'profiling',
      body: ExportSchema,
      answers: { 200: { description: 'text/html, self-contained.' } },
      errors: [400, 404, 409, 413, 415, 422],
    }),
    guarded(async (context) => {
      const asked = await bodyOrNothing<v.InferOutput<typeof ExportSchema> | null>(
        context,
        ExportSchema,
        REPORT_BYTES,
        null,
      );
      const { report: saved, ...request } = asked ?? {};
      if (saved !== undefined) return page(context, readReport(JSON.stringify(saved)));
      const report =
        asked === null ? profiling.report() : await reportFor(request as ProfileRequest, profiling);
      if (report === null) throw noReport();
      return page(context, report);
    }),
  );

  return routes;
}

/** Of exactly this request: the running profile's, the last one's, or that of a profile made now. */
async function reportFor(request: ProfileRequest, profiling: Profiling): Promise<ProfileReport | null> {
  const isSame = (other: ProfileRequest) => keyOf(other) === keyOf(request);
  const last = profiling.report();
  const running = profiling.running();
  if (running !== null && isSame(running.request)) return running.ended;
  if (last !== null && last.state === 'complete' && isSame(last.request)) return last;
  await profiling.start(request);
  return profiling.running()?.ended ?? profiling.report();
}

const keyOf = (request: ProfileRequest): string =>
  JSON.stringify(Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1)));

/** No body at all is one without choices. */
async function bodyOrNothing<T>(
  context: Context,
  schema: v.GenericSchema,
  maxBytes: number,
  nothing?: T,
): Promise<T> {
  const isEmpty =
    context.req.header('Content-Type') === undefined &&
    Number(context.req.header('Content-Length') ?? 0) === 0;
  if (!isEmpty) return readBody<T>(context, schema, maxBytes);
  return nothing === undefined ? (v.parse(schema, {}) as T) : nothing;
}

function page(context: Context, report: ProfileReport): Response {
  return context.body(profileHtml(report), 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Disposition': 'attachment; filename="gnomon-profile.html"',
  });
}

function acceptedAnswer({ cells, runs, expectedMs, skipped }: ProfilePlan) {
  return { success: true, combinations: cells.length, proofs: runs, expectedMs, skipped };
}

function noReport(): GnomonError {
  return new GnomonError('input.profile-unknown', 'There is no report of a profile here.', {
    nextStep: 'Begin one with POST /api/profiling/start; reports last until the server stops.',
  });
}

function unknownFormat(): GnomonError {
  return new GnomonError('protocol.shape', 'A report comes as json, csv or html.', {
    where: 'format',
    nextStep: 'Ask for one of them.',
  });
}
