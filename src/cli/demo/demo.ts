import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownSoftToken } from '#hsm/own-soft-token.ts';
import { softhsmPlace, writeSofthsmConfig } from '#hsm/softhsm-config.ts';
import { nodeHttpsClient } from '#desk/node-https-client.ts';
import { Maker } from '#maker/maker.ts';
import type { BootstrapFile } from '#marketplace/bootstrap.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import type { SimFaultName } from '#wire/machine-config.ts';
import type { MarketplaceReady } from '../commands/marketplace.ts';
import { demoAuthor, publishSamples } from './author.ts';
import { type DemoChain, startDemoChain } from './demo-chain.ts';
import { type DemoPlace, demoPlace } from './demo-place.ts';
import type { DemoPorts } from './demo-ports.ts';
import { DemoProcess } from './demo-process.ts';
import { demoMachineYaml } from './machine-yaml.ts';
import { DemoProvisioning, demoKeyClass, demoMachineId, demoMachineName } from './provision-demo.ts';

export interface DemoOptions {
  readonly state: string;
  readonly ports: DemoPorts;
  readonly seed: number;
  readonly speed: number;
  readonly noise: boolean;
  /** Bad days of the simulated machine. */
  readonly faults?: readonly SimFaultName[];
  readonly alcohol: boolean;
  /** One line of progress at a time. */
  readonly say: (line: string) => void;
  /** Gives up while it starts; `startDemo` then rejects. */
  readonly stop?: AbortSignal;
}

/** A whole demonstration: marketplace, broker, chain, machine. Disposing it ends every process. */
export interface Demo extends AsyncDisposable {
  readonly place: DemoPlace;
  readonly touchscreen: string;
  readonly walletPage: string;
  readonly chain: DemoChain;
  readonly marketplace: MarketplaceReady;
  /** Each process by itself; the broker is a child of the marketplace. */
  readonly processes: {
    readonly marketplace: DemoProcess<MarketplaceReady>;
    readonly cell: DemoProcess;
    readonly desk: DemoProcess;
  };
}

const openingCredit = 10_000_000;

/** Starts everything, provisioning at the first start; resolves when the touchscreen answers. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { ports, say, stop = new AbortController().signal } = options;
  const place = demoPlace(options.state);
  await using stack = new AsyncDisposableStack();
  await makeFolders(place);
  // where the state folder's path is too long for sockets, theirs is beside it, and goes with the processes
  if (!place.sockets.startsWith(place.root)) stack.defer(() => rm(place.sockets, { recursive: true, force: true }));
  const chainStarting = startDemoChain({
    entropy: systemEntropy,
    esploraPort: ports.esplora,
    walletPort: ports.wallet,
    mineAfterPayment: true,
  });
  // it may fail before anybody waits for it
  chainStarting.catch(() => {});
  // ended last, and also when something below fails before it has started
  stack.defer(() =>
    chainStarting.then(
      (chain) => chain[Symbol.asyncDispose](),
      () => {},
    ),
  );
  const first = (await systemDisk(place.cell).read('provisioned.cbor')) === null;
  const setUp = first ? await prepareFirstStart(place, say) : null;
  stop.throwIfAborted();
  const processes = {
    marketplace: stack.use(marketplaceProcess(place, ports, stop)),
    cell: stack.use(cellProcess(place, stop)),
    desk: stack.use(deskProcess(place, stop)),
  };
  const marketplace = await processes.marketplace.start();
  const chain = await chainStarting;
  if (setUp !== null) await finishFirstStart(setUp, place, marketplace, say);
  // the folder may have been moved since the last start
  await writeSofthsmConfig(place.machineToken);
  await writeMachineYaml(options, place, marketplace, chain);
  await Promise.all([processes.cell.start(), processes.desk.start()]);
  const running = stack.move();
  return {
    place,
    touchscreen: `http://127.0.0.1:${ports.touchscreen}`,
    walletPage: chain.walletPage,
    chain,
    marketplace,
    processes,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function makeFolders({ root, machine, cell, desk, logs, sockets }: DemoPlace): Promise<void> {
  const folders = [root, machine, cell, desk, logs, join(sockets, 'cell'), join(sockets, 'service')];
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
}

interface FirstStart {
  readonly maker: Maker;
  readonly provisioning: DemoProvisioning;
  readonly certificate: Uint8Array;
}

/** The demo maker, the machine's identity, and what the marketplace must know before it starts. */
async function prepareFirstStart(place: DemoPlace, say: DemoOptions['say']): Promise<FirstStart> {
  say('First start: making a demo maker, a machine with its token, a marketplace and sixteen sealed drinks.');
  const token = await ownSoftToken({
    folder: join(place.maker, 'token'),
    label: 'maker',
    module: process.env['DECANT_PKCS11_MODULE'],
    entropy: systemEntropy,
  });
  const disk = systemDisk(place.maker);
  const maker = await Maker.open({ token, disk, clock: systemClock, entropy: systemEntropy });
  const provisioning = new DemoProvisioning(place);
  const certificate = await provisioning.identity(maker);
  const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64');
  const bootstrap: BootstrapFile = {
    anchors: { author: [base64(maker.authorRoot)], machine: [base64(maker.root)] },
    machines: [base64(certificate)],
    credits: [{ machine: demoMachineId, satoshi: openingCredit, key: 'opening' }],
  };
  await systemDisk(place.marketplace).replace('bootstrap.json', Buffer.from(JSON.stringify(bootstrap)));
  return { maker, provisioning, certificate };
}

