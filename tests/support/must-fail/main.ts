import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileNameOf, fixedForge, indexOf, mustFailCases } from './must-fail.ts';

/** Makes `recipes/must-fail/` again. */
const folder = new URL('../../../recipes/must-fail/', import.meta.url);
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
const { forge, people } = await fixedForge();
for (const one of mustFailCases) {
  await writeFile(new URL(fileNameOf(one), folder), await one.make(forge, people));
}
await writeFile(new URL('good.tdr', folder), forge.good);
await writeFile(new URL('cases.json', folder), indexOf(mustFailCases));
