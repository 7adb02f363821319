import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry } from '#cell/journal/entry.ts';
import { readProvisioned, writeProvisioned } from '#cell/identity.ts';
import type { DemoPlace } from '#cli/demo/demo-place.ts';
import type { DemoProcess } from '#cli/demo/demo-process.ts';
import { cellProcess } from '#cli/demo/demo.ts';
import { type CellClient, cellClient } from '#desk/cell/cell-client.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { readSampleIngredients, readSamples } from '#recipes/samples.ts';
import { type SealedRecipe, sealRecipe } from '#recipes/seal.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { PaperMarket } from '#tests/support/cell/paper-market.ts';
import { type PaperCa, paperCa, person } from '#tests/support/marketplace/people.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { machineAtRest } from './cell-alone.ts';
import { entriesOf, journalEntries } from './journal-entries.ts';

const recipes = systemDisk(fileURLToPath(new URL('../../../recipes', import.meta.url)));

/**
 * The real cell process with its real token, and a marketplace on paper that it has been told to believe: whatever a test
 * wants said is rightly signed. We are desk.
 */
export class MachineOnPaper implements AsyncDisposable {
  static readonly machine = 'demo-machine';
  readonly place: DemoPlace;
  readonly process: DemoProcess;
  readonly market: PaperMarket;
  readonly drink: SealedRecipe;
  readonly anchors: TrustAnchors;
  readonly #stack: AsyncDisposableStack;
  #cell: CellClient;

  private constructor(
    parts: Pick<MachineOnPaper, 'place' | 'process' | 'market' | 'drink' | 'anchors'>,
    cell: CellClient,
    stack: AsyncDisposableStack,
  ) {
    this.place = parts.place;
    this.process = parts.process;
    this.market = parts.market;
    this.drink = parts.drink;
    this.anchors = parts.anchors;
    this.#cell = cell;
    this.#stack = stack;
  }

  static async start(): Promise<MachineOnPaper> {
    await using stack = new AsyncDisposableStack();
    const place = await machineAtRest(stack);
    const market = await PaperMarket.open(systemClock);
    const authors = await paperCa('Paper author CA');
    const anchors = await believe(place, market, authors);
    const drink = await sealed(place, authors, anchors);
    for (const { message } of entriesOf('PREKEYS', await journalEntries(place.cell)))
      market.takePrekeys(message, anchors);
    const process = stack.use(cellProcess(place, new AbortController().signal));
    await process.start();
    const cell = await connected(place);
    await upload(cell, drink.file);
    return new MachineOnPaper({ place, process, market, drink, anchors }, cell, stack.move());
  }

  get cell(): CellClient {
    return this.#cell;
  }

  async restart(): Promise<void> {
    await this.process.stop();
    await this.process.start();
    this.#cell = await connected(this.place);
  }

  journal(): Promise<readonly Entry[]> {
    return journalEntries(this.place.cell);
  }

  /** One-time keys that no licence has taken, in the order in which they were made. */
  async freeKids(): Promise<Uint8Array[]> {
    const entries = await this.journal();
    const taken = new Set(entriesOf('GRANTED', entries).flatMap(({ kids }) => kids.map(hex)));
    return entriesOf('PREKEYS', entries)
      .flatMap(({ keys }) => keys.map(({ kid }) => kid))
      .filter((kid) => !taken.has(hex(kid)));
  }

  /** Has the cell sign an ORDER for the drink; answers its digest. */
  async ordered(order: string, changes: Partial<Payload<'OFFER'>> = {}): Promise<Uint8Array> {
    const { recipe_id: recipe, version } = this.drink.manifest;
    const { nonce } = await this.cell.ask('offer_nonce', { recipe, version });
    const offer = await this.market.offer(MachineOnPaper.machine, this.drink, nonce, changes);
    const { message } = await this.cell.ask('order', { order, offer });
    openMessage('ORDER', message, this.anchors, systemClock.now());
    return sha256(message);
  }

  /** The claims of a good licence for that ORDER, to one free key. */
  async claims(order: Uint8Array, changes: Partial<Payload<'LICENCE'>> = {}): Promise<Payload<'LICENCE'>> {
    const [kid] = await this.freeKids();
    const { last_seq: last } = await this.cell.ask('status', {});
    const kids = kid === undefined ? [] : [kid];
    return this.market.claims(MachineOnPaper.machine, this.drink, { order }, kids, { seq: last + 1, ...changes });
  }

  async grant(order: string): Promise<Uint8Array> {
    const licence = await this.market.licence(await this.claims(await this.ordered(order)));
    await this.cell.ask('licence', { message: licence });
    return licence;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Adds the people on paper to those whom the machine believes. */
export async function believe(place: DemoPlace, market: PaperMarket, authors: PaperCa): Promise<TrustAnchors> {
  const disk = systemDisk(place.cell);
  const provisioned = await readProvisioned(disk);
  const { anchors } = provisioned;
  const believed = {
    ...anchors,
    author: [...(anchors.author ?? []), authors.certificate],
    catalogue: [...(anchors.catalogue ?? []), market.ca.certificate],
    licensing: [...(anchors.licensing ?? []), market.ca.certificate],
  };
  await writeProvisioned(disk, { ...provisioned, anchors: believed });
  return believed;
}

/** A sample drink, sealed anew for the machine's class by an author on paper. */
async function sealed(place: DemoPlace, authors: PaperCa, anchors: TrustAnchors): Promise<SealedRecipe> {
  const samples = await readSamples(recipes);
  const source = samples.find((sample) => sample.source.slug === 'coco-colada')?.source;
  if (source === undefined) throw new Error('the sample is gone');
  const certificate = new Uint8Array(await readFile(join(place.maker, 'certificates', 'class-demo-mixer-1.der')));
  const author = await person(authors, 'author', 'Paper author');
  return sealRecipe({
    source,
    ingredients: await readSampleIngredients(recipes),
    authorName: author.name,
    author: author.signer,
    classKey: readClassKey([certificate], anchors, systemClock.now()).spki,
    now: systemClock.now(),
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
}

async function connected(place: DemoPlace): Promise<CellClient> {
  return cellClient(await connectUnix(join(place.sockets, 'cell', 'cell.sock')));
}

async function upload(cell: CellClient, file: Uint8Array): Promise<void> {
  const { upload: id } = await cell.ask('spool_begin', { size: file.length });
  await cell.ask('spool_chunk', { upload: id, at: 0, bytes: file });
  await cell.ask('spool_end', { upload: id });
}
