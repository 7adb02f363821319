import { appendFileSync } from 'node:fs';
import koffi from 'koffi';

type Call = (...given: unknown[]) => unknown;

/** Loaded into a process before its own code: writes a line to the file LOGIN_COUNT for each C_Login it calls. */
const load = koffi.load.bind(koffi);
const file = process.env['LOGIN_COUNT'] ?? '';

Object.assign(koffi, {
  load: (path: string) => {
    const library = load(path);
    const find = library.func.bind(library) as (name: string, ...types: unknown[]) => Call;
    return { func: (name: string, ...types: unknown[]) => counted(name, find(name, ...types)) };
  },
});

function counted(name: string, call: Call): Call {
  if (name !== 'C_Login') return call;
  return (...given) => {
    appendFileSync(file, `${name}\n`);
    return call(...given);
  };
}
