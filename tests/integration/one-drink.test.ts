import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { address as addresses, Transaction } from 'bitcoinjs-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrapSchema } from '#marketplace/bootstrap.ts';
import type { ReceiptDocument } from '#desk/screen/receipt-document.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { openMessage } from '#wire/signed-message.ts';
import { storyOf } from './support/journal-entries.ts';
import { receiptSchema } from './support/receipt-schema.ts';
import { filesHolding, filesWithPrivateKeys, pinsBelow } from './support/secrets.ts';
import { openingCredit, World } from './world.ts';

describe('one drink', () => {
  let world: World;
  let receipt: ReceiptDocument;
  let invoiceAddress: string;

  beforeAll(async () => {
    world = await World.start({ noise: true });
    const customer = await world.customer();
    receipt = await customer.buy('beach-day');
    const order = await customer.until(receipt.order, 'done');
    invoiceAddress = order.invoice?.address ?? '';
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('ends with a receipt of the promised form, as much in the glass as was ordered', () => {
    expect(receiptSchema.parse(receipt)).toEqual(receipt);
    expect(receipt.drink).toBe('beach-day');
    const tolerance = Math.max(2000, receipt.ordered_ul / 100);
    expect(Math.abs(receipt.delivered_ul - receipt.ordered_ul)).toBeLessThanOrEqual(tolerance);
    expect(receipt.pieces).toBeGreaterThan(1);
  });

  test('is paid by a transaction that the node has in a block and that pays the invoice exactly', async () => {
    const { txid, satoshi } = receipt.payment;
    const found = await world.demo.chain.node.transaction(txid ?? '');
    expect(found?.block).not.toBeNull();
    const { prefixes } = world.demo.chain.network;
    const script = hex(addresses.toOutputScript(invoiceAddress, prefixes));
    const outputs = Transaction.fromHex(found?.hex ?? '').outs.filter((output) => hex(output.script) === script);
    expect(outputs.map(({ value }) => Number(value))).toEqual([satoshi]);
  });

  test('costs the machine the licence and nothing more', async () => {
    expect(await world.balance()).toBe(openingCredit - receipt.payment.licence_satoshi);
  });

  test('splits the licence between licensor and marketplace, seven to three, without losing a satoshi', () => {
    const { satoshi, licence_satoshi, split } = receipt.payment;
    expect(split.licensor + split.marketplace).toBe(licence_satoshi);
    expect(Math.abs(split.marketplace - 0.3 * licence_satoshi)).toBeLessThan(1);
    expect(licence_satoshi).toBeLessThan(satoshi);
  });

  test('is accounted for by a USAGE that the machine signed, under the demo maker’s root', async () => {
    const bootstrap = await readFile(join(world.demo.place.marketplace, 'bootstrap.json'), 'utf8');
    const { anchors } = bootstrapSchema.parse(JSON.parse(bootstrap));
    const bytes = new Uint8Array(Buffer.from(receipt.usage, 'base64'));
    const { payload, from } = openMessage('USAGE', bytes, { machine: anchors.machine }, systemClock.now());
    expect(from.name).toBe('demo-machine');
    expect(payload).toMatchObject({
      machine: 'demo-machine',
      result: 'ok',
      reason: '',
      pieces: receipt.pieces,
      ordered_ul: receipt.ordered_ul,
      delivered_ul: receipt.delivered_ul,
    });
    expect(hex(payload.cti)).toBe(receipt.licence);
    expect(payload.started % 5000).toBe(0);
  });

  test('stands in the journal as burned before its first piece and spent once', async () => {
    const entries = await world.journal();
    expect(receipt.journal.index).toBeLessThanOrEqual(entries.length);
    const story = storyOf(receipt.order, entries);
    // nothing between the two says how its pieces came one after the other
    expect(story).toEqual(['RESERVED', 'BURN_INTENT', 'BURNED', 'SPENT', 'CLAIMED', 'OUTCOME_BOOKED']);
    expect((await world.status()).state).toBe('idle');
  });

  test('can be followed by its order id through the logs of cell, desk and marketplace', async () => {
    for (const process of ['cell', 'desk', 'marketplace'] as const) {
      const lines = await world.log(process);
      expect(lines.filter(({ order }) => order === receipt.order).length, process).toBeGreaterThan(0);
    }
  });

  test('leaves no PIN in any file but the PIN files, and no private key in machine or logs', async () => {
    const pins = await pinsBelow(world.state);
    expect(pins.length).toBeGreaterThanOrEqual(4);
    expect(await filesHolding(world.state, pins)).toEqual([]);
    expect(await filesWithPrivateKeys(world.demo.place.machine)).toEqual([]);
    expect(await filesWithPrivateKeys(world.demo.place.logs)).toEqual([]);
    // the search finds what there is to find
    expect(await filesWithPrivateKeys(world.demo.place.author)).toEqual(['author-key.pem']);
  });
});
