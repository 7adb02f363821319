import { appendFileSync } from 'node:fs';
import koffi from 'koffi';

type Call = (...given: unknown[]) => unknown;

/** Loaded into a process before its own code: writes a line to the file LOGIN_COUNT for each C_Login it calls. */
const decode = koffi.decode.bind(koffi) as Call;
const file = process.env['LOGIN_COUNT'] ?? '';
/** Where C_Login stands in the list of a module's functions (`hsm/native-calls.ts`). */
const loginPlace = 8 * 19;
const logins = new Set<unknown>();

Object.assign(koffi, {
  decode: (...given: unknown[]) => {
    const found = decode(...given);
    if (given[1] === loginPlace) logins.add(found);
    return typeof found === 'function' && logins.has(given[0]) ? counted(found as Call) : found;
  },
});

function counted(call: Call): Call {
  return (...given) => {
    appendFileSync(file, 'C_Login\n');
    return call(...given);
  };
}
