import { describe, expect, test } from 'vitest';
import type { Edge } from '#tests/support/board.ts';
import { judge, type Ordered, type Told } from './judge.ts';

const pins = new Map([
  [0, 4],
  [1, 6],
]);
const ordered: readonly Ordered[] = [
  { pump: 0, start: 1_600, stop: 4_800 },
  { pump: 0, start: 6_400, stop: 8_000 },
  { pump: 1, start: 3_200, stop: 8_000 },
];
const done: Told = { end: 'done', record: null, wasReset: false };
const pulse = (pin: number, from: number, to: number): Edge[] => [
  { pin, level: '1', ns: (50_000 + from) * 1000 },
  { pin, level: '0', ns: (50_000 + to) * 1000 },
];
const asOrdered = [...pulse(4, 1_600, 4_800), ...pulse(4, 6_400, 8_000), ...pulse(6, 3_200, 8_000)];

describe('the judge of pins', () => {
  test('finds nothing wrong with a job that was poured as ordered', () => {
    const record = new Map([
      [0, 4_800],
      [1, 4_800],
    ]);
    expect(judge(ordered, { ...done, record }, asOrdered, pins)).toEqual([]);
  });

  test('finds nothing wrong with doses that were cut short when the job was not done', () => {
    const cut = [...pulse(4, 1_600, 4_000), ...pulse(6, 3_200, 4_000)];
    expect(judge(ordered, { ...done, end: 'fault' }, cut, pins)).toEqual([]);
  });

  test.each<[string, Partial<Told>, Edge[], string]>([
    [
      'a dose that lasts a tick and a half too long',
      {},
      [...asOrdered.slice(0, 4), ...pulse(6, 3_200, 8_024)],
      '4824 µs of 4800',
    ],
    [
      'a dose that is poured twice',
      { end: 'stopped' },
      [...asOrdered, ...pulse(6, 9_000, 13_800)],
      'ran 2 times for 1 doses',
    ],
    ['a pump that is on at the end', { end: 'fault' }, asOrdered.slice(0, 5), 'is on after its job'],
    ['a pump of which nothing was ordered', {}, [...asOrdered, ...pulse(8, 0, 100)], 'pump 31 ran 1 times for 0 doses'],
    [
      'a pump that runs though the job was refused',
      { end: 'refused' },
      asOrdered.slice(0, 2),
      'though the job was refused',
    ],
    ['a done job that poured too little', {}, asOrdered.slice(0, 4), 'poured too little'],
    ['a record that says less than was poured', { record: new Map([[0, 4_800]]) }, asOrdered, 'recorded are 0'],
    [
      'a pump that starts at a time of its own',
      { end: 'fault' },
      [...asOrdered.slice(0, 4), ...pulse(6, 3_300, 8_000)],
      'of their own',
    ],
  ])('finds %s', (_, told, edges, mischief) => {
    const all = new Map([...pins, [31, 8]]);
    expect(judge(ordered, { ...done, ...told }, edges, all).join()).toContain(mischief);
  });
});
