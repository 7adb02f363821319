import type { Operation } from '#cell/api/serve.ts';
import type { Administration } from '#marketplace/administration.ts';
import { type AdminAnswer, type AdminOperation, type AdminRequest, adminOperations } from './admin-api.ts';

type Handlers = { readonly [O in AdminOperation]: (body: AdminRequest<O>) => Promise<AdminAnswer<O>> };

/** What the operator's socket answers. */
export function adminSocketOperations(administration: Administration): ReadonlyMap<string, Operation> {
  const handlers: Handlers = {
    machines: () => machines(administration),
    async release({ machine, ...order }) {
      await administration.release(machine, order);
      return {};
    },
    async revoke({ target, person, reason }) {
      await administration.revoke(target, person, reason);
      return {};
    },
    claims: async () => ({ claims: (await administration.refusedClaims()).map((claim) => ({ ...claim })) }),
    grant_claim: async (grant) => ({ seq: await administration.grantClaim(grant) }),
    enrol: async ({ certificate }) => ({ machine: await administration.enrol(certificate) }),
    decommission: async ({ message }) => ({ ...(await administration.decommission(message)) }),
    report_loss: async (report) => ({ ...(await administration.reportLoss(report)) }),
    succeed: async ({ machine, heir }) => ({ ...(await administration.succeed(machine, heir)) }),
  };
  return new Map(
    Object.entries(adminOperations).map(([name, { request, answer }]) => {
      const run = handlers[name as AdminOperation] as (body: unknown) => Promise<unknown>;
      return [name, { request, answer, run }];
    }),
  );
}

async function machines(administration: Administration): Promise<AdminAnswer<'machines'>> {
  const views = await administration.machines();
  return {
    machines: views.map(({ journals, remembered, ...rest }) => ({
      ...rest,
      remembered: remembered && { ...remembered },
      journals: journals.map(({ head, lastSeq, at }) => ({ head: { ...head }, last_seq: lastSeq, at })),
    })),
  };
}
