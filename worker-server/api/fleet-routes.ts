// /api/fleet: which machines of the fleet were set aside because what they gave or said was wrong, and letting them back.
import { Hono } from 'hono';
import * as v from 'valibot';
import { GnomonError } from '../../src/core/errors.ts';
import type { FleetParts } from '../parts.ts';
import { mustBeAdmin } from './access.ts';
import { describe } from './describe.ts';
import { problem } from './http.ts';

const AsideSchema = v.object({
  aside: v.array(v.object({ machine: v.string(), reason: v.string() })),
});

export function fleetRoutes(fleet: FleetParts): Hono {
  const routes = new Hono();

  routes.get(
    '/aside',
    describe({
      summary:
        'Machines that get no jobs, because a proof of theirs was wrong, or they refused what another proved',
      tag: 'fleet',
      answers: { 200: { description: 'By the names that MACHINE gives them.', schema: AsideSchema } },
    }),
    async (context) => {
      try {
        mustBeAdmin(context);
        const all = await fleet.aside();
        return context.json({ aside: [...all].map(([machine, reason]) => ({ machine, reason })) });
      } catch (thrown) {
        return problem(context, thrown);
      }
    },
  );

  routes.delete(
    '/aside/:machine',
    describe({
      summary: 'Lets a machine that was set aside have jobs again',
      tag: 'fleet',
      answers: { 200: { description: 'It may.', schema: v.object({ success: v.literal(true) }) } },
      errors: [404],
      parameters: [{ name: 'machine', in: 'path', description: 'Its name.' }],
    }),
    async (context) => {
      try {
        mustBeAdmin(context);
        const machine = context.req.param('machine');
        if (!(await fleet.aside()).has(machine)) throw notAside();
        await fleet.letBack(machine);
        return context.json({ success: true });
      } catch (thrown) {
        return problem(context, thrown);
      }
    },
  );

  return routes;
}

function notAside(): GnomonError {
  return new GnomonError('input.not-found', 'No machine of that name is set aside.', {
    where: 'machine',
    nextStep: 'See /api/fleet/aside.',
  });
}
