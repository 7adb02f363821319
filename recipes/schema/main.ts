import { sourceJsonSchema } from '../source.ts';

/** Prints the JSON schema of recipe sources, for recipe-source.schema.json beside this file. */
process.stdout.write(`${JSON.stringify(sourceJsonSchema(), null, 2)}\n`);
