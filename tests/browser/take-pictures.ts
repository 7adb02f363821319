import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { startDemo } from '#cli/demo/demo.ts';
import { root } from '../run/program.ts';
import { openBrowser } from './browser.ts';
import { Touchscreen } from './touchscreen.ts';

/**
 * Takes the pictures of the README at a real demo machine: `node tests/browser/take-pictures.ts`, after the pages were
 * built (`npm start` does that).
 */
const folder = join(root, 'src', 'screen', 'pictures');
const state = await mkdtemp(join(tmpdir(), 'decant-pictures-'));
const ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
try {
  await using demo = await startDemo({ state, ports, seed: 1, speed: 1, noise: true, alcohol: false, say: () => {} });
  const browser = await openBrowser();
  try {
    const viewport = { width: 1280, height: 800 };
    const page = await browser.newPage({ viewport, locale: 'en-GB', deviceScaleFactor: 1 });
    const shoot = (name: string) => page.screenshot({ path: join(folder, `${name}.png`) });
    await mkdir(folder, { recursive: true });
    await page.goto(demo.touchscreen);
    const screen = new Touchscreen(page);
    await screen.wake();
    await page.waitForFunction(() => document.querySelectorAll('.tile').length >= 4);
    await page.waitForLoadState('networkidle');
    await shoot('drinks');
    await screen.choose('coco-colada');
    await screen.order();
    await screen.waitFor('pay');
    await demo.chain.wallet.payUri(await screen.paymentUri());
    await screen.waitFor('glass');
    await screen.start();
    await screen.waitFor('pouring');
    await page.waitForFunction(
      (least) => Number(document.querySelector('[data-testid="percent"]')?.getAttribute('data-percent') ?? 0) >= least,
      10,
    );
    await shoot('pour');
    await screen.waitFor('receipt', 60_000);
  } finally {
    await browser.close();
  }
} finally {
  await rm(state, { recursive: true, force: true });
}
