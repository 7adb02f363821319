import type { Locator, Page } from 'playwright-core';

/** What a person does at the touchscreen and can read there; the same for a scripted desk and for a real machine. */
export class Touchscreen {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  #at(testId: string): Locator {
    return this.page.locator(`[data-testid="${testId}"]`);
  }

  /** The page that is shown: `attract`, `drinks`, `drink`, `pay`, `confirming`, `licence`, `glass`, `pouring`, `receipt`, `failure`. */
  async shownPage(): Promise<string | null> {
    return this.#at('screen').getAttribute('data-page');
  }

  /** Resolves when the page of this name is shown. */
  async waitFor(name: string, timeout = 15_000): Promise<void> {
    await this.page.waitForSelector(`[data-testid="screen"][data-page="${name}"]`, { timeout });
  }

  /** From the attract page to the drinks. */
  async wake(): Promise<void> {
    await this.#at('wake').click();
    await this.waitFor('drinks');
    await this.untilAwake();
  }

  /** Resolves when a tap is no longer taken for the second half of the waking one (350 ms). */
  async untilAwake(): Promise<void> {
    const since = await this.page.evaluate(() => performance.now());
    await this.page.waitForFunction((then) => performance.now() - then > 700, since);
  }

  async chooseLanguage(language: 'de' | 'en'): Promise<void> {
    await this.#at(`language-${language}`).click();
  }

  /** Pages on until the drink is seen, and touches it. */
  async choose(slug: string): Promise<void> {
    const tile = this.#at(`drink-${slug}`);
    await this.page.waitForSelector('.tile');
    while (!(await tile.isVisible())) await this.#at('next-page').click();
    await tile.click();
    await this.waitFor('drink');
  }

  /** Orders the drink whose page is shown, and waits for the order number. */
  async order(): Promise<number> {
    await this.#at('order').click();
    return this.orderNumber();
  }

  async orderNumber(): Promise<number> {
    return Number(await this.#at('order-number').getAttribute('data-number'));
  }

  /** The BIP321 URI in the QR code. */
  async paymentUri(): Promise<string> {
    return (await this.#at('payment-qr').getAttribute('data-text')) ?? '';
  }

  async paymentAddress(): Promise<string> {
    return (await this.#at('address').getAttribute('data-address')) ?? '';
  }

  /** What is still to be paid, in satoshi. */
  async amount(): Promise<number> {
    return Number(await this.#at('amount').getAttribute('data-sat'));
  }

  /** The address of the demo wallet's page for this payment. */
  async demoWalletLink(): Promise<string> {
    return (await this.#at('demo-wallet').getAttribute('href')) ?? '';
  }

  /** Pays the shown order with a voucher, typed on the keys of the screen. */
  async redeem(voucher: string): Promise<void> {
    await this.#at('voucher').click();
    for (const key of voucher) await this.#at(`key-${key}`).click();
    await this.#at('redeem').click();
  }

  async start(): Promise<void> {
    await this.#at('start').click();
  }

  /** Puts a finger on Stop, without lifting it. */
  async pressStop(): Promise<void> {
    await this.#at('stop').dispatchEvent('pointerdown');
  }

  /** Lets the drink wait, until the screen says that it does. */
  async hold(): Promise<void> {
    await this.#at('hold').click();
    await this.#at('resume').waitFor();
  }

  /** Lets it go on, until the screen says that it does. */
  async resume(): Promise<void> {
    await this.#at('resume').click();
    await this.#at('hold').waitFor();
  }

  async cancel(): Promise<void> {
    await this.#at('cancel').click();
    await this.#at('cancel-order').click();
  }

  async percent(): Promise<number> {
    return Number(await this.#at('percent').getAttribute('data-percent'));
  }

  /** One line of the receipt by its key: `number`, `delivered`, `price`, `share_licensor`, `licence`, `txid` … */
  async receiptLine(key: string): Promise<string> {
    return (await this.#at(`receipt-${key}`).locator('dd').textContent()) ?? '';
  }

  /** The receipt as the QR code carries it. */
  async receiptText(): Promise<string> {
    return (await this.#at('receipt-qr').getAttribute('data-text')) ?? '';
  }

  /** What the failure page says. */
  async failure(): Promise<{ code: string; what: string; money: string; todo: string; voucher: string | null }> {
    await this.waitFor('failure');
    const said = async (part: string): Promise<string> => (await this.#at(`failure-${part}`).textContent()) ?? '';
    const refund = this.#at('refund');
    return {
      code: (await this.#at('failure').getAttribute('data-code')) ?? '',
      what: await said('what'),
      money: await said('money'),
      todo: await said('todo'),
      voucher: (await refund.count()) > 0 ? await refund.getAttribute('data-voucher') : null,
    };
  }

  /** Leaves a receipt or a failure. */
  async leave(): Promise<void> {
    await this.#at('leave').click();
  }

  /** What the bar says does not work, as the key of its text; null while there is no bar. */
  trouble(): Promise<string | null> {
    // at one look: the bar may go while it is asked
    return this.#at('works-bar').evaluateAll(([bar]) => bar?.getAttribute('data-trouble') ?? null);
  }
}
