import { networks, type Network as Prefixes } from 'bitcoinjs-lib';
import { Failure } from '#shared/failure.ts';

export const networkNames = ['mainnet', 'testnet4', 'testnet3', 'signet', 'regtest', 'bcoin-regtest'] as const;

export type NetworkName = (typeof networkNames)[number];

/** One bitcoin network. Servers are told apart by the genesis block: three test networks share the prefix `tb1`. */
export interface BitcoinNetwork {
  readonly name: NetworkName;
  /** Hash of block 0, as block explorers print it. */
  readonly genesis: string;
  readonly prefixes: Prefixes;
  /** The easiest proof of work that a header may claim, in compact form. */
  readonly easiestBits: number;
  /** Whether the bits of a header may jump to the easiest at any time (the test networks' twenty-minute rule). */
  readonly easyBlocks: boolean;
  /** Whether coins have a price. */
  readonly money: boolean;
}

const regtestGenesis = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';

const known: Readonly<Record<NetworkName, Omit<BitcoinNetwork, 'name'>>> = {
  mainnet: {
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    prefixes: networks.bitcoin,
    easiestBits: 0x1d00ffff,
    easyBlocks: false,
    money: true,
  },
  // BIP94
  testnet4: {
    genesis: '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
    prefixes: networks.testnet,
    easiestBits: 0x1d00ffff,
    easyBlocks: true,
    money: false,
  },
  testnet3: {
    genesis: '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    prefixes: networks.testnet,
    easiestBits: 0x1d00ffff,
    easyBlocks: true,
    money: false,
  },
  // BIP325
  signet: {
    genesis: '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
    prefixes: networks.testnet,
    easiestBits: 0x1e0377ae,
    easyBlocks: false,
    money: false,
  },
  regtest: {
    genesis: regtestGenesis,
    prefixes: networks.regtest,
    easiestBits: 0x207fffff,
    easyBlocks: true,
    money: false,
  },
  // bcoin 1.x gives its regtest other address prefixes than Bitcoin Core does
  'bcoin-regtest': {
    genesis: regtestGenesis,
    prefixes: { ...networks.regtest, bech32: 'rb', pubKeyHash: 0x3c, scriptHash: 0x26 },
    easiestBits: 0x207fffff,
    easyBlocks: true,
    money: false,
  },
};

/**
 * The network called `name`.
 * @throws Failure `payment/wrong-network` for mainnet unless `mainnet` is true: real money is never a default.
 */
export function networkNamed(name: NetworkName, allow: { readonly mainnet?: boolean } = {}): BitcoinNetwork {
  const network = { name, ...known[name] };
  if (network.money && allow.mainnet !== true) {
    throw new Failure('payment/wrong-network', { network: name, reason: 'mainnet is not switched on' });
  }
  return network;
}
