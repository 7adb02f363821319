import { parseArgs } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { failureCodes } from '#shared/failure-codes.ts';
import { consoleSentences } from './console-sentences.ts';
import { explain } from './explain.ts';
import { consoleLanguage } from './language.ts';

function thrown(args: string[]): unknown {
  try {
    parseArgs({ args, options: { out: { type: 'string', short: 'o' }, json: { type: 'boolean' } } });
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('an explanation at the terminal', () => {
  test.each(failureCodes)('is one sentence and an advice, with its code, for %s', (code) => {
    for (const language of ['en', 'de'] as const) {
      const told = explain(new Failure(code), language);
      expect(told?.text).toMatch(new RegExp(`^.+[.!?] .+\\. \\[${code}\\]\\n$`));
      expect(told?.text).not.toMatch(/[{}|]/);
    }
  });

  test('ends with 2 when the caller has to call otherwise, with 1 when the matter failed', () => {
    expect(explain(new Failure('file/unreadable'), 'en')?.exitCode).toBe(2);
    expect(explain(new Failure('token/missing'), 'en')?.exitCode).toBe(2);
    expect(explain(new Failure('journal/broken'), 'en')?.exitCode).toBe(1);
  });

  test('keeps the reason that a sentence leaves out', () => {
    const error = new Failure('message/not-authentic', { reason: 'the chain is broken' });
    expect(explain(error, 'en')?.text).toContain('[message/not-authentic: the chain is broken]');
  });

  test('lists the mistakes of a configuration below the sentence', () => {
    const error = new Failure('config/invalid', { file: 'm.yaml', mistakes: 'm.yaml:3: a is 1; b' });
    expect(explain(error, 'de')?.text.split('\n')).toEqual([expect.any(String), 'm.yaml:3: a is 1; b', '']);
  });

  test.each([
    [['--frob'], 'There is no option --frob.', 'usage/option-unknown'],
    [['--out'], 'Missing: -o, --out.', 'usage/option-missing'],
    [['-o'], 'Missing: -o, --out.', 'usage/option-missing'],
    [['word'], 'The argument “word” is not understood.', 'usage/argument-unknown'],
  ])('says what is wrong with %j', (args, sentence, code) => {
    const told = explain(thrown(args), 'en');
    expect(told?.text.startsWith(sentence)).toBe(true);
    expect(told?.text).toContain(`[${code}]`);
    expect(told?.exitCode).toBe(2);
  });

  test('is none for a bug', () => {
    expect(explain(new Error('invariant broken'), 'en')).toBeNull();
  });

  test('differs from the customer’s in both languages alike', () => {
    expect(Object.keys(consoleSentences.de).sort()).toEqual(Object.keys(consoleSentences.en).sort());
  });
});

describe('the language of a terminal', () => {
  test.each([
    [{ LANG: 'de_DE.UTF-8' }, 'de'],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'en_GB', LC_MESSAGES: 'de_CH' }, 'de'],
    [{ LANG: 'fr_FR' }, 'en'],
    [{ LC_ALL: '', LANG: 'de' }, 'de'],
    [{}, 'en'],
  ])('with %j is %s', (env, language) => {
    expect(consoleLanguage(env)).toBe(language);
  });
});
