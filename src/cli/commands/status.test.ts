import { expect, test } from 'vitest';
import { sampleStatus } from '#desk/testing/sample-status.ts';
import { textsFor } from '../texts/texts.ts';
import { statusText } from './status.ts';

const contacts = { glass: 'made', door: 'open', tray: 'open', supply: 'made', service_key: 'unfitted' } as const;

test('tells each contact of the machine, an open one so that it is seen', () => {
  expect(statusText(sampleStatus({ contacts }), textsFor('en'), false)).toMatch(
    /^contacts +glass made, door OPEN, tray OPEN, supply made, service key not fitted$/m,
  );
  expect(statusText(sampleStatus({ contacts }), textsFor('de'), false)).toMatch(/^Kontakte +Glas zu, Tür OFFEN, /m);
  expect(JSON.parse(statusText(sampleStatus({ contacts }), textsFor('en'), true))).toMatchObject({ contacts });
});
