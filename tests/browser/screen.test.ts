import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.ts';
import { type BuiltScreen, buildScreen } from './build-screen.ts';
import { fakeDesk, fakeReceipt } from './fake-desk.ts';
import { Touchscreen } from './touchscreen.ts';

let browser: Browser;
let screen: BuiltScreen;

beforeAll(async () => {
  screen = await buildScreen();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await screen[Symbol.asyncDispose]();
});

async function opened(locale = 'en-GB') {
  const desk = await fakeDesk(screen.dist);
  const context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(desk.url);
  const touchscreen = new Touchscreen(page);
  await touchscreen.waitFor('attract');
  return {
    desk,
    page,
    touchscreen,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await desk[Symbol.asyncDispose]();
    },
  };
}

describe('the touchscreen', () => {
  it('leads from the attract page to the receipt', async () => {
    await using at = await opened();
    const { desk, touchscreen } = at;
    await touchscreen.wake();
    await touchscreen.choose('lemonade');
    expect(await touchscreen.order()).toBe(17);
    await touchscreen.waitFor('pay');
    expect(await touchscreen.paymentUri()).toBe(desk.order().invoice?.uri);
    expect(await touchscreen.amount()).toBe(desk.order().price_sat);
    expect(new URL(await touchscreen.demoWalletLink()).searchParams.get('uri')).toBe(desk.order().invoice?.uri);

    desk.move({ state: 'confirming' });
    await touchscreen.waitFor('confirming');
    desk.move({ state: 'licence' });
    await touchscreen.waitFor('licence');
    desk.move({ state: 'place_glass' });
    await touchscreen.waitFor('glass');
    await touchscreen.start();
    desk.move({ state: 'pouring', percent: 40 });
    await touchscreen.waitFor('pouring');
    expect(await touchscreen.percent()).toBe(40);
    expect(await touchscreen.orderNumber()).toBe(17);

    desk.move({ state: 'done', percent: 100, receipt: fakeReceipt(desk.order(), 198_400) });
    await touchscreen.waitFor('receipt');
    expect(await touchscreen.receiptLine('delivered')).toBe('198\u00a0ml of 200\u00a0ml');
    expect(await touchscreen.receiptLine('licence')).toBe(desk.order().receipt?.licence);
    expect(await touchscreen.receiptText()).toContain('Author of the recipe: 2,700\u00a0sat');
    await touchscreen.leave();
    await touchscreen.waitFor('attract');
    expect(desk.asked).toEqual(['place lemonade', 'start']);
  });
});