async function finishFirstStart(
  { maker, provisioning, certificate }: FirstStart,
  place: DemoPlace,
  marketplace: MarketplaceReady,
  say: DemoOptions['say'],
): Promise<void> {
  const marketplaceCa = new Uint8Array(new X509Certificate(marketplace.ca).raw);
  const https = nodeHttpsClient(marketplace.url, marketplace.ca);
  try {
    const author = await demoAuthor(systemDisk(place.author), maker);
    const onPublished = (done: number, of: number): void => {
      if (done === of) say(`Sealed and published ${of} drinks.`);
    };
    await publishSamples({ author, maker, keyClass: demoKeyClass, https, marketplaceCa, onPublished });
  } finally {
    https.close();
  }
  // last, because it is what tells the next start that all of this is done
  await provisioning.finish(maker, certificate, marketplace.issuer, marketplaceCa);
  say('Provisioned the demo machine.');
}

function marketplaceProcess(place: DemoPlace, ports: DemoPorts, giveUp: AbortSignal): DemoProcess<MarketplaceReady> {
  return new DemoProcess({
    args: [
      'marketplace',
      '--state',
      place.marketplace,
      '--port',
      String(ports.marketplace),
      '--broker-port',
      String(ports.broker),
      '--with-parent',
    ],
    log: join(place.logs, 'marketplace.log'),
    giveUp,
  });
}

/** The cell of the demo machine at `place`, by itself. */
export function cellProcess(place: DemoPlace, giveUp: AbortSignal): DemoProcess {
  const { configFile, tokensFolder } = softhsmPlace(place.machineToken);
  return new DemoProcess({
    args: [
      'cell',
      '--state',
      place.cell,
      '--config',
      place.config,
      '--sockets',
      place.sockets,
      '--pin',
      join(place.machineToken, 'pin'),
      '--soft-tokens',
      tokensFolder,
      '--with-parent',
    ],
    env: { SOFTHSM2_CONF: configFile },
    log: join(place.logs, 'cell.log'),
    giveUp,
  });
}

function deskProcess(place: DemoPlace, giveUp: AbortSignal): DemoProcess {
  return new DemoProcess({
    args: ['desk', '--state', place.desk, '--config', place.config, '--sockets', place.sockets, '--with-parent'],
    log: join(place.logs, 'desk.log'),
    giveUp,
  });
}

async function writeMachineYaml(
  options: DemoOptions,
  place: DemoPlace,
  marketplace: MarketplaceReady,
  chain: DemoChain,
): Promise<void> {
  await writeFile(place.ca, marketplace.ca);
  const { seed, speed, noise, faults = [], alcohol, ports } = options;
  const yaml = demoMachineYaml({
    id: demoMachineId,
    name: demoMachineName,
    seed,
    speed,
    noise,
    faults,
    alcohol,
    port: ports.touchscreen,
    marketplace: {
      url: marketplace.url,
      broker: marketplace.broker,
      mqtt: marketplace.mqtt,
      caFile: 'marketplace-ca.pem',
    },
    payment: { descriptor: await ownDescriptor(place, chain), esplora: chain.esplora },
    wallet: chain.walletPage,
  });
  await writeFile(place.config, yaml);
}

/** The machine's receiving account: made once, so that an address is never shown twice. */
async function ownDescriptor(place: DemoPlace, chain: DemoChain): Promise<string> {
  const path = join(place.machine, 'descriptor');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const descriptor = chain.newDescriptor();
    await writeFile(path, `${descriptor}\n`, { mode: 0o600 });
    return descriptor;
  }
}
