import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestJournal } from '#tests/support/marketplace/test-machine.ts';
import { followJournal, origin } from './follow-journal.ts';

const link = fc.uint8Array({ minLength: 32, maxLength: 32 });
const links = fc.array(link, { maxLength: 12 });

const prefix = (journal: TestJournal, count: number): TestJournal => new TestJournal(journal.links.slice(0, count));
const part = fc.integer({ min: 0, max: 12 });

describe('followJournal', () => {
  it('continues from any head of the same journal through the remembered one', () => {
    fc.assert(
      fc.property(links, part, part, (all, a, b) => {
        const whole = new TestJournal(all);
        const [since, remembered] = [Math.min(a, b, all.length), Math.min(Math.max(a, b), all.length)];
        const from = prefix(whole, since).head;
        const walk = followJournal(from, all.slice(since), whole.head, prefix(whole, remembered).head);
        expect(walk.tag).toBe('continues');
      }),
    );
  });

  it('calls every journal forked that does not pass the remembered head', () => {
    fc.assert(
      fc.property(links, link, links, link, (common, mine, rest, theirs) => {
        fc.pre(Buffer.compare(mine, theirs) !== 0);
        const remembered = new TestJournal([...common, theirs]).head;
        const other = new TestJournal([...common, mine, ...rest]);
        expect(followJournal(origin, other.links, other.head, remembered).tag).toBe('forked');
      }),
    );
  });

  it('calls an older copy forked', () => {
    fc.assert(
      fc.property(fc.array(link, { minLength: 1, maxLength: 12 }), part, (all, cut) => {
        const older = new TestJournal(all.slice(0, Math.min(cut, all.length - 1)));
        expect(followJournal(origin, older.links, older.head, new TestJournal(all).head).tag).toBe('forked');
      }),
    );
  });

  it('calls links broken that do not end where they say', () => {
    fc.assert(
      fc.property(fc.array(link, { minLength: 1, maxLength: 12 }), (all) => {
        const journal = new TestJournal(all);
        expect(followJournal(origin, all.slice(1), journal.head, null).tag).toBe('broken');
        const lying = { ...journal.head, index: journal.head.index + 1 };
        expect(followJournal(origin, all, lying, null).tag).toBe('broken');
      }),
    );
  });
});
