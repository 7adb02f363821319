import { grantedUse, type Use, useOf } from '#cell/licences/ledger.ts';
import { hex } from '#shared/entropy.ts';
import { isFailure } from '#shared/failure.ts';
import { pause } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { Life } from './life.ts';
import type { Outside } from './outside.ts';

/** What happens to a drink beside the power cut. */
export interface Story {
  readonly name: string;
  /** Before "start" is touched. */
  prepare?(life: Life, outside: Outside): Promise<void> | void;
  /** While it pours. */
  during?(life: Life, outside: Outside): Promise<void>;
}

const after = (life: Life, ms: number): Promise<void> => pause(life.machine.clock, milliseconds(ms));

export const plain: Story = { name: 'a drink' };

export const stories: readonly Story[] = [
  plain,
  {
    name: 'a drink that its guest stops',
    async during(life, { order }) {
      await after(life, 4_000);
      await life.ask('stop', { order });
    },
  },
  {
    name: 'a drink whose glass is taken and put back',
    prepare: ({ machine }) => machine.farEnd.sim.inject({ t: 'glass-removed', after_ms: 1_500, for_ms: 2_000 }),
  },
  {
    name: 'a drink whose glass is taken for good',
    prepare: ({ machine }) => machine.farEnd.sim.inject({ t: 'glass-removed', after_ms: 5_000, for_ms: null }),
  },
  {
    name: 'a drink that is let go and taken up again',
    async prepare(life, { order }) {
      await life.ask('release', { order });
      await life.ask('reserve', { order });
      await life.ask('check', { order });
    },
  },
  ...(['key-stays', 'file-stays', 'unproven'] as const).map(
    (refusal): Story => ({
      name: `a key that is not destroyed: ${refusal}`,
      prepare({ machine }) {
        machine.keys.refuses = refusal;
      },
    }),
  ),
];

/**
 * All that desk and licensing do for the one order, from wherever it stands: keys, ORDER, LICENCE, the drink, its outcome, and a
 * licence in place of one that was claimed, until the order is served or over.
 */
export async function serve(life: Life, outside: Outside, story: Story): Promise<void> {
  for (let now = story; ; now = plain) {
    await life.sendPrekeys();
    const use = useOf(life.parts.books.ledger, outside.order);
    if (use?.spent) return book(life, outside, use);
    if (use?.voided) await replace(life, outside, use);
    else if (use === null) await buy(life, outside);
    if (!(await pour(life, outside, now))) await book(life, outside, requireUse(life, outside));
  }
}

function requireUse({ parts }: Life, { order }: Outside): Use {
  const use = useOf(parts.books.ledger, order);
  if (use === null) throw new Error('the order has no use');
  return use;
}

/** ORDER and LICENCE, unless the order has one. */
export async function buy(life: Life, outside: Outside): Promise<void> {
  if (grantedUse(life.parts.books.ledger, outside.order) !== null) return;
  const { message } = await life.order(outside.order);
  await store(life, outside, { order: sha256(message) });
}

async function store(life: Life, outside: Outside, because: Parameters<Life['licence']>[0]): Promise<void> {
  const { seq } = await life.ask('licence', { message: await life.licence(because) });
  for (const { kids, seq: other } of life.parts.books.ledger.licences.values()) {
    if (other === seq) for (const kid of kids) outside.stored.add(hex(kid));
  }
}

/** The claim of a void use is told, and answered by another licence. */
async function replace(life: Life, outside: Outside, use: Use): Promise<void> {
  const message = await tell(life, outside, use);
  if (grantedUse(life.parts.books.ledger, outside.order) === null)
    await store(life, outside, { replaces: sha256(message) });
  outside.booked.add(hex(use.kid));
}

async function tell(life: Life, outside: Outside, { kid, voided }: Use): Promise<Uint8Array> {
  const { message, batch } = await life.ask('outcome', { order: outside.order });
  const type = outside.takeClaim(hex(kid), message);
  if ((type === 'VOID_CLAIM') !== (voided !== null) || batch.void_claim !== (voided !== null)) {
    throw new Error(`${type} of a use that is ${voided === null ? 'spent' : 'void'}`);
  }
  return message;
}

async function book(life: Life, outside: Outside, use: Use): Promise<void> {
  const message = await tell(life, outside, use);
  const { market, machine } = life.machine.world;
  const receipt = await market.receipt(machine, message, use.cti ?? new Uint8Array(0));
  await life.ask('outcome_booked', { order: outside.order, message: receipt });
  outside.booked.add(hex(use.kid));
}

/** One try at the drink; answers whether its use is void and another is due. */
async function pour(life: Life, outside: Outside, story: Story): Promise<boolean> {
  const { order } = outside;
  await life.ask('reserve', { order });
  await life.ask('check', { order });
  await story.prepare?.(life, outside);
  const { kid } = requireUse(life, outside);
  outside.begins(hex(kid));
  try {
    await life.ask('start', { order });
  } catch (error) {
    if (!isFailure(error, 'machine/burn-failed')) throw error;
    life.machine.keys.refuses = null;
    return true;
  }
  outside.burned.add(hex(kid));
  await Promise.all([story.during?.(life, outside), life.done(order)]);
  outside.weigh();
  return requireUse(life, outside).voided !== null;
}
