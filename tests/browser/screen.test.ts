import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
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

const low = { width: 1024, height: 600 };
const wide = { width: 1280, height: 800 };
const tall = { width: 1080, height: 1920 };

interface Opening {
  readonly locale?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Whether the test moves the clock of the page. */
  readonly clock?: boolean;
}

async function opened({ locale = 'en-GB', viewport = wide, clock = false }: Opening = {}) {
  const desk = await fakeDesk(screen.dist);
  const context = await browser.newContext({ locale, viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const requested: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  if (clock) await page.clock.install();
  await page.goto(desk.url);
  const touchscreen = new Touchscreen(page);
  await touchscreen.waitFor('attract');
  return {
    desk,
    page,
    requested,
    touchscreen,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await desk[Symbol.asyncDispose]();
    },
  };
}

type Opened = Awaited<ReturnType<typeof opened>>;

async function ordered(at: Opened, slug = 'sunrise'): Promise<void> {
  await at.touchscreen.wake();
  await at.touchscreen.choose(slug);
  await at.touchscreen.order();
  await at.touchscreen.waitFor('pay');
}

async function reached(at: Opened, page: string, change: Partial<OrderView>): Promise<void> {
  at.desk.move(change);
  await at.touchscreen.waitFor(page);
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

  it('speaks the language of the browser, and another one when it is chosen', async () => {
    await using at = await opened({ locale: 'de-AT' });
    await at.touchscreen.wake();
    expect(await at.page.textContent('h1')).toBe('Was darf es sein?');
    await at.touchscreen.chooseLanguage('en');
    expect(await at.page.textContent('h1')).toBe('What would you like?');
    expect(await at.page.getAttribute('html', 'lang')).toBe('en');
  });

  it('hides what cannot be made and says why', async () => {
    await using at = await opened();
    await at.touchscreen.wake();
    await at.page.click('[data-testid="why-not"]');
    expect(await at.page.textContent('[data-testid="missing-dry-lime"]')).toContain(
      'Used up or not loaded: lime juice.',
    );
  });

  it('names allergens before the order', async () => {
    await using at = await opened();
    await at.touchscreen.wake();
    await at.touchscreen.choose('velvet');
    expect(await at.page.textContent('[data-testid="allergens"]')).toBe('milk, nuts');
  });

  it('stops the pour when the finger comes down, before it is lifted', async () => {
    await using at = await opened();
    await ordered(at);
    await reached(at, 'pouring', { state: 'pouring', percent: 10 });
    const stopAsked = at.page.waitForRequest((request) => request.url().endsWith('/stop'));
    await at.touchscreen.pressStop();
    await stopAsked;
    const height = (await at.page.locator('[data-testid="stop"]').boundingBox())?.height;
    expect(height).toBeGreaterThanOrEqual(96);
    const receipt = fakeReceipt(at.desk.order(), 20_000);
    const refund = { voucher: 'K7QM-4TXA-92FD', amount_sat: 12_500 };
    const problem = { code: 'machine/pour-interrupted', facts: {} };
    at.desk.move({ state: 'partial', receipt, refund, problem });
    const told = await at.touchscreen.failure();
    expect(told.voucher).toBe('K7QM-4TXA-92FD');
    expect(told.what).toContain('It stopped at about 20\u00a0ml of 200\u00a0ml');
    expect(told.money).toContain('12,500\u00a0sat');
    expect(at.desk.asked).toEqual(['place sunrise', 'stop']);
  });

  it.each([
    ['landscape', low, 'en-GB'],
    ['portrait', tall, 'de-DE'],
  ])('holds a pour, says for how long, and goes on (%s)', async (_name, viewport, locale) => {
    await using at = await opened({ viewport, locale });
    await ordered(at);
    await reached(at, 'pouring', { state: 'pouring', percent: 40 });
    const height = async (id: string) => (await at.page.locator(`[data-testid="${id}"]`).boundingBox())?.height ?? 0;
    expect(await height('stop')).toBeGreaterThan(await height('hold'));
    await at.page.click('[data-testid="hold"]');
    at.desk.move({ problem: { code: 'machine/held', facts: { seconds: '30' } } });
    const news = at.page.locator('[data-testid="news"]');
    await at.page.waitForSelector('[data-testid="resume"]');
    expect(await news.textContent()).toContain('30 s');
    expect(await at.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('resume');
    expect(await height('stop')).toBeGreaterThan(await height('resume'));
    await at.page.click('[data-testid="resume"]');
    at.desk.move({ problem: null });
    await at.page.waitForSelector('[data-testid="hold"]');
    expect(await news.textContent()).toBe('');
    at.desk.move({ problem: { code: 'machine/glass-missing', facts: {} } });
    await at.page.waitForSelector('[data-code="machine/glass-missing"]');
    expect(await at.page.locator('[data-testid="hold"], [data-testid="resume"]').count()).toBe(0);
    expect(await news.textContent()).not.toMatch(/Start/);
    expect(at.desk.asked).toEqual(['place sunrise', 'hold', 'resume']);
  });

  it('returns to the running order after a reload', async () => {
    await using at = await opened();
    await ordered(at);
    await reached(at, 'pouring', { state: 'pouring', percent: 30 });
    await at.page.reload();
    await at.touchscreen.waitFor('pouring');
    expect(await at.touchscreen.orderNumber()).toBe(17);
    expect(at.desk.orderCount()).toBe(1);
  });

  it('offers an order that was left behind when the browser was started anew', async () => {
    await using at = await opened();
    await ordered(at);
    await reached(at, 'glass', { state: 'place_glass' });
    await at.page.evaluate(() => sessionStorage.clear());
    await at.page.reload();
    await at.touchscreen.waitFor('attract');
    await at.page.click('[data-testid="resume"]');
    await at.touchscreen.waitFor('glass');
  });

  it('asks for the rest of an underpaid order', async () => {
    await using at = await opened();
    await ordered(at);
    const invoice = at.desk.order().invoice;
    if (invoice !== null) at.desk.move({ invoice: { ...invoice, state: 'underpaid', received_sat: 5_000 } });
    await at.page.waitForSelector('[data-testid="underpaid"]');
    expect(await at.touchscreen.amount()).toBe(7_500);
  });

  it('takes a voucher instead, and keeps the first order when it is refused', async () => {
    await using at = await opened();
    await ordered(at);
    at.desk.refuseNext({ code: 'payment/voucher-used', facts: {} });
    await at.touchscreen.redeem('OLD-1');
    await at.page.waitForSelector('[data-testid="problem"][data-code="payment/voucher-used"]');
    await at.page.click('[data-testid="close-voucher"]');
    await at.touchscreen.redeem('NEW-2');
    await at.touchscreen.waitFor('licence');
    expect(await at.touchscreen.orderNumber()).toBe(18);
    await expect
      .poll(() => at.desk.asked)
      .toEqual(['place sunrise', 'place sunrise OLD-1', 'place sunrise NEW-2', 'cancel']);
  });

  it('hands over what is left of a voucher before the receipt', async () => {
    await using at = await opened();
    await ordered(at);
    const refund = { voucher: 'CHNG-0001', amount_sat: 3_700 };
    await reached(at, 'receipt', { state: 'done', refund, receipt: fakeReceipt(at.desk.order()) });
    expect(await at.page.getAttribute('[data-testid="refund"]', 'data-voucher')).toBe('CHNG-0001');
    await at.page.click('[data-testid="noted"]');
    expect(await at.touchscreen.receiptLine('number')).toBe('17');
    expect(await at.page.locator('[data-testid="refund"]').count()).toBe(0);
  });

  it('says what holds a licence up, and lets the order be given up', async () => {
    await using at = await opened();
    await ordered(at);
    await reached(at, 'licence', { state: 'licence', problem: { code: 'marketplace/unreachable', facts: {} } });
    await at.page.waitForSelector('[data-testid="problem"][data-code="marketplace/unreachable"]');
    await at.touchscreen.cancel();
    await at.touchscreen.waitFor('drinks');
    expect(at.desk.asked).toEqual(['place sunrise', 'cancel']);
  });

  it('shows a failure without a refund as one, and never as a receipt', async () => {
    await using at = await opened();
    await ordered(at);
    at.desk.move({ state: 'failed', problem: { code: 'token/failed', facts: {} } });
    const told = await at.touchscreen.failure();
    expect(told).toMatchObject({ code: 'token/failed', voucher: null, money: 'Nothing was charged.' });
    expect(await at.page.locator('[data-testid="receipt"]').count()).toBe(0);
    await at.touchscreen.leave();
    await at.touchscreen.waitFor('drinks');
  });

  it('says what does not work, and comes back by itself when the connection does', async () => {
    await using at = await opened();
    await ordered(at);
    at.desk.setMenu({ works: { ...at.desk.menu.works, marketplace: false } });
    await expect.poll(() => at.touchscreen.trouble()).toBe('works.marketplace');
    at.desk.link(true);
    await expect.poll(() => at.touchscreen.trouble()).toBe('works.link');
    at.desk.link(false);
    at.desk.setMenu({ works: { ...at.desk.menu.works, marketplace: true } });
    at.desk.move({ state: 'licence' });
    await expect.poll(() => at.touchscreen.trouble(), { timeout: 20_000 }).toBeNull();
    await at.touchscreen.waitFor('licence');
  });

  it('warns before it goes back to the beginning, and stays when asked to', async () => {
    await using at = await opened({ clock: true });
    await at.page.click('[data-testid="wake"]');
    await at.touchscreen.waitFor('drinks');
    await at.page.clock.runFor(36_000);
    await at.page.click('[data-testid="stay"]');
    await at.page.clock.runFor(30_000);
    expect(await at.touchscreen.shownPage()).toBe('drinks');
    await at.page.clock.runFor(31_000);
    await at.touchscreen.waitFor('attract');
  });

  it('never goes back while a drink is poured or an error is shown', async () => {
    await using at = await opened({ clock: true });
    await at.page.click('[data-testid="wake"]');
    await at.page.clock.runFor(1_000);
    await at.touchscreen.choose('sunrise');
    await at.touchscreen.order();
    await reached(at, 'pouring', { state: 'pouring', percent: 5 });
    await at.page.clock.runFor(600_000);
    expect(await at.touchscreen.shownPage()).toBe('pouring');
    await reached(at, 'failure', { state: 'failed', problem: { code: 'dispenser/failed', facts: {} } });
    await at.page.clock.runFor(600_000);
    expect(await at.touchscreen.shownPage()).toBe('failure');
  });

  it('can be used by arrow keys and Enter alone', async () => {
    await using at = await opened();
    const press = async (...keys: string[]) => {
      for (const key of keys) await at.page.keyboard.press(key);
    };
    const focused = () => at.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
    const goTo = async (testId: string, key: string) => {
      for (let steps = 0; steps < 6 && (await focused()) !== testId; steps += 1) await press(key);
      expect(await focused()).toBe(testId);
    };
    await goTo('wake', 'ArrowDown');
    await press('Enter');
    await at.touchscreen.waitFor('drinks');
    await at.touchscreen.untilAwake();
    await goTo('drink-sunrise', 'ArrowDown');
    await goTo('drink-garden', 'ArrowRight');
    await press('Enter');
    await at.touchscreen.waitFor('drink');
    await goTo('order', 'ArrowDown');
    await press('Enter');
    await at.touchscreen.waitFor('pay');
    await reached(at, 'glass', { state: 'place_glass' });
    await goTo('start', 'ArrowDown');
    await press('Enter');
    await expect.poll(() => at.desk.asked).toEqual(['place garden', 'start']);
  });

  it.each([
    ['7 inches', low],
    ['10 inches', wide],
    ['a tall kiosk', tall],
  ])('fits %s without scrolling, with every target at least 72 px high', async (_name, viewport) => {
    await using at = await opened({ locale: 'de-DE', viewport });
    const misfits = () =>
      at.page.evaluate(() => {
        const small = [...document.querySelectorAll('button, a')].filter(
          (one) => one.getBoundingClientRect().height < 72,
        );
        const main = document.querySelector('main');
        const scrolls =
          main === null || main.scrollHeight > main.clientHeight + 1 || main.scrollWidth > main.clientWidth + 1;
        return [...small.map((one) => one.className), ...(scrolls ? ['the page scrolls'] : [])];
      });
    expect(await misfits()).toEqual([]);
    await at.touchscreen.wake();
    expect(await misfits()).toEqual([]);
    await at.touchscreen.choose('midnight');
    expect(await misfits()).toEqual([]);
    await at.touchscreen.order();
    await at.touchscreen.waitFor('pay');
    expect(await misfits()).toEqual([]);
    await at.page.click('[data-testid="voucher"]');
    expect(await misfits()).toEqual([]);
    await reached(at, 'glass', { state: 'place_glass' });
    expect(await misfits()).toEqual([]);
    await reached(at, 'pouring', { state: 'pouring', percent: 50 });
    expect(await misfits()).toEqual([]);
    await reached(at, 'receipt', { state: 'done', receipt: fakeReceipt(at.desk.order()) });
    expect(await misfits()).toEqual([]);
    const refund = { voucher: 'K7QM-4TXA-92FD', amount_sat: 12_500 };
    await reached(at, 'failure', { state: 'failed', refund, problem: { code: 'machine/burn-failed', facts: {} } });
    expect(await misfits()).toEqual([]);
  });

  it('asks nobody but desk', async () => {
    await using at = await opened();
    await ordered(at);
    const hosts = at.requested.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).host);
    expect([...new Set(hosts)]).toEqual([new URL(at.desk.url).host]);
  });
});

describe('the built screen', () => {
  it('is less than 100 kB of script, gzip', async () => {
    const folder = join(screen.dist, 'assets');
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    const sizes = await Promise.all(scripts.map(async (name) => gzipSync(await readFile(join(folder, name))).length));
    expect(scripts.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });
});
