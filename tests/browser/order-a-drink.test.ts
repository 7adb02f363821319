import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { type Demo, startDemo } from '#cli/demo/demo.ts';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { Touchscreen } from './touchscreen.ts';

/** A customer in a real browser at a real machine: token, marketplace, broker, chain and simulated pumps. */
describe('a stranger at the touchscreen', () => {
  let demo: Demo;
  let browser: Browser;
  const open = (width: number, height: number, locale: string): Promise<Page> =>
    browser.newPage({ viewport: { width, height }, locale });
  let state: string;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'decant-browser-'));
    const ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
    const options = { state, ports, seed: 1, speed: 40, noise: true, alcohol: false, say: () => {} };
    demo = await startDemo(options);
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await demo[Symbol.asyncDispose]();
    await rm(state, { recursive: true, force: true });
  });

  test('orders by clicking, pays at the wallet’s page, places the glass, and takes the receipt', async () => {
    const page = await open(1280, 800, 'en');
    await page.goto(demo.touchscreen);
    const screen = new Touchscreen(page);
    await screen.wake();
    await screen.choose('coco-colada');
    await screen.order();
    await screen.waitFor('pay');
    expect(await screen.paymentUri()).toMatch(/^bitcoin:rb1q[a-z0-9]+\?amount=0\.0000\d+/);

    const wallet = await open(390, 844, 'en');
    await wallet.goto(await screen.demoWalletLink());
    await wallet.getByRole('button', { name: /pay/i }).click();

    await screen.waitFor('glass');
    await screen.start();
    await screen.waitFor('pouring');
    await screen.hold();
    await screen.resume();
    await screen.waitFor('receipt');
    expect(await screen.receiptLine('txid')).toMatch(/^[0-9a-f]{64}$/);
    expect(await screen.receiptText()).toContain('Coco');
  });
});
