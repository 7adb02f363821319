import { registerHooks } from 'node:module';

registerHooks({
  resolve: (name, context, next) =>
    name === 'vitest' ? { url: new URL('./words.ts', import.meta.url).href, shortCircuit: true } : next(name, context),
});

const { report, runAll } = await import('./words.ts');
const { dispenserContract } = await import('#tests/support/dispenser-contract.ts');
const { gpioLinesContract } = await import('#tests/support/gpio/gpio-lines-contract.ts');
const { dispenserBench, drivers, lineBench } = await import('./benches.ts');
const { measureDoses } = await import('./dose-lengths.ts');
const { onARealKernel } = await import('./on-a-real-kernel.ts');
const { watchKernel } = await import('./sim-chip.ts');

/** Of executed on-times, µs: what the driver promises, twice over. */
const tolerance = 4_000;

watchKernel();
onARealKernel();
for (const driver of drivers) gpioLinesContract(driver, () => lineBench(driver));
for (const driver of drivers) dispenserContract(driver, tolerance, () => dispenserBench(driver));
await runAll();
for (const driver of drivers) {
  await measureDoses(driver, false);
  await measureDoses(driver, true);
}
report({ t: 'end' });
process.exit();
