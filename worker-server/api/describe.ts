// Routes described for /openapi.json by the schemas that they are held against.
import { describeRoute, resolver } from 'hono-openapi';
import type * as v from 'valibot';
import { ErrorSchema } from './schemas.ts';

interface Description {
  summary: string;
  tag: string;
  body?: v.GenericSchema;
  answers: Record<number, { description: string; schema?: v.GenericSchema }>;
  /** Statuses of errors beside 401, 403 and 429, which any route may answer. */
  errors?: number[];
  parameters?: { name: string; in: 'path' | 'query' | 'header'; description: string; required?: boolean }[];
}

const WORDS: Record<number, string> = {
  400: 'The body is malformed; `where` says where.',
  401: 'A token is missing or not known.',
  403: 'This page, host or token may not do that.',
  404: 'There is no such thing here.',
  409: 'The job was cancelled, or there is one of it already.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The request is well formed, but nothing can be proved from it.',
  429: 'Too many requests or waiting jobs; see Retry-After.',
  503: 'Not now; see Retry-After. Without it, asking again does not help: `error.nextStep` says what does.',
  504: 'The job took longer than it was given.',
};

export function describe({ summary, tag, body, answers, errors = [], parameters = [] }: Description) {
  const json = (schema: v.GenericSchema) => ({ 'application/json': { schema: resolver(schema) } });
  const failures = [...new Set([...errors, 401, 403, 429])].sort((a, b) => a - b);
  return describeRoute({
    summary,
    tags: [tag],
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    ...(parameters.length === 0
      ? {}
      : {
          parameters: parameters.map((parameter) => ({
            required: parameter.in === 'path',
            ...parameter,
            schema: { type: 'string' as const },
          })),
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, schema }]) => [
          status,
          { description, ...(schema === undefined ? {} : { content: json(schema) }) },
        ]),
      ),
      ...Object.fromEntries(
        failures.map((status) => [
          status,
          { description: WORDS[status] ?? 'It did not work.', content: json(ErrorSchema) },
        ]),
      ),
    },
  });
}
