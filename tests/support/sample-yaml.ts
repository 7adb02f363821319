import { demoMachineYaml } from '#cli/demo/machine-yaml.ts';

/** The configuration that the demonstration writes. */
export function sampleYaml(): string {
  return demoMachineYaml({
    id: 'bar-7',
    name: 'Bar 7',
    seed: 1,
    speed: 1,
    noise: false,
    alcohol: false,
    port: 8480,
    marketplace: { url: 'https://127.0.0.1:8443', broker: 'mqtts://127.0.0.1:8883', mqtt: 5, caFile: 'ca.pem' },
    payment: { descriptor: 'wpkh()', esplora: 'http://127.0.0.1:8482' },
    wallet: 'http://127.0.0.1:8481',
  });
}
